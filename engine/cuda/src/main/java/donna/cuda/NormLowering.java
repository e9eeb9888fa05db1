package donna.cuda;

import donna.graph.Node;
import donna.graph.Op;
import donna.kernels.Kernel;
import donna.kernels.Launch;
import donna.tensor.Shape;

/** Batch and layer normalisation. */
final class NormLowering {
    /** Rows that one block adds up, for one tile of channels; how many blocks there are depends on the shape alone. */
    private static final int CHUNK = 256;

    private static final int MOST_CHUNKS = 128;
    private final PlanBuilder b;

    NormLowering(PlanBuilder b) {
        this.b = b;
    }

    private static int chunks(long rows) {
        return Math.clamp(rows / CHUNK, 1, MOST_CHUNKS);
    }

    void batchNorm(Node n, Op.BatchNorm o) {
        Shape s = n.input(0).shape();
        int channels = s.dim(1);
        int rows = Math.toIntExact(s.elements() / channels);
        int chunks = chunks(rows);
        Slot src = b.image(n.input(0));
        Slot gamma = b.plain(n.input(1));
        Slot beta = b.plain(n.input(2));
        Slot residual = o.residual() ? b.image(n.input(6)) : src;
        Slot partial = b.floats(2L * chunks * channels);
        Slot mean = b.define(n.output(1));
        Slot inverseStd = b.define(n.output(2));
        b.kernel(Kernel.BATCH_NORM_MOMENTS, Launch.channels(channels, chunks, 1), src, partial, rows, channels, chunks);
        b.kernel(Kernel.BATCH_NORM_STATISTICS, Launch.elements(channels), src, partial, mean, inverseStd, b.plain(n.input(3)), b.plain(n.input(4)),
                b.plain(n.input(5)), o.eps(), rows, channels, chunks);
        Slot dst = b.outLike(n.output(0), residual.inScratch() && residual.pending() == 1 ? residual : src);
        b.kernel(Kernel.BATCH_NORM_APPLY, Launch.elements(src.count()), src, gamma, beta, mean, inverseStd, residual, dst, o.act().ordinal(),
                o.residual() ? 1 : 0, channels, src.count());
    }

    void batchNormInference(Node n, Op.BatchNormInference o) {
        Slot src = b.image(n.input(0));
        Slot residual = o.residual() ? b.image(n.input(5)) : src;
        Slot gamma = b.plain(n.input(1));
        Slot beta = b.plain(n.input(2));
        Slot mean = b.plain(n.input(3));
        Slot variance = b.plain(n.input(4));
        b.kernel(Kernel.BATCH_NORM_INFERENCE, Launch.elements(src.count()), src, gamma, beta, mean, variance, residual, b.outLike(n.output(0), src), o.eps(),
                o.act().ordinal(), o.residual() ? 1 : 0, n.input(0).shape().dim(1), src.count());
    }

    void batchNormBackward(Node n, Op.BatchNormBackward o) {
        Shape s = n.output(0).shape();
        int channels = s.dim(1);
        int rows = Math.toIntExact(s.elements() / channels);
        int chunks = chunks(rows);
        int act = o.act().ordinal();
        int hasResidual = o.residual() ? 1 : 0;
        Slot dDst = b.image(n.input(0));
        Slot src = b.image(n.input(1));
        Slot gamma = b.plain(n.input(2));
        Slot beta = b.plain(n.input(3));
        Slot mean = b.plain(n.input(4));
        Slot inverseStd = b.plain(n.input(5));
        Slot residual = o.residual() ? b.image(n.input(6)) : src;
        Slot partial = b.floats(2L * chunks * channels);
        Slot dGamma = b.define(n.output(1));
        Slot dBeta = b.define(n.output(2));
        b.kernel(Kernel.BATCH_NORM_BACKWARD_SUMS, Launch.channels(channels, chunks, 1), dDst, src, gamma, beta, mean, inverseStd, residual, partial, act,
                hasResidual, rows, channels, chunks);
        b.kernel(Kernel.SUM_CHUNKS, Launch.elements(channels), partial, dBeta, chunks, channels);
        b.kernel(Kernel.SUM_CHUNKS, Launch.elements(channels), new Place(partial, (long) chunks * channels * Float.BYTES), dGamma, chunks, channels);
        Slot dSrc = b.outLike(n.output(0), dDst);
        Slot dResidual = o.residual() ? b.define(n.output(3), Order.CHANNELS_LAST) : dSrc;
        b.kernel(Kernel.BATCH_NORM_BACKWARD, Launch.elements(src.count()), dDst, src, gamma, beta, mean, inverseStd, residual, dGamma, dBeta, dSrc,
                dResidual, act, hasResidual, channels, src.count());
    }

    void layerNorm(Node n, Op.LayerNorm o) {
        Shape s = n.input(0).shape();
        b.kernel(Kernel.LAYER_NORM, Launch.rows(ProductLowering.rows(s)), b.plain(n.input(0)), b.plain(n.input(1)), b.plain(n.input(2)), b.define(n.output(0)),
                b.define(n.output(1)), b.define(n.output(2)), o.eps(), s.dim(-1));
    }

    void layerNormBackward(Node n) {
        int features = n.input(1).shape().dim(-1);
        int rows = ProductLowering.rows(n.input(1).shape());
        int chunks = chunks(rows);
        Slot dDst = b.plain(n.input(0));
        Slot src = b.plain(n.input(1));
        Slot mean = b.plain(n.input(3));
        Slot inverseStd = b.plain(n.input(4));
        Slot partial = b.floats(2L * chunks * features);
        Slot dGamma = b.define(n.output(1));
        Slot dBeta = b.define(n.output(2));
        b.kernel(Kernel.LAYER_NORM_BACKWARD_SUMS, Launch.channels(features, chunks, 1), dDst, src, mean, inverseStd, partial, rows, features, chunks);
        b.kernel(Kernel.SUM_CHUNKS, Launch.elements(features), partial, dGamma, chunks, features);
        b.kernel(Kernel.SUM_CHUNKS, Launch.elements(features), new Place(partial, (long) chunks * features * Float.BYTES), dBeta, chunks, features);
        b.kernel(Kernel.LAYER_NORM_BACKWARD, Launch.rows(rows), dDst, src, b.plain(n.input(2)), mean, inverseStd, b.define(n.output(0)), features);
    }
}
