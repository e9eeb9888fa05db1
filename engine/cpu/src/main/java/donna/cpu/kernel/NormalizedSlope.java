package donna.cpu.kernel;

import static donna.cpu.kernel.ExpConstants.BIAS;
import static donna.cpu.kernel.ExpConstants.E1;
import static donna.cpu.kernel.ExpConstants.E2;
import static donna.cpu.kernel.ExpConstants.E3;
import static donna.cpu.kernel.ExpConstants.E4;
import static donna.cpu.kernel.ExpConstants.E5;
import static donna.cpu.kernel.ExpConstants.E6;
import static donna.cpu.kernel.ExpConstants.LEAST;
import static donna.cpu.kernel.ExpConstants.LOG2_E;
import static donna.cpu.kernel.ExpConstants.MOST;
import static donna.cpu.kernel.ExpConstants.ONE;
import static donna.cpu.kernel.ExpConstants.ROUND;
import static donna.cpu.kernel.Lanes.BYTES;
import static donna.cpu.kernel.Lanes.INTS;
import static donna.cpu.kernel.Lanes.L;
import static donna.cpu.kernel.Lanes.ORDER;
import static donna.cpu.kernel.Lanes.SPECIES;
import static jdk.incubator.vector.VectorOperators.LSHL;

import donna.tensor.Activation;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * An activation of normalised values and its derivative, both from one reading of src, where forming it anew would cost more: with
 * {@code y = (src - mean) * scale + offset}, {@code dst = act(y)} and {@code slope = act'(y)}, which is at the beginning of its memory.
 */
final class NormalizedSlope {
    private static final float THIRD = 1f / 3;
    private static final float SIXTH = 1f / 6;

    private NormalizedSlope() {}

    static boolean supports(Activation act) {
        return act == Activation.SWISH || act == Activation.HSWISH;
    }

    /** A run of pixels of channel block {@code block}. */
    static void run(
            Activation act,
            Normalizer of,
            int block,
            MemorySegment src,
            long s,
            MemorySegment dst,
            MemorySegment slope,
            long d,
            int vectors) {
        switch (act) {
            case SWISH -> {
                if (of.isModerate()) {
                    swish(of, block * L, src, s, dst, slope, d, vectors);
                } else {
                    swishStepByStep(of, block * L, src, s, dst, slope, d, vectors);
                }
            }
            case HSWISH -> hswish(of, block * L, src, s, dst, slope, d, vectors);
            default -> throw new IllegalArgumentException("no slope of " + act);
        }
    }

    private static void hswish(
            Normalizer of, int c, MemorySegment src, long s, MemorySegment dst, MemorySegment slope, long to, int vectors) {
        FloatVector m = FloatVector.fromArray(SPECIES, of.mean, c);
        FloatVector f = FloatVector.fromArray(SPECIES, of.scale, c);
        FloatVector o = FloatVector.fromArray(SPECIES, of.offset, c);
        FloatVector zero = FloatVector.zero(SPECIES);
        FloatVector one = FloatVector.broadcast(SPECIES, ONE);
        FloatVector three = FloatVector.broadcast(SPECIES, 3);
        FloatVector minusThree = FloatVector.broadcast(SPECIES, -3);
        FloatVector six = FloatVector.broadcast(SPECIES, 6);
        FloatVector sixth = FloatVector.broadcast(SPECIES, SIXTH);
        FloatVector third = FloatVector.broadcast(SPECIES, THIRD);
        FloatVector half = FloatVector.broadcast(SPECIES, 0.5f);
        for (int i = 0; i < vectors; i++) {
            long at = (long) i * BYTES;
            FloatVector y = FloatVector.fromMemorySegment(SPECIES, src, s + at, ORDER)
                    .sub(m)
                    .fma(f, o);
            FloatVector d = y.fma(third, half);
            d = d.blend(zero, y.compare(VectorOperators.LE, minusThree));
            d.blend(one, y.compare(VectorOperators.GE, three)).intoMemorySegment(slope, at, ORDER);
            FloatVector a = y.add(three);
            a = a.blend(zero, a.lt(zero));
            a.blend(six, six.lt(a)).mul(y).mul(sixth).intoMemorySegment(dst, to + at, ORDER);
        }
    }

    /** For arguments of any size. */
    private static void swishStepByStep(
            Normalizer of, int c, MemorySegment src, long s, MemorySegment dst, MemorySegment slope, long to, int vectors) {
        FloatVector one = FloatVector.broadcast(SPECIES, ONE);
        for (int i = 0; i < vectors; i++) {
            one.intoMemorySegment(slope, (long) i * BYTES, ORDER);
        }
        of.plain(c, src, s, dst, to, vectors);
        SigmoidLoops.swishBackward(slope, 0, dst, to, slope, 0, vectors);
        SigmoidLoops.swish(dst, to, dst, to, vectors);
    }

    private static void swish(
            Normalizer of, int c, MemorySegment src, long s, MemorySegment dst, MemorySegment slope, long to, int vectors) {
        FloatVector m = FloatVector.fromArray(SPECIES, of.mean, c);
        FloatVector f = FloatVector.fromArray(SPECIES, of.scale, c);
        FloatVector o = FloatVector.fromArray(SPECIES, of.offset, c);
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
        for (int i = 0; i < vectors; i++) {
            long at = (long) i * BYTES;
            FloatVector x = FloatVector.fromMemorySegment(SPECIES, src, s + at, ORDER)
                    .sub(m)
                    .fma(f, o);
            FloatVector t = x.fma(minusLog2E, round);
            FloatVector r = x.fma(log2E, t.sub(round));
            FloatVector p = r.fma(e6, e5).fma(r, e4).fma(r, e3).fma(r, e2).fma(r, e1).fma(r, one);
            t.intoMemorySegment(dst, to + at, ORDER);
            IntVector.fromMemorySegment(INTS, dst, to + at, ORDER)
                    .max(LEAST)
                    .min(MOST)
                    .lanewise(LSHL, 23)
                    .add(BIAS)
                    .intoMemorySegment(dst, to + at, ORDER);
            FloatVector e = FloatVector.fromMemorySegment(SPECIES, dst, to + at, ORDER).mul(p);
            FloatVector sigmoid = one.div(e.add(one));
            FloatVector a = x.mul(sigmoid);
            a.intoMemorySegment(dst, to + at, ORDER);
            a.mul(e).fma(sigmoid, sigmoid).intoMemorySegment(slope, at, ORDER);
        }
    }
}
