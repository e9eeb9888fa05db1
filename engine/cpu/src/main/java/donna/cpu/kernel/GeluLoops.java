package donna.cpu.kernel;

import static donna.cpu.kernel.ExpConstants.BIAS;
import static donna.cpu.kernel.ExpConstants.E1;
import static donna.cpu.kernel.ExpConstants.E2;
import static donna.cpu.kernel.ExpConstants.E3;
import static donna.cpu.kernel.ExpConstants.E4;
import static donna.cpu.kernel.ExpConstants.E5;
import static donna.cpu.kernel.ExpConstants.E6;
import static donna.cpu.kernel.ExpConstants.LOG2_E;
import static donna.cpu.kernel.ExpConstants.ONE;
import static donna.cpu.kernel.ExpConstants.ROUND;
import static donna.cpu.kernel.ExpConstants.ZERO;
import static donna.cpu.kernel.Lanes.BYTES;
import static donna.cpu.kernel.Lanes.INTS;
import static donna.cpu.kernel.Lanes.ORDER;
import static donna.cpu.kernel.Lanes.SPECIES;
import static donna.cpu.kernel.Lanes.all;
import static jdk.incubator.vector.VectorOperators.LSHL;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * Loops of the exact GELU over whole vectors at byte offsets, in place where asked. The normal distribution's upper
 * tail at {@code z = |x|} is
 * {@code e^(-z^2/2)} times a function that is a polynomial in {@code (z - 3) / (z + 3)} over {@code z + 3}; its
 * relative error is below 3e-7. Coefficients: a weighted minimax fit.
 */
final class GeluLoops {
    /** Where the tail is nothing, and the exponential still a normal number. */
    private static final float FAR = 13;

    private static final float HALF = 0.5f;
    /** 1 / sqrt(2 pi). */
    private static final float DENSITY = 0.39894228f;

    private static final float THREE = 3;
    private static final float MINUS_SIX = -6;
    private static final float T0 = 0.72908366f;
    private static final float T1 = -0.5093323f;
    private static final float T2 = 0.23001935f;
    private static final float T3 = -0.0472561f;
    private static final float T4 = -0.010479937f;
    private static final float T5 = 6.923926e-3f;
    private static final float T6 = 1.0760425e-3f;
    private static final float T7 = -9.0325746e-4f;
    private static final float T8 = -2.6677208e-4f;

    private GeluLoops() {}

    static void gelu(MemorySegment src, long s, MemorySegment dst, long d, long vectors) {
        FloatVector far = FloatVector.broadcast(SPECIES, FAR);
        FloatVector half = FloatVector.broadcast(SPECIES, HALF);
        FloatVector log2E = FloatVector.broadcast(SPECIES, LOG2_E);
        FloatVector minusLog2E = FloatVector.broadcast(SPECIES, -LOG2_E);
        FloatVector round = FloatVector.broadcast(SPECIES, ROUND);
        FloatVector e6 = FloatVector.broadcast(SPECIES, E6);
        FloatVector e5 = FloatVector.broadcast(SPECIES, E5);
        FloatVector e4 = FloatVector.broadcast(SPECIES, E4);
        FloatVector e3 = FloatVector.broadcast(SPECIES, E3);
        FloatVector e2 = FloatVector.broadcast(SPECIES, E2);
        FloatVector e1 = FloatVector.broadcast(SPECIES, E1);
        FloatVector one = FloatVector.broadcast(SPECIES, ONE);
        FloatVector three = FloatVector.broadcast(SPECIES, THREE);
        FloatVector minusSix = FloatVector.broadcast(SPECIES, MINUS_SIX);
        FloatVector t8 = FloatVector.broadcast(SPECIES, T8);
        FloatVector t7 = FloatVector.broadcast(SPECIES, T7);
        FloatVector t6 = FloatVector.broadcast(SPECIES, T6);
        FloatVector t5 = FloatVector.broadcast(SPECIES, T5);
        FloatVector t4 = FloatVector.broadcast(SPECIES, T4);
        FloatVector t3 = FloatVector.broadcast(SPECIES, T3);
        FloatVector t2 = FloatVector.broadcast(SPECIES, T2);
        FloatVector t1 = FloatVector.broadcast(SPECIES, T1);
        FloatVector t0 = FloatVector.broadcast(SPECIES, T0);
        FloatVector zero = FloatVector.broadcast(SPECIES, ZERO);
        for (long i = 0; i < vectors; i++) {
            FloatVector x = FloatVector.fromMemorySegment(SPECIES, src, s + i * BYTES, ORDER);
            FloatVector z = x.abs();
            z = z.blend(far, far.lt(z));
            FloatVector y = z.mul(z).mul(half);
            FloatVector t = y.fma(minusLog2E, round);
            FloatVector r = y.fma(log2E, t.sub(round));
            FloatVector p = r.fma(e6, e5).fma(r, e4).fma(r, e3).fma(r, e2).fma(r, e1).fma(r, one);
            t.intoMemorySegment(dst, d + i * BYTES, ORDER);
            IntVector.fromMemorySegment(INTS, dst, d + i * BYTES, ORDER)
                    .lanewise(LSHL, 23)
                    .add(BIAS)
                    .intoMemorySegment(dst, d + i * BYTES, ORDER);
            FloatVector bell = FloatVector.fromMemorySegment(SPECIES, dst, d + i * BYTES, ORDER).mul(p);
            FloatVector v = one.div(z.add(three));
            FloatVector u = v.fma(minusSix, one);
            FloatVector q = u.fma(t8, t7).fma(u, t6).fma(u, t5).fma(u, t4).fma(u, t3);
            FloatVector tail = q.fma(u, t2).fma(u, t1).fma(u, t0).mul(v).mul(bell);
            tail.blend(one.sub(tail), zero.lt(x)).mul(x).intoMemorySegment(dst, d + i * BYTES, ORDER);
        }
    }

