package donna.cpu.kernel;

import static donna.cpu.kernel.ExpConstants.BIAS;
import static donna.cpu.kernel.ExpConstants.E1;
import static donna.cpu.kernel.ExpConstants.E2;
import static donna.cpu.kernel.ExpConstants.E3;
import static donna.cpu.kernel.ExpConstants.E4;
import static donna.cpu.kernel.ExpConstants.E5;
import static donna.cpu.kernel.ExpConstants.E6;
import static donna.cpu.kernel.ExpConstants.HIGHEST;
import static donna.cpu.kernel.ExpConstants.LOG2_E;
import static donna.cpu.kernel.ExpConstants.LOWEST;
import static donna.cpu.kernel.ExpConstants.ONE;
import static donna.cpu.kernel.ExpConstants.ROUND;
import static donna.cpu.kernel.Lanes.BYTES;
import static donna.cpu.kernel.Lanes.INTS;
import static donna.cpu.kernel.Lanes.ORDER;
import static donna.cpu.kernel.Lanes.SPECIES;
import static jdk.incubator.vector.VectorOperators.LSHL;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * Loops of sigmoid and swish over whole vectors at byte offsets, in place where asked. With {@code e = e^-x}: {@code
 * sigmoid = 1 / (1 + e)}.
 */
final class SigmoidLoops {
    private SigmoidLoops() {}

    static void swish(MemorySegment src, long s, MemorySegment dst, long d, long vectors) {
        FloatVector lowest = FloatVector.broadcast(SPECIES, LOWEST);
        FloatVector highest = FloatVector.broadcast(SPECIES, HIGHEST);
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
        for (long i = 0; i < vectors; i++) {
            FloatVector x = FloatVector.fromMemorySegment(SPECIES, src, s + i * BYTES, ORDER);
            FloatVector y = x.blend(lowest, x.lt(lowest));
            y = y.blend(highest, highest.lt(y));
            FloatVector t = y.fma(minusLog2E, round);
            FloatVector r = y.fma(log2E, t.sub(round));
            FloatVector p = r.fma(e6, e5).fma(r, e4).fma(r, e3).fma(r, e2).fma(r, e1).fma(r, one);
            t.intoMemorySegment(dst, d + i * BYTES, ORDER);
            IntVector.fromMemorySegment(INTS, dst, d + i * BYTES, ORDER)
                    .lanewise(LSHL, 23)
                    .add(BIAS)
                    .intoMemorySegment(dst, d + i * BYTES, ORDER);
            FloatVector e = FloatVector.fromMemorySegment(SPECIES, dst, d + i * BYTES, ORDER).mul(p);
            x.div(e.add(one)).intoMemorySegment(dst, d + i * BYTES, ORDER);
        }
    }

    /**
     * {@code swish' = sigmoid + x * sigmoid * (1 - sigmoid)}, the last factor as {@code e * sigmoid}, which cancels
     * nothing.
     */
    static void swishBackward(
            MemorySegment dDst, long g, MemorySegment src, long s, MemorySegment dSrc, long d, long vectors) {
        FloatVector lowest = FloatVector.broadcast(SPECIES, LOWEST);
        FloatVector highest = FloatVector.broadcast(SPECIES, HIGHEST);
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
        for (long i = 0; i < vectors; i++) {
            FloatVector x = FloatVector.fromMemorySegment(SPECIES, src, s + i * BYTES, ORDER);
            FloatVector dy = FloatVector.fromMemorySegment(SPECIES, dDst, g + i * BYTES, ORDER);
            FloatVector y = x.blend(lowest, x.lt(lowest));
            y = y.blend(highest, highest.lt(y));
            FloatVector t = y.fma(minusLog2E, round);
            FloatVector r = y.fma(log2E, t.sub(round));
            FloatVector p = r.fma(e6, e5).fma(r, e4).fma(r, e3).fma(r, e2).fma(r, e1).fma(r, one);
            t.intoMemorySegment(dSrc, d + i * BYTES, ORDER);
            IntVector.fromMemorySegment(INTS, dSrc, d + i * BYTES, ORDER)
                    .lanewise(LSHL, 23)
                    .add(BIAS)
                    .intoMemorySegment(dSrc, d + i * BYTES, ORDER);
            FloatVector e = FloatVector.fromMemorySegment(SPECIES, dSrc, d + i * BYTES, ORDER).mul(p);
            FloatVector sigmoid = one.div(e.add(one));
            FloatVector slope = sigmoid.mul(e).mul(x).fma(sigmoid, sigmoid);
            slope.mul(dy)
                    .intoMemorySegment(dSrc, d + i * BYTES, ORDER);
        }
    }

