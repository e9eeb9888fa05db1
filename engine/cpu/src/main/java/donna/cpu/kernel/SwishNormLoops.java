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
 * Batch norm and swish in one loop over the pixels of a channel block, the pair that most of a search's time would go to. A vector's chain of some
 * twenty-five operations is so long that a core holds too few of them at a time to be busy: several vectors advance step by step, side by side.
 */
final class SwishNormLoops {
    private static final int FORWARD = 4;
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

    /** {@code g = dDst * swish'((src - mean) * scale + offset)}; adds g and {@code g * (src - mean)} to the sums. g may be dDst. */
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
        for (int i = 0; i < vectors; i += FORWARD) {
            long at = (long) i * BYTES;
            FloatVector x0 =
                    FloatVector.fromMemorySegment(SPECIES, src, s + at, ORDER).sub(m);
            FloatVector x1 = FloatVector.fromMemorySegment(SPECIES, src, s + at + BYTES, ORDER)
                    .sub(m);
            FloatVector x2 = FloatVector.fromMemorySegment(SPECIES, src, s + at + 2L * BYTES, ORDER)
                    .sub(m);
            FloatVector x3 = FloatVector.fromMemorySegment(SPECIES, src, s + at + 3L * BYTES, ORDER)
                    .sub(m);
            x0 = x0.fma(f, o);
            x1 = x1.fma(f, o);
            x2 = x2.fma(f, o);
            x3 = x3.fma(f, o);
            FloatVector y0 = x0.neg();
            FloatVector y1 = x1.neg();
            FloatVector y2 = x2.neg();
            FloatVector y3 = x3.neg();
            y0 = y0.blend(LOWEST, y0.lt(LOWEST));
            y1 = y1.blend(LOWEST, y1.lt(LOWEST));
            y2 = y2.blend(LOWEST, y2.lt(LOWEST));
            y3 = y3.blend(LOWEST, y3.lt(LOWEST));
            y0 = y0.blend(HIGHEST, HIGHEST.lt(y0));
            y1 = y1.blend(HIGHEST, HIGHEST.lt(y1));
            y2 = y2.blend(HIGHEST, HIGHEST.lt(y2));
            y3 = y3.blend(HIGHEST, HIGHEST.lt(y3));
            FloatVector t0 = y0.fma(LOG2_E, ROUND);
            FloatVector t1 = y1.fma(LOG2_E, ROUND);
            FloatVector t2 = y2.fma(LOG2_E, ROUND);
            FloatVector t3 = y3.fma(LOG2_E, ROUND);
            FloatVector n0 = t0.sub(ROUND);
            FloatVector n1 = t1.sub(ROUND);
            FloatVector n2 = t2.sub(ROUND);
            FloatVector n3 = t3.sub(ROUND);
            FloatVector r0 = n0.fma(LN2_HIGH, y0);
            FloatVector r1 = n1.fma(LN2_HIGH, y1);
            FloatVector r2 = n2.fma(LN2_HIGH, y2);
            FloatVector r3 = n3.fma(LN2_HIGH, y3);
            r0 = n0.fma(LN2_LOW, r0);
            r1 = n1.fma(LN2_LOW, r1);
            r2 = n2.fma(LN2_LOW, r2);
            r3 = n3.fma(LN2_LOW, r3);
            FloatVector p0 = r0.fma(E6, E5);
            FloatVector p1 = r1.fma(E6, E5);
            FloatVector p2 = r2.fma(E6, E5);
            FloatVector p3 = r3.fma(E6, E5);
            p0 = p0.fma(r0, E4);
            p1 = p1.fma(r1, E4);
            p2 = p2.fma(r2, E4);
            p3 = p3.fma(r3, E4);
            p0 = p0.fma(r0, E3);
            p1 = p1.fma(r1, E3);
            p2 = p2.fma(r2, E3);
            p3 = p3.fma(r3, E3);
            p0 = p0.fma(r0, E2);
            p1 = p1.fma(r1, E2);
            p2 = p2.fma(r2, E2);
            p3 = p3.fma(r3, E2);
            p0 = p0.fma(r0, ONE);
            p1 = p1.fma(r1, ONE);
            p2 = p2.fma(r2, ONE);
            p3 = p3.fma(r3, ONE);
            p0 = p0.fma(r0, ONE);
            p1 = p1.fma(r1, ONE);
            p2 = p2.fma(r2, ONE);
            p3 = p3.fma(r3, ONE);
            FloatVector e0 = p0.reinterpretAsInts()
                    .add(t0.reinterpretAsInts().lanewise(LSHL, 23))
                    .reinterpretAsFloats();
            FloatVector e1 = p1.reinterpretAsInts()
                    .add(t1.reinterpretAsInts().lanewise(LSHL, 23))
                    .reinterpretAsFloats();
            FloatVector e2 = p2.reinterpretAsInts()
                    .add(t2.reinterpretAsInts().lanewise(LSHL, 23))
                    .reinterpretAsFloats();
            FloatVector e3 = p3.reinterpretAsInts()
                    .add(t3.reinterpretAsInts().lanewise(LSHL, 23))
                    .reinterpretAsFloats();
            e0 = x0.div(e0.add(ONE));
            e1 = x1.div(e1.add(ONE));
            e2 = x2.div(e2.add(ONE));
            e3 = x3.div(e3.add(ONE));
            e0.intoMemorySegment(dst, d + at, ORDER);
            e1.intoMemorySegment(dst, d + at + BYTES, ORDER);
            e2.intoMemorySegment(dst, d + at + 2L * BYTES, ORDER);
            e3.intoMemorySegment(dst, d + at + 3L * BYTES, ORDER);
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
            y0 = y0.blend(LOWEST, y0.lt(LOWEST));
            y1 = y1.blend(LOWEST, y1.lt(LOWEST));
            y0 = y0.blend(HIGHEST, HIGHEST.lt(y0));
            y1 = y1.blend(HIGHEST, HIGHEST.lt(y1));
            FloatVector t0 = y0.fma(LOG2_E, ROUND);
            FloatVector t1 = y1.fma(LOG2_E, ROUND);
            FloatVector n0 = t0.sub(ROUND);
            FloatVector n1 = t1.sub(ROUND);
            FloatVector r0 = n0.fma(LN2_HIGH, y0);
            FloatVector r1 = n1.fma(LN2_HIGH, y1);
            r0 = n0.fma(LN2_LOW, r0);
            r1 = n1.fma(LN2_LOW, r1);
            FloatVector p0 = r0.fma(E6, E5);
            FloatVector p1 = r1.fma(E6, E5);
            p0 = p0.fma(r0, E4);
            p1 = p1.fma(r1, E4);
            p0 = p0.fma(r0, E3);
            p1 = p1.fma(r1, E3);
            p0 = p0.fma(r0, E2);
            p1 = p1.fma(r1, E2);
            p0 = p0.fma(r0, ONE);
            p1 = p1.fma(r1, ONE);
            p0 = p0.fma(r0, ONE);
            p1 = p1.fma(r1, ONE);
            FloatVector e0 = p0.reinterpretAsInts()
                    .add(t0.reinterpretAsInts().lanewise(LSHL, 23))
                    .reinterpretAsFloats();
            FloatVector e1 = p1.reinterpretAsInts()
                    .add(t1.reinterpretAsInts().lanewise(LSHL, 23))
                    .reinterpretAsFloats();
            FloatVector sigmoid0 = ONE.div(e0.add(ONE));
            FloatVector sigmoid1 = ONE.div(e1.add(ONE));
            FloatVector slope0 = sigmoid0.mul(e0).mul(x0);
            FloatVector slope1 = sigmoid1.mul(e1).mul(x1);
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
        FloatVector s = FloatVector.zero(SPECIES);
        FloatVector q = s;
        for (int i = 0; i < vectors; i++) {
            long v = at + (long) i * BYTES;
            FloatVector z =
                    FloatVector.fromMemorySegment(SPECIES, src, v, ORDER).sub(m);
            FloatVector x = z.fma(f, o);
            FloatVector y = x.neg();
            y = y.blend(LOWEST, y.lt(LOWEST));
            y = y.blend(HIGHEST, HIGHEST.lt(y));
            FloatVector t = y.fma(LOG2_E, ROUND);
            FloatVector n = t.sub(ROUND);
            FloatVector r = n.fma(LN2_HIGH, y);
            r = n.fma(LN2_LOW, r);
            FloatVector p = r.fma(E6, E5);
            p = p.fma(r, E4);
            p = p.fma(r, E3);
            p = p.fma(r, E2);
            p = p.fma(r, ONE);
            p = p.fma(r, ONE);
            FloatVector e = p.reinterpretAsInts()
                    .add(t.reinterpretAsInts().lanewise(LSHL, 23))
                    .reinterpretAsFloats();
            FloatVector sigmoid = ONE.div(e.add(ONE));
            FloatVector slope = sigmoid.mul(e).mul(x);
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