    static void geluBackward(
            MemorySegment dDst, long g, MemorySegment src, long s, MemorySegment dSrc, long d, long vectors) {
        FloatVector far = FloatVector.broadcast(SPECIES, FAR);
        FloatVector half = FloatVector.broadcast(SPECIES, HALF);
        FloatVector log2E = FloatVector.broadcast(SPECIES, LOG2_E);
        FloatVector minusLog2E = FloatVector.broadcast(SPECIES, -LOG2_E);
        FloatVector round = FloatVector.broadcast(SPECIES, ROUND);
        FloatVector e6 = FloatVector.broadcast(SPECIES, E6);
        FloatVector e5 = FloatVector.broadcast(SPECIES, E5);
        FloatVector e4 = FloatVector.broadcast(SPECIES, E4);
        FloatVector e3 = FloatVector.broadcast(SPECIES, E3);
        FloatVector e2 = FloatVector.broadcast(SPECIES, E2);
        FloatVector e1 = FloatVector.broadcast(SPECIES, E1);
        FloatVector one = FloatVector.broadcast(SPECIES, ONE);
        FloatVector three = FloatVector.broadcast(SPECIES, THREE);
        FloatVector minusSix = FloatVector.broadcast(SPECIES, MINUS_SIX);
        FloatVector t8 = FloatVector.broadcast(SPECIES, T8);
        FloatVector t7 = FloatVector.broadcast(SPECIES, T7);
        FloatVector t6 = FloatVector.broadcast(SPECIES, T6);
        FloatVector t5 = FloatVector.broadcast(SPECIES, T5);
        FloatVector t4 = FloatVector.broadcast(SPECIES, T4);
        FloatVector t3 = FloatVector.broadcast(SPECIES, T3);
        FloatVector t2 = FloatVector.broadcast(SPECIES, T2);
        FloatVector t1 = FloatVector.broadcast(SPECIES, T1);
        FloatVector t0 = FloatVector.broadcast(SPECIES, T0);
        FloatVector density = FloatVector.broadcast(SPECIES, DENSITY);
        FloatVector zero = FloatVector.broadcast(SPECIES, ZERO);
        for (long i = 0; i < vectors; i++) {
            FloatVector x = FloatVector.fromMemorySegment(SPECIES, src, s + i * BYTES, ORDER);
            FloatVector dy = FloatVector.fromMemorySegment(SPECIES, dDst, g + i * BYTES, ORDER);
            FloatVector z = x.abs();
            z = z.blend(far, far.lt(z));
            FloatVector y = z.mul(z).mul(half);
            FloatVector t = y.fma(minusLog2E, round);
            FloatVector r = y.fma(log2E, t.sub(round));
            FloatVector p = r.fma(e6, e5).fma(r, e4).fma(r, e3).fma(r, e2).fma(r, e1).fma(r, one);
            t.intoMemorySegment(dSrc, d + i * BYTES, ORDER);
            IntVector.fromMemorySegment(INTS, dSrc, d + i * BYTES, ORDER)
                    .lanewise(LSHL, 23)
                    .add(BIAS)
                    .intoMemorySegment(dSrc, d + i * BYTES, ORDER);
            FloatVector bell = FloatVector.fromMemorySegment(SPECIES, dSrc, d + i * BYTES, ORDER).mul(p);
            FloatVector v = one.div(z.add(three));
            FloatVector u = v.fma(minusSix, one);
            FloatVector q = u.fma(t8, t7).fma(u, t6).fma(u, t5).fma(u, t4).fma(u, t3);
            FloatVector tail = q.fma(u, t2).fma(u, t1).fma(u, t0).mul(v).mul(bell);
            FloatVector slope = bell.mul(density).fma(x, tail.blend(one.sub(tail), zero.lt(x)));
            slope.mul(dy)
                    .intoMemorySegment(dSrc, d + i * BYTES, ORDER);
        }
    }
}
