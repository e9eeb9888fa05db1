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
import static donna.cpu.kernel.Lanes.ORDER;
import static donna.cpu.kernel.Lanes.SPECIES;
import static jdk.incubator.vector.VectorOperators.LSHL;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * Batch norm and swish in one loop over the pixels of a channel block, the pair that most of a search's time would go
 * to.
 */
final class SwishNormLoops {
    private SwishNormLoops() {}

    /** {@code dst = swish((src - mean) * scale + offset)}, where that argument is at most 5e12 in size; of an infinite one it makes NaN. */
    static void forward(Normalizer of, int c, MemorySegment src, long s, MemorySegment dst, long d, int vectors) {
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
            long at = d + (long) i * BYTES;
            FloatVector x = FloatVector.fromMemorySegment(SPECIES, src, s + (long) i * BYTES, ORDER)
                    .sub(m)
                    .fma(f, o);
            FloatVector t = x.fma(minusLog2E, round);
            FloatVector r = x.fma(log2E, t.sub(round));
            FloatVector p = r.fma(e6, e5).fma(r, e4).fma(r, e3).fma(r, e2).fma(r, e1).fma(r, one);
            t.intoMemorySegment(dst, at, ORDER);
            IntVector.fromMemorySegment(INTS, dst, at, ORDER)
                    .max(LEAST)
                    .min(MOST)
                    .lanewise(LSHL, 23)
                    .add(BIAS)
                    .intoMemorySegment(dst, at, ORDER);
            FloatVector e = FloatVector.fromMemorySegment(SPECIES, dst, at, ORDER);
            x.div(e.fma(p, one)).intoMemorySegment(dst, at, ORDER);
        }
    }

    /**
     * {@code g = dDst * swish'((src - mean) * scale + offset)} where the normalizer is moderate; adds g and {@code g * (src - mean)} to the sums. g may
     * be dDst.
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
        FloatVector s = FloatVector.zero(SPECIES);
        FloatVector q = s;
        for (int i = 0; i < vectors; i++) {
            long v = at + (long) i * BYTES;
            FloatVector d = FloatVector.fromMemorySegment(SPECIES, dDst, v, ORDER);
            FloatVector z =
                    FloatVector.fromMemorySegment(SPECIES, src, v, ORDER).sub(m);
            FloatVector x = z.fma(f, o);
            FloatVector t = x.fma(minusLog2E, round);
            FloatVector r = x.fma(log2E, t.sub(round));
            FloatVector p = r.fma(e6, e5).fma(r, e4).fma(r, e3).fma(r, e2).fma(r, e1).fma(r, one);
            t.intoMemorySegment(g, v, ORDER);
            IntVector.fromMemorySegment(INTS, g, v, ORDER)
                    .max(LEAST)
                    .min(MOST)
                    .lanewise(LSHL, 23)
                    .add(BIAS)
                    .intoMemorySegment(g, v, ORDER);
            FloatVector e = FloatVector.fromMemorySegment(SPECIES, g, v, ORDER).mul(p);
            FloatVector sigmoid = one.div(e.add(one));
            FloatVector slope = sigmoid.mul(e).mul(x).fma(sigmoid, sigmoid);
            FloatVector dx = d.mul(slope);
            dx.intoMemorySegment(g, v, ORDER);
            s = s.add(dx);
            q = z.fma(dx, q);
        }
        s.intoArray(sum.partial, 0);
        q.intoArray(product.partial, 0);
        sum.add(c);
        product.add(c);
    }
}
