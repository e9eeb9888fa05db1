package donna.cpu.kernel;

import static donna.cpu.kernel.Lanes.BYTES;
import static donna.cpu.kernel.Lanes.L;
import static donna.cpu.kernel.Lanes.ORDER;
import static donna.cpu.kernel.Lanes.SPECIES;
import static donna.cpu.kernel.Lanes.all;

import donna.tensor.Activation;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/**
 * Activations and their derivatives on flat ranges, in place where asked. For a blocked tensor give the padded count;
 * after {@code SIGMOID} and
 * {@code HSIGMOID} call {@link Lanes#clearMissing}.
 */
public final class Activations {
    private static final float ZERO = 0;
    private static final float ONE = 1;
    private static final float THREE = 3;
    private static final float MINUS_THREE = -3;
    private static final float SIX = 6;
    private static final float SIXTH = 1f / 6;
    private static final float THIRD = 1f / 3;
    private static final float HALF = 0.5f;

    private Activations() {}

    /** {@code dst[i] = act(src[i])} for {@code count} elements; src may be dst. */
    public static void forward(Activation act, MemorySegment src, MemorySegment dst, long count) {
        long vectors = Lanes.vectors(count);
        if (vectors > 0) {
            forward(act, src, 0, dst, 0, vectors);
        }
        for (long i = vectors * L; i < count; i++) {
            Lanes.set(dst, i, (float) act.apply(Lanes.get(src, i)));
        }
    }

    /** {@code dSrc[i] = dDst[i] * act'(src[i])} for {@code count} elements; dSrc may be dDst or src. */
    public static void backward(Activation act, MemorySegment dDst, MemorySegment src, MemorySegment dSrc, long count) {
        long vectors = Lanes.vectors(count);
        if (vectors > 0) {
            backward(act, dDst, 0, src, 0, dSrc, 0, vectors);
        }
        for (long i = vectors * L; i < count; i++) {
            Lanes.set(dSrc, i, (float) (Lanes.get(dDst, i) * act.derivative(Lanes.get(src, i))));
        }
    }

    /** Whether the activation limits its argument to a range and does nothing else. */
    public static boolean clamps(Activation act) {
        return act == Activation.NONE || act == Activation.RELU || act == Activation.RELU6;
    }

    /** Lower end of a clamping activation. */
    static float low(Activation act) {
        return act == Activation.NONE ? Float.NEGATIVE_INFINITY : 0;
    }

    /** Upper end of a clamping activation. */
    static float high(Activation act) {
        return act == Activation.RELU6 ? 6 : Float.POSITIVE_INFINITY;
    }

    /** The same for whole vectors at byte offsets. */
    static void forward(Activation act, MemorySegment src, long s, MemorySegment dst, long d, long vectors) {
        switch (act) {
            case NONE, RELU, RELU6 -> clamp(src, s, dst, d, vectors, low(act), high(act));
            case SWISH -> SigmoidLoops.swish(src, s, dst, d, vectors);
            case HSWISH -> hswish(src, s, dst, d, vectors);
            case SIGMOID -> SigmoidLoops.sigmoid(src, s, dst, d, vectors);
            case HSIGMOID -> hsigmoid(src, s, dst, d, vectors);
            case GELU -> GeluLoops.gelu(src, s, dst, d, vectors);
        }
    }

    /** The same for whole vectors at byte offsets. */
    static void backward(
            Activation act,
            MemorySegment dDst,
            long g,
            MemorySegment src,
            long s,
            MemorySegment dSrc,
            long d,
            long vectors) {
        switch (act) {
            case NONE -> clamp(dDst, g, dSrc, d, vectors, low(act), high(act));
            case RELU, RELU6 -> clampBackward(dDst, g, src, s, dSrc, d, vectors, low(act), high(act));
            case SWISH -> SigmoidLoops.swishBackward(dDst, g, src, s, dSrc, d, vectors);
            case HSWISH -> hswishBackward(dDst, g, src, s, dSrc, d, vectors);
            case SIGMOID -> SigmoidLoops.sigmoidBackward(dDst, g, src, s, dSrc, d, vectors);
            case HSIGMOID -> hsigmoidBackward(dDst, g, src, s, dSrc, d, vectors);
            case GELU -> GeluLoops.geluBackward(dDst, g, src, s, dSrc, d, vectors);
        }
    }

    private static void clamp(
            MemorySegment src, long s, MemorySegment dst, long d, long vectors, float low, float high) {
        FloatVector lowest = FloatVector.broadcast(SPECIES, low);
        FloatVector highest = FloatVector.broadcast(SPECIES, high);
        for (long i = 0; i < vectors; i++) {
            FloatVector x = FloatVector.fromMemorySegment(SPECIES, src, s + i * BYTES, ORDER);
            FloatVector y = x.blend(lowest, x.lt(lowest));
            y.blend(highest, highest.lt(y)).intoMemorySegment(dst, d + i * BYTES, ORDER);
        }
    }

