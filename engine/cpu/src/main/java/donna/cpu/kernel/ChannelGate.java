package donna.cpu.kernel;

import static donna.cpu.kernel.Lanes.BYTES;
import static donna.cpu.kernel.Lanes.L;
import static donna.cpu.kernel.Lanes.ORDER;
import static donna.cpu.kernel.Lanes.SPECIES;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;

/**
 * Products of a blocked tensor {@code [N, C, H, W]} and a plain gate {@code [N, C]}: {@link
 * donna.graph.Op.ChannelScale} and its gradients.
 */
public final class ChannelGate {
    /** Far below what a sigmoid can be in a network in use; the product of a number in use and it is still exact. */
    private static final float LEAST_GATE = 1e-30f;

    private final int n;
    private final int c;
    private final int pixels;
    private final float[] row;
    private final float[] mean;
    private final float[] dot;

    public ChannelGate(int n, int c, int h, int w) {
        this.n = n;
        this.c = c;
        this.pixels = h * w;
        this.row = Lanes.perChannel(c);
        this.mean = Lanes.perChannel(c);
        this.dot = Lanes.perChannel(c);
    }

    /** {@code dst = src * gate}; dst may be src. */
    public void scale(MemorySegment src, MemorySegment gate, MemorySegment dst) {
        long at = 0;
        for (int i = 0; i < n; i++) {
            beginScale(i, gate);
            for (int b = 0; b < Lanes.blocks(c); b++) {
                scalePlane(src, at, b * L, dst, at);
                at += (long) pixels * BYTES;
            }
        }
    }

    /** {@link #scale} of image {@code i} follows, plane by plane. */
    void beginScale(int i, MemorySegment gate) {
        readRow(gate, i);
    }

    /** Plane {@code p} of src, plane {@code b} of its image, to plane {@code to} of dst. */
    void scalePlane(int b, int p, MemorySegment src, MemorySegment dst, int to) {
        long plane = (long) pixels * BYTES;
        scalePlane(src, p * plane, b * L, dst, to * plane);
    }

    /**
     * The gradient of what squeeze-and-excite reads, from both of its uses: {@code dSrc = dDst * gate + dPooled /
     * pixels}; dSrc may be dDst.
     * {@code dPooled} is plain {@code [N, C]}.
     */
    public void backwardSource(MemorySegment dDst, MemorySegment gate, MemorySegment dPooled, MemorySegment dSrc) {
        for (int i = 0; i < n; i++) {
            beginBackwardSource(i, gate, dPooled);
            for (int b = 0; b < Lanes.blocks(c); b++) {
                backwardSourcePlane(i, b, dDst, dSrc);
            }
        }
    }

    /** {@link #backwardSource} of image {@code i} follows, plane by plane. */
    void beginBackwardSource(int i, MemorySegment gate, MemorySegment dPooled) {
        readRow(gate, i);
        MemorySegment.copy(dPooled, ValueLayout.JAVA_FLOAT, (long) i * c * Float.BYTES, mean, 0, c);
        for (int ch = 0; ch < c; ch++) {
            mean[ch] /= pixels;
        }
    }

    void backwardSourcePlane(int i, int b, MemorySegment dDst, MemorySegment dSrc) {
        affinePlane(dDst, ((long) i * Lanes.blocks(c) + b) * pixels * BYTES, b * L, dSrc);
    }

    /** {@code dGate[n, c] = sum over pixels of dDst * src}. */
    public void backwardGate(MemorySegment dDst, MemorySegment src, MemorySegment dGate) {
        long at = 0;
        for (int i = 0; i < n; i++) {
            for (int b = 0; b < Lanes.blocks(c); b++) {
                dotPlane(dDst, src, at, b * L);
                at += (long) pixels * BYTES;
            }
            endDot(i, dGate);
        }
    }

    /** {@link #backwardGate} of plane {@code p}, plane {@code b} of its image. */
    void dotPlane(int b, int p, MemorySegment dDst, MemorySegment src) {
        dotPlane(dDst, src, (long) p * pixels * BYTES, b * L);
    }

    /** After all planes of image {@code i}. */
    void endDot(int i, MemorySegment dGate) {
        MemorySegment.copy(dot, 0, dGate, ValueLayout.JAVA_FLOAT, (long) i * c * Float.BYTES, c);
    }

    /**
     * The same from {@code scaled = src * gate}, for a gate whose gradient is multiplied by its own derivative: where the gate is next to 0, so is that, and 0
     * is written.
     */
    public void backwardGate(MemorySegment dDst, MemorySegment scaled, MemorySegment gate, MemorySegment dGate) {
        backwardGate(dDst, scaled, dGate);
        for (long i = 0; i < (long) n * c; i++) {
            float g = Lanes.get(gate, i);
            Lanes.set(dGate, i, g < LEAST_GATE ? 0 : Lanes.get(dGate, i) / g);
        }
    }

    private void readRow(MemorySegment gate, int i) {
        MemorySegment.copy(gate, ValueLayout.JAVA_FLOAT, (long) i * c * Float.BYTES, row, 0, c);
    }

    private void affinePlane(MemorySegment src, long at, int ch, MemorySegment dst) {
        FloatVector g = FloatVector.fromArray(SPECIES, row, ch);
        FloatVector m = FloatVector.fromArray(SPECIES, mean, ch);
        for (int i = 0; i < pixels; i++) {
            FloatVector.fromMemorySegment(SPECIES, src, at + (long) i * BYTES, ORDER)
                    .fma(g, m)
                    .intoMemorySegment(dst, at + (long) i * BYTES, ORDER);
        }
    }

    private void scalePlane(MemorySegment src, long at, int ch, MemorySegment dst, long to) {
        FloatVector g = FloatVector.fromArray(SPECIES, row, ch);
        for (int i = 0; i < pixels; i++) {
            FloatVector.fromMemorySegment(SPECIES, src, at + (long) i * BYTES, ORDER)
                    .mul(g)
                    .intoMemorySegment(dst, to + (long) i * BYTES, ORDER);
        }
    }

    private void dotPlane(MemorySegment a, MemorySegment b, long at, int ch) {
        FloatVector s0 = FloatVector.zero(SPECIES);
        FloatVector s1 = s0;
        int i = 0;
        for (; i < pixels - 1; i += 2) {
            long p = at + (long) i * BYTES;
            s0 = FloatVector.fromMemorySegment(SPECIES, a, p, ORDER)
                    .fma(FloatVector.fromMemorySegment(SPECIES, b, p, ORDER), s0);
            s1 = FloatVector.fromMemorySegment(SPECIES, a, p + BYTES, ORDER)
                    .fma(FloatVector.fromMemorySegment(SPECIES, b, p + BYTES, ORDER), s1);
        }
        if (i < pixels) {
            s0 = FloatVector.fromMemorySegment(SPECIES, a, at + (long) i * BYTES, ORDER)
                    .fma(FloatVector.fromMemorySegment(SPECIES, b, at + (long) i * BYTES, ORDER), s0);
        }
        s0.add(s1).intoArray(dot, ch);
    }
}
