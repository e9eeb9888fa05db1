package donna.cpu.kernel;

import static donna.cpu.kernel.Lanes.BYTES;

import donna.tensor.Activation;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * {@link donna.graph.Op.BatchNorm} and {@link donna.graph.Op.BatchNormInference} on blocked tensors {@code [N, C, H,
 * W]}. Where there is no residual, give {@link MemorySegment#NULL}. dst may be src or residual.
 */
public final class BatchNormForward {
    private final int n;
    private final int c;
    private final int pixels;
    private final double eps;
    private final Activation act;
    private final boolean residual;
    private final int height;
    private final int width;
    private final ChannelMoments moments;
    private final boolean measured;
    private final Normalizer normalizer;

    public BatchNormForward(int n, int c, int h, int w, float eps, Activation act, boolean residual) {
        this(n, c, h, w, eps, act, residual, Optional.empty());
    }

    /** With the moments of src where the kernel that writes it measures them. */
    public BatchNormForward(
            int n,
            int c,
            int h,
            int w,
            float eps,
            Activation act,
            boolean residual,
            Optional<ChannelMoments> moments) {
        this.n = n;
        this.c = c;
        this.pixels = h * w;
        this.eps = eps;
        this.act = act;
        this.residual = residual;
        this.height = h;
        this.width = w;
        this.moments = moments.orElseGet(() -> new ChannelMoments(c));
        this.measured = moments.isPresent();
        this.normalizer = new Normalizer(c);
    }

    /** Training: statistics of this batch, running statistics updated in place, result. */
    public void train(
            MemorySegment src,
            MemorySegment gamma,
            MemorySegment beta,
            MemorySegment runningMean,
            MemorySegment runningVar,
            MemorySegment momentum,
            MemorySegment residual,
            MemorySegment dst,
            MemorySegment mean,
            MemorySegment inverseStd) {
        statistics(src, runningMean, runningVar, momentum, mean, inverseStd);
        normalizer.set(gamma, beta, mean, inverseStd);
        apply(src, residual, dst);
    }

    /** {@link #train} without residual, and the mean over the pixels of the result: {@code pooled} is {@code [N, C]}. */
    public void trainAndPool(
            MemorySegment src,
            MemorySegment gamma,
            MemorySegment beta,
            MemorySegment runningMean,
            MemorySegment runningVar,
            MemorySegment momentum,
            MemorySegment dst,
            MemorySegment mean,
            MemorySegment inverseStd,
            GlobalPool pool,
            MemorySegment pooled) {
        statistics(src, runningMean, runningVar, momentum, mean, inverseStd);
        normalizer.set(gamma, beta, mean, inverseStd);
        for (int i = 0; i < n; i++) {
            for (int b = 0; b < Lanes.blocks(c); b++) {
                applyPlane(i, b, src, MemorySegment.NULL, dst);
                pool.averagePlane(i, b, dst);
            }
            pool.averaged(i, pooled);
        }
    }

    /** The result once more, from its statistics; without residual. */
    public void again(
            MemorySegment src,
            MemorySegment gamma,
            MemorySegment beta,
            MemorySegment mean,
            MemorySegment inverseStd,
            MemorySegment dst) {
        normalizer.set(gamma, beta, mean, inverseStd);
        apply(src, MemorySegment.NULL, dst);
    }

    /** {@link #train} without the result. */
    public void statistics(
            MemorySegment src,
            MemorySegment runningMean,
            MemorySegment runningVar,
            MemorySegment momentum,
            MemorySegment mean,
            MemorySegment inverseStd) {
        if (!measured) {
            measure(src);
        }
        finish(moments, runningMean, runningVar, momentum, mean, inverseStd);
    }

    /** {@link #statistics} without src. */
    public void statistics(
            ExpansionAlgebra given,
            MemorySegment runningMean,
            MemorySegment runningVar,
            MemorySegment momentum,
            MemorySegment mean,
            MemorySegment inverseStd) {
        finish(given, runningMean, runningVar, momentum, mean, inverseStd);
    }

    /** With given statistics. */
    public void infer(
            MemorySegment src,
            MemorySegment gamma,
            MemorySegment beta,
            MemorySegment mean,
            MemorySegment var,
            MemorySegment residual,
            MemorySegment dst) {
        normalizer.setFromVariance(gamma, beta, mean, var, eps);
        apply(src, residual, dst);
    }

    private void measure(MemorySegment src) {
        moments.clear();
        moments.planes(0, n * Lanes.blocks(c), src, height, width);
    }

    private void finish(
            Moments of,
            MemorySegment runningMean,
            MemorySegment runningVar,
            MemorySegment momentum,
            MemorySegment mean,
            MemorySegment inverseStd) {
        long count = (long) n * pixels;
        double unbiased = count > 1 ? (double) count / (count - 1) : 1;
        double rate = Lanes.get(momentum, 0);
        for (int i = 0; i < c; i++) {
            double m = of.mean(i, count);
            double v = of.variance(i, count);
            Lanes.set(mean, i, (float) m);
            Lanes.set(inverseStd, i, (float) (1 / Math.sqrt(v + eps)));
            blend(runningMean, i, m, rate);
            blend(runningVar, i, v * unbiased, rate);
        }
    }

    private static void blend(MemorySegment running, int i, double batch, double rate) {
        double old = Lanes.get(running, i);
        Lanes.set(running, i, (float) (old + rate * (batch - old)));
    }

    private void apply(MemorySegment src, MemorySegment added, MemorySegment dst) {
        for (int i = 0; i < n; i++) {
            for (int b = 0; b < Lanes.blocks(c); b++) {
                applyPlane(i, b, src, added, dst);
            }
        }
        if (!act.keepsZero()) {
            Lanes.clearMissing(dst, n, c, height, width);
        }
    }

    private void applyPlane(int i, int b, MemorySegment src, MemorySegment added, MemorySegment dst) {
        long at = ((long) i * Lanes.blocks(c) + b) * pixels * BYTES;
        if (residual) {
            normalizer.apply(act, b, src, added, at, dst, at, pixels);
        } else {
            normalizer.apply(act, b, src, at, dst, at, pixels);
        }
    }
}
