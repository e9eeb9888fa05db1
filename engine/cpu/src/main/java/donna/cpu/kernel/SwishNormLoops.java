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

/** Batch norm and swish in one loop over the pixels of a channel block: the pair that most of a search's time would go to. */
final class SwishNormLoops {
    private SwishNormLoops() {}

    /** {@code dst = swish((src - mean) * scale + offset)}. */
    static void forward(Normalizer of, int c, MemorySegment src, long s, MemorySegment dst, long d, int vectors) {
        FloatVector m = FloatVector.fromArray(SPECIES, of.mean, c);
        FloatVector f = FloatVector.fromArray(SPECIES, of.scale, c);
        FloatVector o = FloatVector.fromArray(SPECIES, of.offset, c);
        for (int i = 0; i < vectors; i++) {
            long at = (long) i * BYTES;
            FloatVector x = FloatVector.fromMemorySegment(SPECIES, src, s + at, ORDER).sub(m).fma(f, o);
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
            x.div(e.add(ONE)).intoMemorySegment(dst, d + at, ORDER);
        }
    }

    /**
     * {@code g = dDst * swish'((src - mean) * scale + offset)}, its sum and that of {@code g * (src - mean)} into the partial sums. g may be dDst.
     */
    static void backward(
            Normalizer of,
            int c,
            MemorySegment dDst,
            MemorySegment src,
            MemorySegment g,
            long at,
            int vectors,
            Sums sum,
            Sums product) {
        FloatVector m = FloatVector.fromArray(SPECIES, of.mean, c);
        FloatVector f = FloatVector.fromArray(SPECIES, of.scale, c);
        FloatVector o = FloatVector.fromArray(SPECIES, of.offset, c);
        FloatVector s = FloatVector.zero(SPECIES);
        FloatVector q = s;
        for (int i = 0; i < vectors; i++) {
            long v = at + (long) i * BYTES;
            FloatVector z = FloatVector.fromMemorySegment(SPECIES, src, v, ORDER).sub(m);
            FloatVector x = z.fma(f, o);
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
            FloatVector d = FloatVector.fromMemorySegment(SPECIES, dDst, v, ORDER).mul(slope);
            d.intoMemorySegment(g, v, ORDER);
            s = s.add(d);
            q = z.fma(d, q);
        }
        s.intoArray(sum.partial, 0);
        q.intoArray(product.partial, 0);
    }
}
