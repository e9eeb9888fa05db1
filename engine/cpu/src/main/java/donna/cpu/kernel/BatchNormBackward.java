package donna.cpu.kernel;

import static donna.cpu.kernel.Lanes.BYTES;
import static donna.cpu.kernel.Lanes.L;
import static donna.cpu.kernel.Lanes.ORDER;
import static donna.cpu.kernel.Lanes.SPECIES;

import donna.tensor.Activation;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/**
 * {@link donna.graph.Op.BatchNormBackward} on blocked tensors {@code [N, C, H, W]}. Where there is no residual, give
 * {@link MemorySegment#NULL} for it and for dResidual. dSrc may be dDst but not src; dResidual may be dDst.
 *
 * <p>Two passes. The first sums {@code g = dDst * act'(y)} and {@code g * (src - mean)}; the second forms
 * {@code dSrc = a * g + b * (src - mean) + c} with {@code a = gamma * inverseStd}, {@code b = -a * inverseStd * dGamma
 * / M},
 * {@code c = -a * dBeta / M}. A derivative that is cheap is formed twice; otherwise the first pass leaves g in dSrc (or
 * in dResidual, which is g).
 */
public final class BatchNormBackward {
    /** Vectors summed in plain float where a pass takes a whole plane. */
    private static final int RUN = 256;

    private final int n;
    private final int c;
    private final int pixels;
    private final Activation act;
    private final boolean residual;
    private final Normalizer normalizer;
    private final Sums sum;
    private final Sums product;
    private final float[] fromSrc;
    private final float[] constant;

    public BatchNormBackward(int n, int c, int h, int w, Activation act, boolean residual) {
        this.n = n;
        this.c = c;
        this.pixels = h * w;
        this.act = act;
        this.residual = residual;
        normalizer = new Normalizer(c);
        fromSrc = Lanes.perChannel(c);
        constant = Lanes.perChannel(c);
        sum = new Sums(fromSrc.length);
        product = new Sums(fromSrc.length);
    }

    /** Scratch bytes of {@link #run}. */
    public static long scratchBytes() {
        return (long) Normalizer.CHUNK * BYTES;
    }

    /** Both passes. */
    public void run(
            MemorySegment dDst,
            MemorySegment src,
            MemorySegment gamma,
            MemorySegment beta,
            MemorySegment mean,
            MemorySegment inverseStd,
            MemorySegment residual,
            MemorySegment dSrc,
            MemorySegment dGamma,
            MemorySegment dBeta,
            MemorySegment dResidual,
            MemorySegment scratch) {
        MemorySegment g = keepsGradient() ? this.residual ? dResidual : dSrc : dDst;
        reduce(dDst, src, gamma, beta, mean, inverseStd, residual, g, dGamma, dBeta, scratch);
        apply(g, src, dSrc);
    }

    /** The first pass, which leaves g in {@code g}: dDst itself unless {@link #keepsGradient}. */
    public void reduce(
            MemorySegment dDst,
            MemorySegment src,
            MemorySegment gamma,
            MemorySegment beta,
            MemorySegment mean,
            MemorySegment inverseStd,
            MemorySegment residual,
            MemorySegment g,
            MemorySegment dGamma,
            MemorySegment dBeta,
            MemorySegment scratch) {
        begin(gamma, beta, mean, inverseStd);
        for (int i = 0; i < n; i++) {
            for (int b = 0; b < Lanes.blocks(c); b++) {
                reducePlane(i, b, dDst, src, residual, g, scratch);
            }
        }
        finish(inverseStd, dGamma, dBeta);
    }

    /**
     * The first pass where dDst is the gradient of what squeeze-and-excite reads, {@link ChannelGate#backwardSource}: it
     * is formed in {@code g}, a plane at a time. Without residual; g may be {@code dScaled}.
     */
    public void reduceGated(
            MemorySegment dScaled,
            ChannelGate gate,
            MemorySegment factor,
            MemorySegment dPooled,
            MemorySegment src,
            MemorySegment gamma,
            MemorySegment beta,
            MemorySegment mean,
            MemorySegment inverseStd,
            MemorySegment g,
            MemorySegment dGamma,
            MemorySegment dBeta,
            MemorySegment scratch) {
        begin(gamma, beta, mean, inverseStd);
        for (int i = 0; i < n; i++) {
            gate.beginBackwardSource(i, factor, dPooled);
            for (int b = 0; b < Lanes.blocks(c); b++) {
                gate.backwardSourcePlane(i, b, dScaled, g);
                reducePlane(i, b, g, src, MemorySegment.NULL, g, scratch);
            }
        }
        finish(inverseStd, dGamma, dBeta);
    }

