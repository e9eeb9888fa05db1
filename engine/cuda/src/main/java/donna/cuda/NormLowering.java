package donna.cuda;

import donna.graph.Node;
import donna.graph.Op;
import donna.kernels.Kernel;
import donna.kernels.Launch;
import donna.tensor.Shape;

/** Batch and layer normalisation. How blocks and threads share the work depends on the shape alone. */
final class NormLowering {
    /** Rows that a thread treats, until there are as many threads as fill a large card. */
    private static final int ROWS_OF_A_THREAD = 4;

    private static final int MOST_THREADS = 1 << 19;

    private final PlanBuilder b;

    NormLowering(PlanBuilder b) {
        this.b = b;
    }

    void batchNorm(Node n, Op.BatchNorm o) {
        Shape s = n.input(0).shape();
        int channels = s.dim(1);
        int rows = Math.toIntExact(s.elements() / channels);
        RowSums sums = RowSums.of(rows, channels, width(channels, 8));
        Slot src = b.image(n.input(0));
        Slot gamma = b.plain(n.input(1));
        Slot beta = b.plain(n.input(2));
        Slot residual = o.residual() ? b.image(n.input(6)) : null;
        Slot partial = b.floats(2L * sums.chunks() * channels);
        Slot mean = b.define(n.output(1));
        Slot inverseStd = b.define(n.output(2));
        b.kernel(Kernel.BATCH_NORM_MOMENTS, sums.launch(), src, partial, rows, channels, sums.chunks());
        b.kernel(Kernel.BATCH_NORM_STATISTICS, Launch.columns(channels), src, partial, mean, inverseStd, b.plain(n.input(3)), b.plain(n.input(4)),
                b.plain(n.input(5)), o.eps(), rows, channels, sums.chunks());
        Slot dst = b.outLike(n.output(0), residual != null && residual.inScratch() && residual.pending() == 1 ? residual : src);
        int threads = threads(rows, channels, 8);
        b.kernel(Kernel.BATCH_NORM_APPLY, Launch.elements(threads), src, gamma, beta, mean, inverseStd, residual, dst, o.act().ordinal(), channels, threads,
                src.count());
    }

    /** Neighbouring channels of a thread: {@code widest} where that divides their number, else one. */
    private static int width(int channels, int widest) {
        return channels % widest == 0 ? widest : 1;
    }

    /** Threads that treat each some rows of the same {@code widest} channels: a multiple of those that a row needs. */
    private static int threads(int rows, int channels, int widest) {
        int ofRow = channels / width(channels, widest);
        return ofRow * Math.clamp(rows / ROWS_OF_A_THREAD, 1, Math.ceilDiv(MOST_THREADS, ofRow));
    }

    void batchNormInference(Node n, Op.BatchNormInference o) {
        Shape s = n.input(0).shape();
        Slot src = b.image(n.input(0));
        Slot residual = o.residual() ? b.image(n.input(5)) : null;
        Slot gamma = b.plain(n.input(1));
        Slot beta = b.plain(n.input(2));
        Slot mean = b.plain(n.input(3));
        Slot variance = b.plain(n.input(4));
        int threads = threads(Math.toIntExact(s.elements() / s.dim(1)), s.dim(1), 8);
        b.kernel(Kernel.BATCH_NORM_INFERENCE, Launch.elements(threads), src, gamma, beta, mean, variance, residual, b.outLike(n.output(0), src), o.eps(),
                o.act().ordinal(), s.dim(1), threads, src.count());
    }

    void batchNormBackward(Node n, Op.BatchNormBackward o) {
        Shape s = n.output(0).shape();
        int channels = s.dim(1);
        int rows = Math.toIntExact(s.elements() / channels);
        RowSums sums = RowSums.of(rows, channels, width(channels, 4));
        int act = o.act().ordinal();
        Slot dDst = b.image(n.input(0));
        Slot src = b.image(n.input(1));
        Slot gamma = b.plain(n.input(2));
        Slot beta = b.plain(n.input(3));
        Slot mean = b.plain(n.input(4));
        Slot inverseStd = b.plain(n.input(5));
        Slot residual = o.residual() ? b.image(n.input(6)) : null;
        Slot partial = b.floats(2L * sums.chunks() * channels);
        Slot dGamma = b.define(n.output(1));
        Slot dBeta = b.define(n.output(2));
        b.kernel(Kernel.BATCH_NORM_BACKWARD_SUMS, sums.launch(), dDst, src, gamma, beta, mean, inverseStd, residual, partial, act, rows, channels,
                sums.chunks());
        b.kernel(Kernel.SUM_CHUNK_PAIRS, Launch.columns(channels), partial, dBeta, dGamma, channels, sums.chunks());
        Slot dSrc = b.outLike(n.output(0), dDst);
        Slot dResidual = o.residual() ? b.define(n.output(3), Order.CHANNELS_LAST) : null;
        int threads = threads(rows, channels, 4);
        b.kernel(Kernel.BATCH_NORM_BACKWARD, Launch.elements(threads), dDst, src, gamma, beta, mean, inverseStd, residual, dGamma, dBeta, dSrc, dResidual,
                act, channels, threads, src.count());
    }

    void layerNorm(Node n, Op.LayerNorm o) {
        Shape s = n.input(0).shape();
        int rows = ProductLowering.rows(s);
        b.kernel(Kernel.LAYER_NORM, Launch.warps(rows), b.rows(n.input(0)), b.plain(n.input(1)), b.plain(n.input(2)), b.define(n.output(0), Order.ROW_MAJOR),
                b.define(n.output(1)), b.define(n.output(2)), o.eps(), s.dim(-1), rows);
    }

    void layerNormBackward(Node n) {
        int features = n.input(1).shape().dim(-1);
        int rows = ProductLowering.rows(n.input(1).shape());
        RowSums sums = RowSums.of(rows, features, width(features, 8));
        Slot dDst = b.rows(n.input(0));
        Slot src = b.rows(n.input(1));
        Slot mean = b.plain(n.input(3));
        Slot inverseStd = b.plain(n.input(4));
        Slot partial = b.floats(2L * sums.chunks() * features);
        Slot dGamma = b.define(n.output(1));
        Slot dBeta = b.define(n.output(2));
        b.kernel(Kernel.LAYER_NORM_BACKWARD_SUMS, sums.launch(), dDst, src, mean, inverseStd, partial, rows, features, sums.chunks());
        b.kernel(Kernel.SUM_CHUNK_PAIRS, Launch.columns(features), partial, dGamma, dBeta, features, sums.chunks());
        b.kernel(Kernel.LAYER_NORM_BACKWARD, Launch.warps(rows), dDst, src, b.plain(n.input(2)), mean, inverseStd, b.define(n.output(0), Order.ROW_MAJOR),
                features, rows);
    }
}
