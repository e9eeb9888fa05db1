package donna.cpu.kernel;

import static donna.cpu.kernel.Lanes.BYTES;
import static donna.cpu.kernel.Lanes.L;

import donna.tensor.Activation;
import java.lang.foreign.MemorySegment;

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
    private final Normalizer normalizer;

    public BatchNormForward(int n, int c, int h, int w, float eps, Activation act, boolean residual) {
        this.n = n;
        this.c = c;
        this.pixels = h * w;
        this.eps = eps;
        this.act = act;
        this.residual = residual;
        this.height = h;
        this.width = w;
        this.moments = new ChannelMoments(c);
        this.normalizer = new Normalizer(c);
    }

    /**
     * Training: statistics of this batch, running statistics updated in place, result. One channel block after the
     * other, so that it is still in the cache.
     */
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
        moments.clear();
        for (int b = 0; b < Lanes.blocks(c); b++) {
            measure(b, src);
            finish(b, runningMean, runningVar, momentum, mean, inverseStd);
            normalizer.set(b, gamma, beta, mean, inverseStd);
            apply(b, src, residual, dst);
        }
        keepZeros(dst);
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

    private void measure(int block, MemorySegment src) {
        for (int i = 0; i < n; i++) {
            long at = plane(i, block);
            if (i == 0) {
                moments.shift(block, src, at + (long) (height / 2 * width + width / 2) * BYTES);
            }
            moments.add(block, src, at, pixels);
        }
    }

    private long plane(int image, int block) {
        return ((long) image * Lanes.blocks(c) + block) * pixels * BYTES;
    }

    private void finish(
            int block,
            MemorySegment runningMean,
            MemorySegment runningVar,
            MemorySegment momentum,
            MemorySegment mean,
            MemorySegment inverseStd) {
        long count = (long) n * pixels;
        double unbiased = count > 1 ? (double) count / (count - 1) : 1;
        double rate = Lanes.get(momentum, 0);
        for (int i = block * L; i < Math.min(c, block * L + L); i++) {
            double m = moments.mean(i, count);
            double v = moments.variance(i, count);
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
        for (int b = 0; b < Lanes.blocks(c); b++) {
            apply(b, src, added, dst);
        }
        keepZeros(dst);
    }

    private void apply(int block, MemorySegment src, MemorySegment added, MemorySegment dst) {
        for (int i = 0; i < n; i++) {
            long at = plane(i, block);
            if (residual) {
                normalizer.apply(act, block, src, added, at, dst, at, pixels);
            } else {
                normalizer.apply(act, block, src, at, dst, at, pixels);
            }
        }
    }

    private void keepZeros(MemorySegment dst) {
        if (!act.keepsZero()) {
            Lanes.clearMissing(dst, n, c, height, width);
        }
    }
}