    private void reducePlane(
            int i,
            int b,
            MemorySegment dDst,
            MemorySegment src,
            MemorySegment residual,
            MemorySegment g,
            MemorySegment scratch) {
        long at = ((long) i * Lanes.blocks(c) + b) * pixels * BYTES;
        for (int done = 0; done < pixels; done += Normalizer.CHUNK) {
            int vectors = Math.min(Normalizer.CHUNK, pixels - done);
            reduce(b, at + (long) done * BYTES, vectors, dDst, src, residual, g, scratch);
        }
    }

    /** Whether the first pass stores g, because the second would have to form it again at some cost. */
    public boolean keepsGradient() {
        return residual || !Activations.clamps(act);
    }

    void begin(MemorySegment gamma, MemorySegment beta, MemorySegment mean, MemorySegment inverseStd) {
        normalizer.set(gamma, beta, mean, inverseStd);
        sum.clear();
        product.clear();
    }

    Normalizer normalizer() {
        return normalizer;
    }

    /** After the first pass: what the second multiplies {@code src - mean} by, by channel. */
    float[] fromSrc() {
        return fromSrc;
    }

    /** After the first pass: what the second adds, by channel. */
    float[] constant() {
        return constant;
    }

    /** The second pass. */
    public void apply(MemorySegment g, MemorySegment src, MemorySegment dSrc) {
        for (int p = 0; p < n * Lanes.blocks(c); p++) {
            long at = (long) p * pixels * BYTES;
            apply(p % Lanes.blocks(c), g, src, at, dSrc, at);
        }
    }

    /** The second pass of the plane at byte {@code at}. */
    void apply(int block, MemorySegment g, MemorySegment src, long at, MemorySegment dSrc, long d) {
        if (act == Activation.NONE || keepsGradient()) {
            combine(block * L, g, src, at, dSrc, d);
        } else {
            clampedCombine(block * L, g, src, at, dSrc, d, Activations.low(act), Activations.high(act));
        }
    }

    /** The first pass of a plane whose g is {@code d * slope}: in place of d, which begins at byte {@code to}, src at {@code at}. */
    void reduceSloped(int block, MemorySegment d, long to, MemorySegment src, long at, MemorySegment slope) {
        for (int done = 0; done < pixels; done += RUN) {
            long shift = (long) done * BYTES;
            slopedSums(block * L, d, to + shift, src, at + shift, slope, shift, Math.min(RUN, pixels - done));
        }
    }

    /** The same where g is d between {@code low} and {@code high} of what src is normalised to, and 0 elsewhere. */
    void reduceClamped(int block, MemorySegment d, long to, MemorySegment src, long at, float low, float high) {
        for (int done = 0; done < pixels; done += RUN) {
            long shift = (long) done * BYTES;
            insideSums(block * L, d, to + shift, src, at + shift, Math.min(RUN, pixels - done), low, high);
        }
    }

    private void reduce(
            int block,
            long at,
            int vectors,
            MemorySegment dDst,
            MemorySegment src,
            MemorySegment added,
            MemorySegment g,
            MemorySegment scratch) {
        if (act == Activation.NONE) {
            sums(block * L, dDst, src, at, vectors);
            return;
        }
        if (!residual && Activations.clamps(act)) {
            clampedSums(block * L, dDst, src, at, vectors, Activations.low(act), Activations.high(act));
            return;
        }
        if (!residual && act == Activation.SWISH && normalizer.isModerate()) {
            SwishNormLoops.backward(normalizer, block * L, dDst, src, g, at, vectors, sum, product);
            return;
        }
        if (residual) {
            normalizer.plain(block * L, src, added, at, scratch, 0, vectors);
        } else {
            normalizer.plain(block * L, src, at, scratch, 0, vectors);
        }
        Activations.backward(act, dDst, at, scratch, 0, g, at, vectors);
        sums(block * L, g, src, at, vectors);
    }