    private static void clampBackward(
            MemorySegment dDst,
            long g,
            MemorySegment src,
            long s,
            MemorySegment dSrc,
            long d,
            long vectors,
            float low,
            float high) {
        FloatVector zero = FloatVector.broadcast(SPECIES, ZERO);
        FloatVector lowest = FloatVector.broadcast(SPECIES, low);
        FloatVector highest = FloatVector.broadcast(SPECIES, high);
        for (long i = 0; i < vectors; i++) {
            FloatVector x = FloatVector.fromMemorySegment(SPECIES, src, s + i * BYTES, ORDER);
            VectorMask<Float> inside = lowest.lt(x).and(x.lt(highest));
            zero.blend(FloatVector.fromMemorySegment(SPECIES, dDst, g + i * BYTES, ORDER), inside)
                    .intoMemorySegment(dSrc, d + i * BYTES, ORDER);
        }
    }

    private static void hswish(MemorySegment src, long s, MemorySegment dst, long d, long vectors) {
        FloatVector three = FloatVector.broadcast(SPECIES, THREE);
        FloatVector zero = FloatVector.broadcast(SPECIES, ZERO);
        FloatVector six = FloatVector.broadcast(SPECIES, SIX);
        FloatVector sixth = FloatVector.broadcast(SPECIES, SIXTH);
        for (long i = 0; i < vectors; i++) {
            FloatVector x = FloatVector.fromMemorySegment(SPECIES, src, s + i * BYTES, ORDER);
            FloatVector y = x.add(three);
            y = y.blend(zero, y.lt(zero));
            y.blend(six, six.lt(y)).mul(x).mul(sixth).intoMemorySegment(dst, d + i * BYTES, ORDER);
        }
    }

    private static void hswishBackward(
            MemorySegment dDst, long g, MemorySegment src, long s, MemorySegment dSrc, long d, long vectors) {
        FloatVector third = FloatVector.broadcast(SPECIES, THIRD);
        FloatVector half = FloatVector.broadcast(SPECIES, HALF);
        FloatVector zero = FloatVector.broadcast(SPECIES, ZERO);
        FloatVector minusThree = FloatVector.broadcast(SPECIES, MINUS_THREE);
        FloatVector three = FloatVector.broadcast(SPECIES, THREE);
        FloatVector one = FloatVector.broadcast(SPECIES, ONE);
        for (long i = 0; i < vectors; i++) {
            FloatVector x = FloatVector.fromMemorySegment(SPECIES, src, s + i * BYTES, ORDER);
            FloatVector slope = x.fma(third, half);
            slope = slope.blend(zero, x.compare(VectorOperators.LE, minusThree));
            slope = slope.blend(one, x.compare(VectorOperators.GE, three));
            slope.mul(FloatVector.fromMemorySegment(SPECIES, dDst, g + i * BYTES, ORDER))
                    .intoMemorySegment(dSrc, d + i * BYTES, ORDER);
        }
    }

    private static void hsigmoid(MemorySegment src, long s, MemorySegment dst, long d, long vectors) {
        FloatVector three = FloatVector.broadcast(SPECIES, THREE);
        FloatVector zero = FloatVector.broadcast(SPECIES, ZERO);
        FloatVector six = FloatVector.broadcast(SPECIES, SIX);
        FloatVector sixth = FloatVector.broadcast(SPECIES, SIXTH);
        for (long i = 0; i < vectors; i++) {
            FloatVector x = FloatVector.fromMemorySegment(SPECIES, src, s + i * BYTES, ORDER)
                    .add(three);
            FloatVector y = x.blend(zero, x.lt(zero));
            y.blend(six, six.lt(y)).mul(sixth).intoMemorySegment(dst, d + i * BYTES, ORDER);
        }
    }

    private static void hsigmoidBackward(
            MemorySegment dDst, long g, MemorySegment src, long s, MemorySegment dSrc, long d, long vectors) {
        FloatVector minusThree = FloatVector.broadcast(SPECIES, MINUS_THREE);
        FloatVector three = FloatVector.broadcast(SPECIES, THREE);
        FloatVector zero = FloatVector.broadcast(SPECIES, ZERO);
        FloatVector sixth = FloatVector.broadcast(SPECIES, SIXTH);
        for (long i = 0; i < vectors; i++) {
            FloatVector x = FloatVector.fromMemorySegment(SPECIES, src, s + i * BYTES, ORDER);
            VectorMask<Float> inside = minusThree.lt(x).and(x.lt(three));
            zero.blend(
                            FloatVector.fromMemorySegment(SPECIES, dDst, g + i * BYTES, ORDER)
                                    .mul(sixth),
                            inside)
                    .intoMemorySegment(dSrc, d + i * BYTES, ORDER);
        }
    }
}
