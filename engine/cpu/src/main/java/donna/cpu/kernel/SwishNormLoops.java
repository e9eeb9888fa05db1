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

/**
 * Batch norm and swish in one loop over the pixels of a channel block, the pair that most of a search's time would go
 * to. A vector's chain of some twenty-five operations is so long that a core cannot hold enough of them to be busy: two
 * vectors advance step by step, side by side.
 */
final class SwishNormLoops {
    private static final int FORWARD = 2;
    private static final int BACKWARD = 2;

    private SwishNormLoops() {}

    /** {@code dst = swish((src - mean) * scale + offset)}. */
    static void forward(Normalizer of, int c, MemorySegment src, long s, MemorySegment dst, long d, int vectors) {
        int groups = vectors / FORWARD * FORWARD;
        forwardGroups(of, c, src, s, dst, d, groups);
        if (groups < vectors) {
            long at = (long) groups * BYTES;
            of.plain(c, src, s + at, dst, d + at, vectors - groups);
            SigmoidLoops.swish(dst, d + at, dst, d + at, vectors - groups);
        }
    }

    /**
     * {@code g = dDst * swish'((src - mean) * scale + offset)}; adds g and {@code g * (src - mean)} to the sums. g may
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
        int groups = vectors / BACKWARD * BACKWARD;
        if (groups > 0) {
            backwardGroups(of, c, dDst, src, g, at, groups, sum, product);
            sum.add(c);
            product.add(c);
        }
        if (groups < vectors) {
            backwardSingly(of, c, dDst, src, g, at + (long) groups * BYTES, vectors - groups, sum, product);
            sum.add(c);
            product.add(c);
        }
    }

    private static void forwardGroups(
            Normalizer of, int c, MemorySegment src, long s, MemorySegment dst, long d, int vectors) {
        FloatVector m = FloatVector.fromArray(SPECIES, of.mean, c);
        FloatVector f = FloatVector.fromArray(SPECIES, of.scale, c);
        FloatVector o = FloatVector.fromArray(SPECIES, of.offset, c);
        FloatVector lowest = FloatVector.broadcast(SPECIES, LOWEST);
        FloatVector highest = FloatVector.broadcast(SPECIES, HIGHEST);
        FloatVector log2E = FloatVector.broadcast(SPECIES, LOG2_E);
        FloatVector round = FloatVector.broadcast(SPECIES, ROUND);
        FloatVector ln2Low = FloatVector.broadcast(SPECIES, LN2_LOW);
        FloatVector ln2High = FloatVector.broadcast(SPECIES, LN2_HIGH);
        FloatVector e6 = FloatVector.broadcast(SPECIES, E6);
        FloatVector e5 = FloatVector.broadcast(SPECIES, E5);
        FloatVector e4 = FloatVector.broadcast(SPECIES, E4);
        FloatVector e3 = FloatVector.broadcast(SPECIES, E3);
        FloatVector e2 = FloatVector.broadcast(SPECIES, E2);
        FloatVector one = FloatVector.broadcast(SPECIES, ONE);
        for (int i = 0; i < vectors; i += FORWARD) {
            long at = (long) i * BYTES;
            FloatVector x0 =
                    FloatVector.fromMemorySegment(SPECIES, src, s + at, ORDER).sub(m);
            FloatVector x1 = FloatVector.fromMemorySegment(SPECIES, src, s + at + BYTES, ORDER)
                    .sub(m);
            x0 = x0.fma(f, o);
            x1 = x1.fma(f, o);
            FloatVector y0 = x0.neg();
            FloatVector y1 = x1.neg();
            y0 = y0.blend(lowest, y0.lt(lowest));
            y1 = y1.blend(lowest, y1.lt(lowest));
            y0 = y0.blend(highest, highest.lt(y0));
            y1 = y1.blend(highest, highest.lt(y1));
            FloatVector t0 = y0.fma(log2E, round);
            FloatVector t1 = y1.fma(log2E, round);
            FloatVector n0 = t0.sub(round);
            FloatVector n1 = t1.sub(round);
            FloatVector r0 = n0.fma(ln2High, y0);
            FloatVector r1 = n1.fma(ln2High, y1);
            r0 = n0.fma(ln2Low, r0);
            r1 = n1.fma(ln2Low, r1);
            FloatVector p0 = r0.fma(e6, e5);
            FloatVector p1 = r1.fma(e6, e5);
            p0 = p0.fma(r0, e4);
            p1 = p1.fma(r1, e4);
            p0 = p0.fma(r0, e3);
            p1 = p1.fma(r1, e3);
            p0 = p0.fma(r0, e2);
            p1 = p1.fma(r1, e2);
            p0 = p0.fma(r0, one);
            p1 = p1.fma(r1, one);
            p0 = p0.fma(r0, one);
            p1 = p1.fma(r1, one);
            FloatVector w0 = p0.reinterpretAsInts()
                    .add(t0.reinterpretAsInts().lanewise(LSHL, 23))
                    .reinterpretAsFloats();
            FloatVector w1 = p1.reinterpretAsInts()
                    .add(t1.reinterpretAsInts().lanewise(LSHL, 23))
                    .reinterpretAsFloats();
            w0 = x0.div(w0.add(one));
            w1 = x1.div(w1.add(one));
            w0.intoMemorySegment(dst, d + at, ORDER);
            w1.intoMemorySegment(dst, d + at + BYTES, ORDER);
        }
    }

    private static void backwardGroups(
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
        FloatVector lowest = FloatVector.broadcast(SPECIES, LOWEST);
        FloatVector highest = FloatVector.broadcast(SPECIES, HIGHEST);
        FloatVector log2E = FloatVector.broadcast(SPECIES, LOG2_E);
        FloatVector round = FloatVector.broadcast(SPECIES, ROUND);
        FloatVector ln2Low = FloatVector.broadcast(SPECIES, LN2_LOW);
        FloatVector ln2High = FloatVector.broadcast(SPECIES, LN2_HIGH);
        FloatVector e6 = FloatVector.broadcast(SPECIES, E6);
        FloatVector e5 = FloatVector.broadcast(SPECIES, E5);
        FloatVector e4 = FloatVector.broadcast(SPECIES, E4);
        FloatVector e3 = FloatVector.broadcast(SPECIES, E3);
        FloatVector e2 = FloatVector.broadcast(SPECIES, E2);
        FloatVector one = FloatVector.broadcast(SPECIES, ONE);
        FloatVector s0 = FloatVector.zero(SPECIES);
        FloatVector q0 = s0;
        FloatVector s1 = s0;
        FloatVector q1 = s0;
        for (int i = 0; i < vectors; i += BACKWARD) {
            long v = at + (long) i * BYTES;
            FloatVector z0 =
                    FloatVector.fromMemorySegment(SPECIES, src, v, ORDER).sub(m);
            FloatVector z1 = FloatVector.fromMemorySegment(SPECIES, src, v + BYTES, ORDER)
                    .sub(m);
            FloatVector x0 = z0.fma(f, o);
            FloatVector x1 = z1.fma(f, o);
            FloatVector y0 = x0.neg();
            FloatVector y1 = x1.neg();
            y0 = y0.blend(lowest, y0.lt(lowest));
            y1 = y1.blend(lowest, y1.lt(lowest));
            y0 = y0.blend(highest, highest.lt(y0));
            y1 = y1.blend(highest, highest.lt(y1));
            FloatVector t0 = y0.fma(log2E, round);
            FloatVector t1 = y1.fma(log2E, round);
            FloatVector n0 = t0.sub(round);
            FloatVector n1 = t1.sub(round);
            FloatVector r0 = n0.fma(ln2High, y0);
            FloatVector r1 = n1.fma(ln2High, y1);
            r0 = n0.fma(ln2Low, r0);
            r1 = n1.fma(ln2Low, r1);
            FloatVector p0 = r0.fma(e6, e5);
            FloatVector p1 = r1.fma(e6, e5);
            p0 = p0.fma(r0, e4);
            p1 = p1.fma(r1, e4);
            p0 = p0.fma(r0, e3);
            p1 = p1.fma(r1, e3);
            p0 = p0.fma(r0, e2);
            p1 = p1.fma(r1, e2);
            p0 = p0.fma(r0, one);
            p1 = p1.fma(r1, one);
            p0 = p0.fma(r0, one);
            p1 = p1.fma(r1, one);
            FloatVector w0 = p0.reinterpretAsInts()
                    .add(t0.reinterpretAsInts().lanewise(LSHL, 23))
                    .reinterpretAsFloats();
            FloatVector w1 = p1.reinterpretAsInts()
                    .add(t1.reinterpretAsInts().lanewise(LSHL, 23))
                    .reinterpretAsFloats();
            FloatVector sigmoid0 = one.div(w0.add(one));
            FloatVector sigmoid1 = one.div(w1.add(one));
            FloatVector slope0 = sigmoid0.mul(w0).mul(x0);
            FloatVector slope1 = sigmoid1.mul(w1).mul(x1);
            slope0 = slope0.fma(sigmoid0, sigmoid0);
            slope1 = slope1.fma(sigmoid1, sigmoid1);
            FloatVector d0 =
                    FloatVector.fromMemorySegment(SPECIES, dDst, v, ORDER).mul(slope0);
            FloatVector d1 = FloatVector.fromMemorySegment(SPECIES, dDst, v + BYTES, ORDER)
                    .mul(slope1);
            d0.intoMemorySegment(g, v, ORDER);
            d1.intoMemorySegment(g, v + BYTES, ORDER);
            s0 = s0.add(d0);
            s1 = s1.add(d1);
            q0 = z0.fma(d0, q0);
            q1 = z1.fma(d1, q1);
        }
        s0.add(s1).intoArray(sum.partial, 0);
        q0.add(q1).intoArray(product.partial, 0);
    }

    private static void backwardSingly(
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
        FloatVector lowest = FloatVector.broadcast(SPECIES, LOWEST);
        FloatVector highest = FloatVector.broadcast(SPECIES, HIGHEST);
        FloatVector log2E = FloatVector.broadcast(SPECIES, LOG2_E);
        FloatVector round = FloatVector.broadcast(SPECIES, ROUND);
        FloatVector ln2Low = FloatVector.broadcast(SPECIES, LN2_LOW);
        FloatVector ln2High = FloatVector.broadcast(SPECIES, LN2_HIGH);
        FloatVector e6 = FloatVector.broadcast(SPECIES, E6);
        FloatVector e5 = FloatVector.broadcast(SPECIES, E5);
        FloatVector e4 = FloatVector.broadcast(SPECIES, E4);
        FloatVector e3 = FloatVector.broadcast(SPECIES, E3);
        FloatVector e2 = FloatVector.broadcast(SPECIES, E2);
        FloatVector one = FloatVector.broadcast(SPECIES, ONE);
        FloatVector s = FloatVector.zero(SPECIES);
        FloatVector q = s;
        for (int i = 0; i < vectors; i++) {
            long v = at + (long) i * BYTES;
            FloatVector z =
                    FloatVector.fromMemorySegment(SPECIES, src, v, ORDER).sub(m);
            FloatVector x = z.fma(f, o);
            FloatVector y = x.neg();
            y = y.blend(lowest, y.lt(lowest));
            y = y.blend(highest, highest.lt(y));
            FloatVector t = y.fma(log2E, round);
            FloatVector n = t.sub(round);
            FloatVector r = n.fma(ln2High, y);
            r = n.fma(ln2Low, r);
            FloatVector p = r.fma(e6, e5);
            p = p.fma(r, e4);
            p = p.fma(r, e3);
            p = p.fma(r, e2);
            p = p.fma(r, one);
            p = p.fma(r, one);
            FloatVector w = p.reinterpretAsInts()
                    .add(t.reinterpretAsInts().lanewise(LSHL, 23))
                    .reinterpretAsFloats();
            FloatVector sigmoid = one.div(w.add(one));
            FloatVector slope = sigmoid.mul(w).mul(x);
            slope = slope.fma(sigmoid, sigmoid);
            FloatVector d =
                    FloatVector.fromMemorySegment(SPECIES, dDst, v, ORDER).mul(slope);
            d.intoMemorySegment(g, v, ORDER);
            s = s.add(d);
            q = z.fma(d, q);
        }
        s.intoArray(sum.partial, 0);
        q.intoArray(product.partial, 0);
    }
}