    private void sums(int ch, MemorySegment g, MemorySegment src, long at, int vectors) {
        FloatVector m = FloatVector.fromArray(SPECIES, normalizer.mean, ch);
        FloatVector s = FloatVector.zero(SPECIES);
        FloatVector q = s;
        for (int i = 0; i < vectors; i++) {
            FloatVector d = FloatVector.fromMemorySegment(SPECIES, g, at + (long) i * BYTES, ORDER);
            s = s.add(d);
            q = FloatVector.fromMemorySegment(SPECIES, src, at + (long) i * BYTES, ORDER)
                    .sub(m)
                    .fma(d, q);
        }
        s.intoArray(sum.partial, 0);
        q.intoArray(product.partial, 0);
        sum.add(ch);
        product.add(ch);
    }

    private void clampedSums(int ch, MemorySegment g, MemorySegment src, long at, int vectors, float low, float high) {
        FloatVector m = FloatVector.fromArray(SPECIES, normalizer.mean, ch);
        FloatVector f = FloatVector.fromArray(SPECIES, normalizer.scale, ch);
        FloatVector o = FloatVector.fromArray(SPECIES, normalizer.offset, ch);
        FloatVector s = FloatVector.zero(SPECIES);
        FloatVector q = s;
        FloatVector zero = s;
        FloatVector lowest = FloatVector.broadcast(SPECIES, low);
        FloatVector highest = FloatVector.broadcast(SPECIES, high);
        for (int i = 0; i < vectors; i++) {
            FloatVector x = FloatVector.fromMemorySegment(SPECIES, src, at + (long) i * BYTES, ORDER)
                    .sub(m);
            FloatVector y = x.fma(f, o);
            VectorMask<Float> inside = lowest.lt(y).and(y.lt(highest));
            FloatVector d = zero.blend(FloatVector.fromMemorySegment(SPECIES, g, at + (long) i * BYTES, ORDER), inside);
            s = s.add(d);
            q = x.fma(d, q);
        }
        s.intoArray(sum.partial, 0);
        q.intoArray(product.partial, 0);
        sum.add(ch);
        product.add(ch);
    }

    private void insideSums(
            int ch, MemorySegment d, long to, MemorySegment src, long at, int vectors, float low, float high) {
        FloatVector m = FloatVector.fromArray(SPECIES, normalizer.mean, ch);
        FloatVector f = FloatVector.fromArray(SPECIES, normalizer.scale, ch);
        FloatVector o = FloatVector.fromArray(SPECIES, normalizer.offset, ch);
        FloatVector s = FloatVector.zero(SPECIES);
        FloatVector q = s;
        FloatVector zero = s;
        FloatVector lowest = FloatVector.broadcast(SPECIES, low);
        FloatVector highest = FloatVector.broadcast(SPECIES, high);
        for (int i = 0; i < vectors; i++) {
            long v = (long) i * BYTES;
            FloatVector x = FloatVector.fromMemorySegment(SPECIES, src, at + v, ORDER)
                    .sub(m);
            FloatVector y = x.fma(f, o);
            VectorMask<Float> inside = lowest.lt(y).and(y.lt(highest));
            FloatVector g = zero.blend(FloatVector.fromMemorySegment(SPECIES, d, to + v, ORDER), inside);
            g.intoMemorySegment(d, to + v, ORDER);
            s = s.add(g);
            q = x.fma(g, q);
        }
        s.intoArray(sum.partial, 0);
        q.intoArray(product.partial, 0);
        sum.add(ch);
        product.add(ch);
    }

