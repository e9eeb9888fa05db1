package donna.cpu.kernel;

import static donna.cpu.kernel.Lanes.BYTES;
import static donna.cpu.kernel.Lanes.L;
import static donna.cpu.kernel.Lanes.all;
import static donna.cpu.kernel.Lanes.load;
import static donna.cpu.kernel.Lanes.store;

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
    private static final FloatVector MINUS_HALF = all(-0.5f);
    private static final FloatVector SIXTH = all(1f / 6);
    private static final FloatVector THIRD = all(1f / 3);
    private static final FloatVector HALF = all(0.5f);
    /** Where the normal distribution's tail is nothing. */
    private static final FloatVector FAR = all(13);
    /** 1 / sqrt(2 pi). */
    private static final FloatVector DENSITY = all(0.39894228f);

    private Activations() {}

    /** {@code dst[i] = act(src[i])} for {@code count} elements; src may be dst. */
    public static void forward(Activation act, MemorySegment src, MemorySegment dst, long count) {
        forward(act, src, 0, dst, 0, count / L);
        for (long i = count / L * L; i < count; i++) {
            Lanes.set(dst, i, (float) act.apply(Lanes.get(src, i)));
        }
    }

    /** {@code dSrc[i] = dDst[i] * act'(src[i])} for {@code count} elements; dSrc may be dDst or src. */
    public static void backward(
            Activation act, MemorySegment dDst, MemorySegment src, MemorySegment dSrc, long count) {
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
            case SWISH -> swish(src, s, dst, d, vectors);
            case HSWISH -> hswish(src, s, dst, d, vectors);
            case SIGMOID -> sigmoid(src, s, dst, d, vectors);
            case HSIGMOID -> hsigmoid(src, s, dst, d, vectors);
            case GELU -> gelu(src, s, dst, d, vectors);
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
            case SWISH -> swishBackward(dDst, g, src, s, dSrc, d, vectors);
            case HSWISH -> hswishBackward(dDst, g, src, s, dSrc, d, vectors);
            case SIGMOID -> sigmoidBackward(dDst, g, src, s, dSrc, d, vectors);
            case HSIGMOID -> hsigmoidBackward(dDst, g, src, s, dSrc, d, vectors);
            case GELU -> geluBackward(dDst, g, src, s, dSrc, d, vectors);
        }
    }

    private static void clamp(
            MemorySegment src, long s, MemorySegment dst, long d, long vectors, float low, float high) {
        FloatVector lowest = all(low);
        FloatVector highest = all(high);
        for (long i = 0; i < vectors; i++) {
            store(Lanes.clamp(load(src, s + i * BYTES), lowest, highest), dst, d + i * BYTES);
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
        FloatVector lowest = all(low);
        FloatVector highest = all(high);
        for (long i = 0; i < vectors; i++) {
            FloatVector x = load(src, s + i * BYTES);
            VectorMask<Float> inside = lowest.lt(x).and(x.lt(highest));
            store(ZERO.blend(load(dDst, g + i * BYTES), inside), dSrc, d + i * BYTES);
        }
    }

    private static void swish(MemorySegment src, long s, MemorySegment dst, long d, long vectors) {
        for (long i = 0; i < vectors; i++) {
            FloatVector x = load(src, s + i * BYTES);
            store(x.div(VectorMath.exp(x.neg()).add(ONE)), dst, d + i * BYTES);
        }
    }

    private static void swishBackward(
            MemorySegment dDst, long g, MemorySegment src, long s, MemorySegment dSrc, long d, long vectors) {
        for (long i = 0; i < vectors; i++) {
            FloatVector x = load(src, s + i * BYTES);
            FloatVector e = VectorMath.exp(x.neg());
            FloatVector y = ONE.div(e.add(ONE));
            FloatVector slope = y.mul(e).mul(x).fma(y, y);
            store(slope.mul(load(dDst, g + i * BYTES)), dSrc, d + i * BYTES);
        }
    }

    private static void hswish(MemorySegment src, long s, MemorySegment dst, long d, long vectors) {
        for (long i = 0; i < vectors; i++) {
            FloatVector x = load(src, s + i * BYTES);
            store(Lanes.clamp(x.add(THREE), ZERO, SIX).mul(x).mul(SIXTH), dst, d + i * BYTES);
        }
    }

    private static void hswishBackward(
            MemorySegment dDst, long g, MemorySegment src, long s, MemorySegment dSrc, long d, long vectors) {
        for (long i = 0; i < vectors; i++) {
            FloatVector x = load(src, s + i * BYTES);
            FloatVector slope = x.fma(THIRD, HALF);
            slope = slope.blend(ZERO, x.compare(VectorOperators.LE, MINUS_THREE));
            slope = slope.blend(ONE, x.compare(VectorOperators.GE, THREE));
            store(slope.mul(load(dDst, g + i * BYTES)), dSrc, d + i * BYTES);
        }
    }

    private static void sigmoid(MemorySegment src, long s, MemorySegment dst, long d, long vectors) {
        for (long i = 0; i < vectors; i++) {
            store(VectorMath.sigmoid(load(src, s + i * BYTES)), dst, d + i * BYTES);
        }
    }

    private static void sigmoidBackward(
            MemorySegment dDst, long g, MemorySegment src, long s, MemorySegment dSrc, long d, long vectors) {
        for (long i = 0; i < vectors; i++) {
            FloatVector e = VectorMath.exp(load(src, s + i * BYTES).neg());
            FloatVector y = ONE.div(e.add(ONE));
            store(y.mul(e).mul(y).mul(load(dDst, g + i * BYTES)), dSrc, d + i * BYTES);
        }
    }

    private static void hsigmoid(MemorySegment src, long s, MemorySegment dst, long d, long vectors) {
        for (long i = 0; i < vectors; i++) {
            FloatVector x = load(src, s + i * BYTES).add(THREE);
            store(Lanes.clamp(x, ZERO, SIX).mul(SIXTH), dst, d + i * BYTES);
        }
    }

    private static void hsigmoidBackward(
            MemorySegment dDst, long g, MemorySegment src, long s, MemorySegment dSrc, long d, long vectors) {
        for (long i = 0; i < vectors; i++) {
            FloatVector x = load(src, s + i * BYTES);
            VectorMask<Float> inside = MINUS_THREE.lt(x).and(x.lt(THREE));
            store(ZERO.blend(load(dDst, g + i * BYTES).mul(SIXTH), inside), dSrc, d + i * BYTES);
        }
    }

    private static void gelu(MemorySegment src, long s, MemorySegment dst, long d, long vectors) {
        for (long i = 0; i < vectors; i++) {
            FloatVector x = load(src, s + i * BYTES);
            FloatVector z = x.abs();
            z = z.blend(FAR, FAR.lt(z));
            FloatVector tail = VectorMath.expWithin(z.mul(z).mul(MINUS_HALF)).mul(VectorMath.scaledTail(z));
            store(tail.blend(ONE.sub(tail), ZERO.lt(x)).mul(x), dst, d + i * BYTES);
        }
    }

    private static void geluBackward(
            MemorySegment dDst, long g, MemorySegment src, long s, MemorySegment dSrc, long d, long vectors) {
        for (long i = 0; i < vectors; i++) {
            FloatVector x = load(src, s + i * BYTES);
            FloatVector z = x.abs();
            z = z.blend(FAR, FAR.lt(z));
            FloatVector bell = VectorMath.expWithin(z.mul(z).mul(MINUS_HALF));
            FloatVector tail = bell.mul(VectorMath.scaledTail(z));
            FloatVector slope = bell.mul(DENSITY).fma(x, tail.blend(ONE.sub(tail), ZERO.lt(x)));
            store(slope.mul(load(dDst, g + i * BYTES)), dSrc, d + i * BYTES);
        }
    }
}
