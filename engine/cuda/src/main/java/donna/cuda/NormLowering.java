package donna.cuda;

import donna.graph.Node;
import donna.graph.Op;
import donna.graph.Value;
import donna.kernels.DepthwiseFusion;
import donna.kernels.Kernel;
import donna.kernels.Launch;
import donna.tensor.Shape;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Batch and layer normalisation. How blocks and threads share the work depends on the shape alone. */
final class NormLowering {
    /** Rows that a thread treats, until there are as many threads as fill a large card. */
    private static final int ROWS_OF_A_THREAD = 4;

    private static final int MOST_THREADS = 1 << 19;

    private final PlanBuilder b;
    private final Map<Value, Moments> moments = new HashMap<>();
    private final Map<Value, Source> deferred = new HashMap<>();

    /**
     * Of what an image is made: {@code act(gamma (src - mean) inverseStd + beta)}, where a batch norm does not store that.
     *
     * @param act number of the activation; {@link DepthwiseFusion#RAW} if {@code src} is the image itself, and the others are null
     */
    record Source(Slot src, Slot gamma, Slot beta, Slot mean, Slot inverseStd, int act) {}

    /** Sums over parts of an image that is there, as {@link Kernel#BATCH_NORM_MOMENTS} takes them. */
    private record Moments(Slot partial, int chunks) {}

    NormLowering(PlanBuilder b) {
        this.b = b;
    }

    /** Where whoever writes {@code image} in {@code chunks} parts leaves the sums over each, of which its statistics are made. */
    Slot moments(Value image, int chunks) {
        Slot partial = b.floats((1 + 2L * chunks) * image.shape().dim(1));
        moments.put(image, new Moments(partial, chunks));
        return partial;
    }

    void batchNorm(Node n, Op.BatchNorm o) {
        Shape s = n.input(0).shape();
        int channels = s.dim(1);
        int rows = Math.toIntExact(s.elements() / channels);
        Slot src = b.image(n.input(0));
        Slot gamma = b.plain(n.input(1));
        Slot beta = b.plain(n.input(2));
        Slot residual = o.residual() ? b.image(n.input(6)) : null;
        Slot mean = b.define(n.output(1));
        Slot inverseStd = b.define(n.output(2));
        Slot runningMean = b.plain(n.input(3));
        Slot runningVariance = b.plain(n.input(4));
        Slot momentum = b.plain(n.input(5));
        Moments left = moments.get(n.input(0));
        if (left != null) {
            b.kernel(Kernel.BATCH_NORM_MOMENTS, Launch.columns(channels), left.partial, mean, inverseStd, runningMean, runningVariance, momentum, o.eps(),
                    rows, channels, left.chunks);
        } else {
            RowSums sums = RowSums.of(rows, channels, 8);
            b.sums(Kernel.BATCH_NORM_STATISTICS, sums, src, b.floats(sums.partials(2)), mean, inverseStd, runningMean, runningVariance, momentum, o.eps(),
                    rows, channels, sums.chunks());
        }
        if (b.fusions().deferred(n)) {
            deferred.put(n.output(0), new Source(src, gamma, beta, mean, inverseStd, o.act().ordinal()));
            return;
        }
        Slot dst = b.outLike(n.output(0), residual != null && residual.inScratch() && residual.pending() == 1 ? residual : src);
        int threads = threads(rows, channels, 8);
        b.kernel(Kernel.BATCH_NORM_APPLY, Launch.elements(threads), src, gamma, beta, mean, inverseStd, residual, null, dst, 0L, o.act().ordinal(), channels,
                threads, src.count());
    }

    /** Whether {@code v} is what a batch norm makes and does not store. */
    boolean isDeferred(Value v) {
        return deferred.containsKey(v);
    }

    Source source(Value v) {
        return isDeferred(v) ? deferred.get(v) : new Source(b.image(v), null, null, null, null, DepthwiseFusion.RAW);
    }

    /** {@code dst} is {@code v}, which is not stored, times a gate. */
    void apply(Value v, Value gate, Slot dst) {
        Source d = deferred.get(v);
        Shape s = v.shape();
        int threads = threads(s.dim(0) * s.dim(2) * s.dim(3), s.dim(1), 8);
        b.kernel(Kernel.BATCH_NORM_APPLY, Launch.elements(threads), d.src, d.gamma, d.beta, d.mean, d.inverseStd, null, b.rows(gate), dst,
                pixelsShare(s.dim(2) * s.dim(3)), d.act, s.dim(1), threads, dst.count());
    }