    private void slopedSums(
            int ch, MemorySegment d, long to, MemorySegment src, long at, MemorySegment slope, long e, int vectors) {
        FloatVector m = FloatVector.fromArray(SPECIES, normalizer.mean, ch);
        FloatVector s0 = FloatVector.zero(SPECIES);
        FloatVector q0 = s0;
        FloatVector s1 = s0;
        FloatVector q1 = s0;
        int i = 0;
        for (; i < vectors - 1; i += 2) {
            long v = (long) i * BYTES;
            FloatVector g0 = FloatVector.fromMemorySegment(SPECIES, d, to + v, ORDER)
                    .mul(FloatVector.fromMemorySegment(SPECIES, slope, e + v, ORDER));
            FloatVector g1 = FloatVector.fromMemorySegment(SPECIES, d, to + v + BYTES, ORDER)
                    .mul(FloatVector.fromMemorySegment(SPECIES, slope, e + v + BYTES, ORDER));
            g0.intoMemorySegment(d, to + v, ORDER);
            g1.intoMemorySegment(d, to + v + BYTES, ORDER);
            s0 = s0.add(g0);
            s1 = s1.add(g1);
            q0 = FloatVector.fromMemorySegment(SPECIES, src, at + v, ORDER)
                    .sub(m)
                    .fma(g0, q0);
            q1 = FloatVector.fromMemorySegment(SPECIES, src, at + v + BYTES, ORDER)
                    .sub(m)
                    .fma(g1, q1);
        }
        if (i < vectors) {
            long v = (long) i * BYTES;
            FloatVector g0 = FloatVector.fromMemorySegment(SPECIES, d, to + v, ORDER)
                    .mul(FloatVector.fromMemorySegment(SPECIES, slope, e + v, ORDER));
            g0.intoMemorySegment(d, to + v, ORDER);
            s0 = s0.add(g0);
            q0 = FloatVector.fromMemorySegment(SPECIES, src, at + v, ORDER)
                    .sub(m)
                    .fma(g0, q0);
        }
        s0.add(s1).intoArray(sum.partial, 0);
        q0.add(q1).intoArray(product.partial, 0);
        sum.add(ch);
        product.add(ch);
    }

    void finish(MemorySegment inverseStd, MemorySegment dGamma, MemorySegment dBeta) {
        double count = (double) n * pixels;
        for (int i = 0; i < c; i++) {
            double inverse = Lanes.get(inverseStd, i);
            double db = sum.value(i);
            double dg = product.value(i) * inverse;
            Lanes.set(dBeta, i, (float) db);
            Lanes.set(dGamma, i, (float) dg);
            fromSrc[i] = (float) (-normalizer.scale[i] * inverse * dg / count);
            constant[i] = (float) (-normalizer.scale[i] * db / count);
        }
    }

    private void combine(int ch, MemorySegment g, MemorySegment src, long at, MemorySegment dSrc, long to) {
        FloatVector m = FloatVector.fromArray(SPECIES, normalizer.mean, ch);
        FloatVector a = FloatVector.fromArray(SPECIES, normalizer.scale, ch);
        FloatVector b = FloatVector.fromArray(SPECIES, fromSrc, ch);
        FloatVector k = FloatVector.fromArray(SPECIES, constant, ch);
        for (int i = 0; i < pixels; i++) {
            FloatVector x = FloatVector.fromMemorySegment(SPECIES, src, at + (long) i * BYTES, ORDER)
                    .sub(m);
            FloatVector.fromMemorySegment(SPECIES, g, at + (long) i * BYTES, ORDER)
                    .fma(a, x.fma(b, k))
                    .intoMemorySegment(dSrc, to + (long) i * BYTES, ORDER);
        }
    }

    private void clampedCombine(
            int ch, MemorySegment g, MemorySegment src, long at, MemorySegment dSrc, long to, float low, float high) {
        FloatVector m = FloatVector.fromArray(SPECIES, normalizer.mean, ch);
        FloatVector a = FloatVector.fromArray(SPECIES, normalizer.scale, ch);
        FloatVector o = FloatVector.fromArray(SPECIES, normalizer.offset, ch);
        FloatVector b = FloatVector.fromArray(SPECIES, fromSrc, ch);
        FloatVector k = FloatVector.fromArray(SPECIES, constant, ch);
        FloatVector zero = FloatVector.zero(SPECIES);
        FloatVector lowest = FloatVector.broadcast(SPECIES, low);
        FloatVector highest = FloatVector.broadcast(SPECIES, high);
        for (int i = 0; i < pixels; i++) {
            FloatVector x = FloatVector.fromMemorySegment(SPECIES, src, at + (long) i * BYTES, ORDER)
                    .sub(m);
            FloatVector y = x.fma(a, o);
            VectorMask<Float> inside = lowest.lt(y).and(y.lt(highest));
            FloatVector d = zero.blend(FloatVector.fromMemorySegment(SPECIES, g, at + (long) i * BYTES, ORDER), inside);
            d.fma(a, x.fma(b, k)).intoMemorySegment(dSrc, to + (long) i * BYTES, ORDER);
        }
    }
}