    static void sigmoid(MemorySegment src, long s, MemorySegment dst, long d, long vectors) {
        FloatVector lowest = FloatVector.broadcast(SPECIES, LOWEST);
        FloatVector highest = FloatVector.broadcast(SPECIES, HIGHEST);
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
        for (long i = 0; i < vectors; i++) {
            FloatVector x = FloatVector.fromMemorySegment(SPECIES, src, s + i * BYTES, ORDER);
            FloatVector y = x.blend(lowest, x.lt(lowest));
            y = y.blend(highest, highest.lt(y));
            FloatVector t = y.fma(minusLog2E, round);
            FloatVector r = y.fma(log2E, t.sub(round));
            FloatVector p = r.fma(e6, e5).fma(r, e4).fma(r, e3).fma(r, e2).fma(r, e1).fma(r, one);
            t.intoMemorySegment(dst, d + i * BYTES, ORDER);
            IntVector.fromMemorySegment(INTS, dst, d + i * BYTES, ORDER)
                    .lanewise(LSHL, 23)
                    .add(BIAS)
                    .intoMemorySegment(dst, d + i * BYTES, ORDER);
            FloatVector e = FloatVector.fromMemorySegment(SPECIES, dst, d + i * BYTES, ORDER).mul(p);
            one.div(e.add(one)).intoMemorySegment(dst, d + i * BYTES, ORDER);
        }
    }

    static void sigmoidBackward(
            MemorySegment dDst, long g, MemorySegment src, long s, MemorySegment dSrc, long d, long vectors) {
        FloatVector lowest = FloatVector.broadcast(SPECIES, LOWEST);
        FloatVector highest = FloatVector.broadcast(SPECIES, HIGHEST);
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
        for (long i = 0; i < vectors; i++) {
            FloatVector x = FloatVector.fromMemorySegment(SPECIES, src, s + i * BYTES, ORDER);
            FloatVector dy = FloatVector.fromMemorySegment(SPECIES, dDst, g + i * BYTES, ORDER);
            FloatVector y = x.blend(lowest, x.lt(lowest));
            y = y.blend(highest, highest.lt(y));
            FloatVector t = y.fma(minusLog2E, round);
            FloatVector r = y.fma(log2E, t.sub(round));
            FloatVector p = r.fma(e6, e5).fma(r, e4).fma(r, e3).fma(r, e2).fma(r, e1).fma(r, one);
            t.intoMemorySegment(dSrc, d + i * BYTES, ORDER);
            IntVector.fromMemorySegment(INTS, dSrc, d + i * BYTES, ORDER)
                    .lanewise(LSHL, 23)
                    .add(BIAS)
                    .intoMemorySegment(dSrc, d + i * BYTES, ORDER);
            FloatVector e = FloatVector.fromMemorySegment(SPECIES, dSrc, d + i * BYTES, ORDER).mul(p);
            FloatVector sigmoid = one.div(e.add(one));
            sigmoid.mul(e)
                    .mul(sigmoid)
                    .mul(dy)
                    .intoMemorySegment(dSrc, d + i * BYTES, ORDER);
        }
    }
}