    /** {@code dst} is {@code factor} times the sum over the pixels of {@code v}, which is not stored, times {@code by} where that is not null. */
    void sumPixels(Value v, Slot by, Slot dst, float factor) {
        Source d = deferred.get(v);
        Shape s = v.shape();
        int pixels = s.dim(2) * s.dim(3);
        RowSums sums = RowSums.ofSamples(s.dim(0), pixels, s.dim(1));
        b.sums(Kernel.SUM_NORMALISED_PIXELS, sums, by == null ? d.src : by, by == null ? null : d.src, d.gamma, d.beta, d.mean, d.inverseStd,
                b.floats(sums.partials(1)), dst, factor, d.act, pixels, s.dim(1), sums.chunks());
    }

    /** What the kernels divide by {@code pixels} with. */
    private static long pixelsShare(int pixels) {
        return Math.ceilDiv(1L << Fusions.SHARE_BITS, pixels);
    }

    /** Threads that treat each some rows of the same {@code widest} channels where that divides their number, else of one: a multiple of those that a row needs. */
    private static int threads(int rows, int channels, int widest) {
        int ofRow = channels / (channels % widest == 0 ? widest : 1);
        return ofRow * Math.clamp(Math.ceilDiv(rows, ROWS_OF_A_THREAD), 1, Math.ceilDiv(MOST_THREADS, ofRow));
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
        RowSums sums = RowSums.of(rows, channels, 4);
        int act = o.act().ordinal();
        Optional<Fusions.Spread> spread = b.fusions().spread(n.input(0).node()).filter(p -> b.fusions().absorbed(n.input(0).node()));
        Slot dDst = b.image(spread.map(Fusions.Spread::src).orElse(n.input(0)));
        Slot gate = spread.flatMap(Fusions.Spread::gate).map(b::rows).orElse(null);
        Slot shift = spread.map(Fusions.Spread::shift).map(b::rows).orElse(null);
        int pixels = rows / s.dim(0);
        float ofShift = 1f / pixels;
        long share = pixelsShare(pixels);
        Slot src = b.image(n.input(1));
        Slot gamma = b.plain(n.input(2));
        Slot beta = b.plain(n.input(3));
        Slot mean = b.plain(n.input(4));
        Slot inverseStd = b.plain(n.input(5));
        Slot residual = o.residual() ? b.image(n.input(6)) : null;
        Slot partial = b.floats(sums.partials(2));
        Slot dGamma = b.define(n.output(1));
        Slot dBeta = b.define(n.output(2));
        b.sums(Kernel.BATCH_NORM_BACKWARD_SUMS, sums, dDst, gate, shift, src, gamma, beta, mean, inverseStd, residual, partial, dBeta, dGamma, ofShift, share,
                act, rows, channels, sums.chunks());
        Slot dSrc = b.outLike(n.output(0), dDst);
        Slot dResidual = o.residual() ? b.define(n.output(3), Order.CHANNELS_LAST) : null;
        int threads = threads(rows, channels, 4);
        b.kernel(Kernel.BATCH_NORM_BACKWARD, Launch.elements(threads), dDst, gate, shift, src, gamma, beta, mean, inverseStd, residual, dGamma, dBeta, dSrc,
                dResidual, ofShift, share, act, channels, threads, src.count());
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
        RowSums sums = RowSums.of(rows, features, 8);
        Slot dDst = b.rows(n.input(0));
        Slot src = b.rows(n.input(1));
        Slot mean = b.plain(n.input(3));
        Slot inverseStd = b.plain(n.input(4));
        Slot partial = b.floats(sums.partials(2));
        Slot dGamma = b.define(n.output(1));
        Slot dBeta = b.define(n.output(2));
        b.sums(Kernel.LAYER_NORM_BACKWARD_SUMS, sums, dDst, src, mean, inverseStd, partial, dGamma, dBeta, rows, features, sums.chunks());
        b.kernel(Kernel.LAYER_NORM_BACKWARD, Launch.warps(rows), dDst, src, b.plain(n.input(2)), mean, inverseStd, b.define(n.output(0), Order.ROW_MAJOR),
                features, rows);
    }
}
