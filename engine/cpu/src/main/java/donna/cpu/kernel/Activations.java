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
        FloatVector zero = all(0);
        for (long i = 0; i < vectors; i++) {
            FloatVector x = load(src, s + i * BYTES);
            VectorMask<Float> inside = lowest.lt(x).and(x.lt(highest));
            store(zero.blend(load(dDst, g + i * BYTES), inside), dSrc, d + i * BYTES);
        }
    }

    private static void swish(MemorySegment src, long s, MemorySegment dst, long d, long vectors) {
        for (long i = 0; i < vectors; i++) {
            FloatVector x = load(src, s + i * BYTES);
            store(x.div(VectorMath.exp(x.neg()).add(1f)), dst, d + i * BYTES);
        }
    }

    private static void swishBackward(
            MemorySegment dDst, long g, MemorySegment src, long s, MemorySegment dSrc, long d, long vectors) {
        for (long i = 0; i < vectors; i++) {
            FloatVector x = load(src, s + i * BYTES);
            FloatVector e = VectorMath.exp(x.neg());
            FloatVector y = all(1f).div(e.add(1f));
            FloatVector slope = y.mul(e).mul(x).fma(y, y);
            store(slope.mul(load(dDst, g + i * BYTES)), dSrc, d + i * BYTES);
        }
    }

    private static void hswish(MemorySegment src, long s, MemorySegment dst, long d, long vectors) {
        for (long i = 0; i < vectors; i++) {
            FloatVector x = load(src, s + i * BYTES);
            store(Lanes.clamp(x.add(3f), all(0), all(6f)).mul(x).mul(1f / 6), dst, d + i * BYTES);
        }
    }

    private static void hswishBackward(
            MemorySegment dDst, long g, MemorySegment src, long s, MemorySegment dSrc, long d, long vectors) {
        FloatVector three = all(3f);
        for (long i = 0; i < vectors; i++) {
            FloatVector x = load(src, s + i * BYTES);
            FloatVector slope = x.fma(all(1f / 3), all(0.5f));
            slope = slope.blend(all(0), x.compare(VectorOperators.LE, three.neg()));
            slope = slope.blend(all(1f), x.compare(VectorOperators.GE, three));
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
            FloatVector y = all(1f).div(e.add(1f));
            store(y.mul(e).mul(y).mul(load(dDst, g + i * BYTES)), dSrc, d + i * BYTES);
        }
    }

    private static void hsigmoid(MemorySegment src, long s, MemorySegment dst, long d, long vectors) {
        for (long i = 0; i < vectors; i++) {
            FloatVector x = load(src, s + i * BYTES).add(3f);
            store(Lanes.clamp(x, all(0), all(6f)).mul(1f / 6), dst, d + i * BYTES);
        }
    }

    private static void hsigmoidBackward(
            MemorySegment dDst, long g, MemorySegment src, long s, MemorySegment dSrc, long d, long vectors) {
        FloatVector three = all(3f);
        for (long i = 0; i < vectors; i++) {
            FloatVector x = load(src, s + i * BYTES);
            VectorMask<Float> inside = three.neg().lt(x).and(x.lt(three));
            store(all(0).blend(load(dDst, g + i * BYTES).mul(1f / 6), inside), dSrc, d + i * BYTES);
        }
    }

    private static void gelu(MemorySegment src, long s, MemorySegment dst, long d, long vectors) {
        for (long i = 0; i < vectors; i++) {
            FloatVector x = load(src, s + i * BYTES);
            FloatVector z = Lanes.clamp(x.abs(), all(0), all(14f));
            FloatVector tail = VectorMath.exp(z.mul(z).mul(-0.5f)).mul(VectorMath.scaledTail(z));
            FloatVector cdf = tail.blend(all(1f).sub(tail), all(0).lt(x));
            store(cdf.mul(x), dst, d + i * BYTES);
        }
    }

    private static void geluBackward(
            MemorySegment dDst, long g, MemorySegment src, long s, MemorySegment dSrc, long d, long vectors) {
        for (long i = 0; i < vectors; i++) {
            FloatVector x = load(src, s + i * BYTES);
            FloatVector z = Lanes.clamp(x.abs(), all(0), all(14f));
            FloatVector bell = VectorMath.exp(z.mul(z).mul(-0.5f));
            FloatVector tail = bell.mul(VectorMath.scaledTail(z));
            FloatVector cdf = tail.blend(all(1f).sub(tail), all(0).lt(x));
            FloatVector slope = bell.mul(0.39894228f).fma(x, cdf);
            store(slope.mul(load(dDst, g + i * BYTES)), dSrc, d + i * BYTES);
        }
    }
}
