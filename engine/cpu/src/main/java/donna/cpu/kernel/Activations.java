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
 * Activations and their derivatives on flat ranges, in place where asked. For a blocked tensor give the padded count; after {@code SIGMOID} and
 * {@code HSIGMOID} call {@link Lanes#clearMissing}.
 */
public final class Activations {
    private static final FloatVector ZERO = all(0);
    private static final FloatVector ONE = all(1);
    private static final FloatVector THREE = all(3);
    private static final FloatVector MINUS_THREE = all(-3);
    private static final FloatVector SIX = all(6);
    private static final FloatVector SIXTH = all(1f / 6);
    private static final FloatVector THIRD = all(1f / 3);
    private static final FloatVector HALF = all(0.5f);

    private Activations() {}

    /** {@code dst[i] = act(src[i])} for {@code count} elements; src may be dst. */
    public static void forward(Activation act, MemorySegment src, MemorySegment dst, long count) {
        forward(act, src, 0, dst, 0, count / L);
        for (long i = count / L * L; i < count; i++) {
            Lanes.set(dst, i, (float) act.apply(Lanes.get(src, i)));
        }
    }

    /** {@code dSrc[i] = dDst[i] * act'(src[i])} for {@code count} elements; dSrc may be dDst or src. */
    public static void backward(Activation act, MemorySegment dDst, MemorySegment src, MemorySegment dSrc, long count) {
        backward(act, dDst, 0, src, 0, dSrc, 0, count / L);
        for (long i = count / L * L; i < count; i++) {
            Lanes.set(dSrc, i, (float) (Lanes.get(dDst, i) * act.derivative(Lanes.get(src, i))));
        }
    }

    /** Whether the activation limits its argument to a range and does nothing else. */
    static boolean clamps(Activation act) {
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
        FloatVector lowest = FloatVector.broadcast(SPECIES, low);
        FloatVector highest = FloatVector.broadcast(SPECIES, high);
        for (long i = 0; i < vectors; i++) {
            FloatVector x = FloatVector.fromMemorySegment(SPECIES, src, s + i * BYTES, ORDER);
            VectorMask<Float> inside = lowest.lt(x).and(x.lt(highest));
            ZERO.blend(FloatVector.fromMemorySegment(SPECIES, dDst, g + i * BYTES, ORDER), inside)
                    .intoMemorySegment(dSrc, d + i * BYTES, ORDER);
        }
    }

    private static void hswish(MemorySegment src, long s, MemorySegment dst, long d, long vectors) {
        for (long i = 0; i < vectors; i++) {
            FloatVector x = FloatVector.fromMemorySegment(SPECIES, src, s + i * BYTES, ORDER);
            FloatVector y = x.add(THREE);
            y = y.blend(ZERO, y.lt(ZERO));
            y.blend(SIX, SIX.lt(y)).mul(x).mul(SIXTH).intoMemorySegment(dst, d + i * BYTES, ORDER);
        }
    }

    private static void hswishBackward(
            MemorySegment dDst, long g, MemorySegment src, long s, MemorySegment dSrc, long d, long vectors) {
        for (long i = 0; i < vectors; i++) {
            FloatVector x = FloatVector.fromMemorySegment(SPECIES, src, s + i * BYTES, ORDER);
            FloatVector slope = x.fma(THIRD, HALF);
            slope = slope.blend(ZERO, x.compare(VectorOperators.LE, MINUS_THREE));
            slope = slope.blend(ONE, x.compare(VectorOperators.GE, THREE));
            slope.mul(FloatVector.fromMemorySegment(SPECIES, dDst, g + i * BYTES, ORDER))
                    .intoMemorySegment(dSrc, d + i * BYTES, ORDER);
        }
    }

    private static void hsigmoid(MemorySegment src, long s, MemorySegment dst, long d, long vectors) {
        for (long i = 0; i < vectors; i++) {
            FloatVector x = FloatVector.fromMemorySegment(SPECIES, src, s + i * BYTES, ORDER)
                    .add(THREE);
            FloatVector y = x.blend(ZERO, x.lt(ZERO));
            y.blend(SIX, SIX.lt(y)).mul(SIXTH).intoMemorySegment(dst, d + i * BYTES, ORDER);
        }
    }

    private static void hsigmoidBackward(
            MemorySegment dDst, long g, MemorySegment src, long s, MemorySegment dSrc, long d, long vectors) {
        for (long i = 0; i < vectors; i++) {
            FloatVector x = FloatVector.fromMemorySegment(SPECIES, src, s + i * BYTES, ORDER);
            VectorMask<Float> inside = MINUS_THREE.lt(x).and(x.lt(THREE));
            ZERO.blend(
                            FloatVector.fromMemorySegment(SPECIES, dDst, g + i * BYTES, ORDER)
                                    .mul(SIXTH),
                            inside)
                    .intoMemorySegment(dSrc, d + i * BYTES, ORDER);
        }
    }
}
