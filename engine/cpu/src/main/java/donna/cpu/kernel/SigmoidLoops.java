package donna.cpu.kernel;

import static donna.cpu.kernel.ExpConstants.E2;
import static donna.cpu.kernel.ExpConstants.E3;
import static donna.cpu.kernel.ExpConstants.E4;
import static donna.cpu.kernel.ExpConstants.E5;
import static donna.cpu.kernel.ExpConstants.E6;
import static donna.cpu.kernel.ExpConstants.HIGHEST;
import static donna.cpu.kernel.ExpConstants.LN2_HIGH;
import static donna.cpu.kernel.ExpConstants.LN2_LOW;
import static donna.cpu.kernel.ExpConstants.LOG2_E;
import static donna.cpu.kernel.ExpConstants.LOWEST;
import static donna.cpu.kernel.ExpConstants.ONE;
import static donna.cpu.kernel.ExpConstants.ROUND;
import static donna.cpu.kernel.Lanes.BYTES;
import static donna.cpu.kernel.Lanes.ORDER;
import static donna.cpu.kernel.Lanes.SPECIES;
import static jdk.incubator.vector.VectorOperators.LSHL;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/** Loops of sigmoid and swish over whole vectors at byte offsets, in place where asked. With {@code e = e^-x}: {@code sigmoid = 1 / (1 + e)}. */
final class SigmoidLoops {
    private SigmoidLoops() {}

    static void swish(MemorySegment src, long s, MemorySegment dst, long d, long vectors) {
        for (long i = 0; i < vectors; i++) {
            FloatVector x = FloatVector.fromMemorySegment(SPECIES, src, s + i * BYTES, ORDER);
            FloatVector y = x.neg();
            y = y.blend(LOWEST, y.lt(LOWEST));
            y = y.blend(HIGHEST, HIGHEST.lt(y));
            FloatVector t = y.fma(LOG2_E, ROUND);
            FloatVector n = t.sub(ROUND);
            FloatVector r = n.fma(LN2_LOW, n.fma(LN2_HIGH, y));
            FloatVector p = r.fma(E6, E5).fma(r, E4).fma(r, E3).fma(r, E2);
            p = p.mul(r).fma(r, r).add(ONE);
            FloatVector e = p.reinterpretAsInts()
                    .add(t.reinterpretAsInts().lanewise(LSHL, 23))
                    .reinterpretAsFloats();
            x.div(e.add(ONE)).intoMemorySegment(dst, d + i * BYTES, ORDER);
        }
    }

    /** {@code swish' = sigmoid + x * sigmoid * (1 - sigmoid)}, the last factor as {@code e * sigmoid}, which cancels nothing. */
    static void swishBackward(
            MemorySegment dDst, long g, MemorySegment src, long s, MemorySegment dSrc, long d, long vectors) {
        for (long i = 0; i < vectors; i++) {
            FloatVector x = FloatVector.fromMemorySegment(SPECIES, src, s + i * BYTES, ORDER);
            FloatVector y = x.neg();
            y = y.blend(LOWEST, y.lt(LOWEST));
            y = y.blend(HIGHEST, HIGHEST.lt(y));
            FloatVector t = y.fma(LOG2_E, ROUND);
            FloatVector n = t.sub(ROUND);
            FloatVector r = n.fma(LN2_LOW, n.fma(LN2_HIGH, y));
            FloatVector p = r.fma(E6, E5).fma(r, E4).fma(r, E3).fma(r, E2);
            p = p.mul(r).fma(r, r).add(ONE);
            FloatVector e = p.reinterpretAsInts()
                    .add(t.reinterpretAsInts().lanewise(LSHL, 23))
                    .reinterpretAsFloats();
            FloatVector sigmoid = ONE.div(e.add(ONE));
            FloatVector slope = sigmoid.mul(e).mul(x).fma(sigmoid, sigmoid);
            slope.mul(FloatVector.fromMemorySegment(SPECIES, dDst, g + i * BYTES, ORDER))
                    .intoMemorySegment(dSrc, d + i * BYTES, ORDER);
        }
    }

    static void sigmoid(MemorySegment src, long s, MemorySegment dst, long d, long vectors) {
        for (long i = 0; i < vectors; i++) {
            FloatVector y = FloatVector.fromMemorySegment(SPECIES, src, s + i * BYTES, ORDER)
                    .neg();
            y = y.blend(LOWEST, y.lt(LOWEST));
            y = y.blend(HIGHEST, HIGHEST.lt(y));
            FloatVector t = y.fma(LOG2_E, ROUND);
            FloatVector n = t.sub(ROUND);
            FloatVector r = n.fma(LN2_LOW, n.fma(LN2_HIGH, y));
            FloatVector p = r.fma(E6, E5).fma(r, E4).fma(r, E3).fma(r, E2);
            p = p.mul(r).fma(r, r).add(ONE);
            FloatVector e = p.reinterpretAsInts()
                    .add(t.reinterpretAsInts().lanewise(LSHL, 23))
                    .reinterpretAsFloats();
            ONE.div(e.add(ONE)).intoMemorySegment(dst, d + i * BYTES, ORDER);
        }
    }

    static void sigmoidBackward(
            MemorySegment dDst, long g, MemorySegment src, long s, MemorySegment dSrc, long d, long vectors) {
        for (long i = 0; i < vectors; i++) {
            FloatVector y = FloatVector.fromMemorySegment(SPECIES, src, s + i * BYTES, ORDER)
                    .neg();
            y = y.blend(LOWEST, y.lt(LOWEST));
            y = y.blend(HIGHEST, HIGHEST.lt(y));
            FloatVector t = y.fma(LOG2_E, ROUND);
            FloatVector n = t.sub(ROUND);
            FloatVector r = n.fma(LN2_LOW, n.fma(LN2_HIGH, y));
            FloatVector p = r.fma(E6, E5).fma(r, E4).fma(r, E3).fma(r, E2);
            p = p.mul(r).fma(r, r).add(ONE);
            FloatVector e = p.reinterpretAsInts()
                    .add(t.reinterpretAsInts().lanewise(LSHL, 23))
                    .reinterpretAsFloats();
            FloatVector sigmoid = ONE.div(e.add(ONE));
            sigmoid.mul(e)
                    .mul(sigmoid)
                    .mul(FloatVector.fromMemorySegment(SPECIES, dDst, g + i * BYTES, ORDER))
                    .intoMemorySegment(dSrc, d + i * BYTES, ORDER);
        }
    }
}
