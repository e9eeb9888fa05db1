package donna.cpu.kernel;

import static donna.cpu.kernel.ExpConstants.E2;
import static donna.cpu.kernel.ExpConstants.E3;
import static donna.cpu.kernel.ExpConstants.E4;
import static donna.cpu.kernel.ExpConstants.E5;
import static donna.cpu.kernel.ExpConstants.E6;
import static donna.cpu.kernel.ExpConstants.LN2_HIGH;
import static donna.cpu.kernel.ExpConstants.LN2_LOW;
import static donna.cpu.kernel.ExpConstants.LOG2_E;
import static donna.cpu.kernel.ExpConstants.ONE;
import static donna.cpu.kernel.ExpConstants.ROUND;
import static donna.cpu.kernel.ExpConstants.ZERO;
import static donna.cpu.kernel.Lanes.BYTES;
import static donna.cpu.kernel.Lanes.ORDER;
import static donna.cpu.kernel.Lanes.SPECIES;
import static donna.cpu.kernel.Lanes.all;
import static jdk.incubator.vector.VectorOperators.LSHL;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/**
 * Loops of the exact GELU over whole vectors at byte offsets, in place where asked. The normal distribution's upper tail at {@code z = |x|} is
 * {@code e^(-z^2/2)} times a function that is a polynomial in {@code (z - 3) / (z + 3)} over {@code z + 3}; its relative error is below 3e-7. Coefficients:
 * a weighted minimax fit.
 */
final class GeluLoops {
    /** Where the tail is nothing, and the exponential still a normal number. */
    private static final FloatVector FAR = all(13);

    private static final FloatVector MINUS_HALF = all(-0.5f);
    /** 1 / sqrt(2 pi). */
    private static final FloatVector DENSITY = all(0.39894228f);

    private static final FloatVector THREE = all(3);
    private static final FloatVector MINUS_SIX = all(-6);
    private static final FloatVector T0 = all(0.72908366f);
    private static final FloatVector T1 = all(-0.5093323f);
    private static final FloatVector T2 = all(0.23001935f);
    private static final FloatVector T3 = all(-0.0472561f);
    private static final FloatVector T4 = all(-0.010479937f);
    private static final FloatVector T5 = all(6.923926e-3f);
    private static final FloatVector T6 = all(1.0760425e-3f);
    private static final FloatVector T7 = all(-9.0325746e-4f);
    private static final FloatVector T8 = all(-2.6677208e-4f);

    private GeluLoops() {}

    static void gelu(MemorySegment src, long s, MemorySegment dst, long d, long vectors) {
        for (long i = 0; i < vectors; i++) {
            FloatVector x = FloatVector.fromMemorySegment(SPECIES, src, s + i * BYTES, ORDER);
            FloatVector z = x.abs();
            z = z.blend(FAR, FAR.lt(z));
            FloatVector y = z.mul(z).mul(MINUS_HALF);
            FloatVector t = y.fma(LOG2_E, ROUND);
            FloatVector n = t.sub(ROUND);
            FloatVector r = n.fma(LN2_LOW, n.fma(LN2_HIGH, y));
            FloatVector p = r.fma(E6, E5).fma(r, E4).fma(r, E3).fma(r, E2);
            p = p.mul(r).fma(r, r).add(ONE);
            FloatVector bell = p.reinterpretAsInts()
                    .add(t.reinterpretAsInts().lanewise(LSHL, 23))
                    .reinterpretAsFloats();
            FloatVector v = ONE.div(z.add(THREE));
            FloatVector u = v.fma(MINUS_SIX, ONE);
            FloatVector q = u.fma(T8, T7).fma(u, T6).fma(u, T5).fma(u, T4).fma(u, T3);
            FloatVector tail = q.fma(u, T2).fma(u, T1).fma(u, T0).mul(v).mul(bell);
            tail.blend(ONE.sub(tail), ZERO.lt(x)).mul(x).intoMemorySegment(dst, d + i * BYTES, ORDER);
        }
    }

    static void geluBackward(
            MemorySegment dDst, long g, MemorySegment src, long s, MemorySegment dSrc, long d, long vectors) {
        for (long i = 0; i < vectors; i++) {
            FloatVector x = FloatVector.fromMemorySegment(SPECIES, src, s + i * BYTES, ORDER);
            FloatVector z = x.abs();
            z = z.blend(FAR, FAR.lt(z));
            FloatVector y = z.mul(z).mul(MINUS_HALF);
            FloatVector t = y.fma(LOG2_E, ROUND);
            FloatVector n = t.sub(ROUND);
            FloatVector r = n.fma(LN2_LOW, n.fma(LN2_HIGH, y));
            FloatVector p = r.fma(E6, E5).fma(r, E4).fma(r, E3).fma(r, E2);
            p = p.mul(r).fma(r, r).add(ONE);
            FloatVector bell = p.reinterpretAsInts()
                    .add(t.reinterpretAsInts().lanewise(LSHL, 23))
                    .reinterpretAsFloats();
            FloatVector v = ONE.div(z.add(THREE));
            FloatVector u = v.fma(MINUS_SIX, ONE);
            FloatVector q = u.fma(T8, T7).fma(u, T6).fma(u, T5).fma(u, T4).fma(u, T3);
            FloatVector tail = q.fma(u, T2).fma(u, T1).fma(u, T0).mul(v).mul(bell);
            FloatVector slope = bell.mul(DENSITY).fma(x, tail.blend(ONE.sub(tail), ZERO.lt(x)));
            slope.mul(FloatVector.fromMemorySegment(SPECIES, dDst, g + i * BYTES, ORDER))
                    .intoMemorySegment(dSrc, d + i * BYTES, ORDER);
        }
    }
}
