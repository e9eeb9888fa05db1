package donna.cpu.kernel;

import static donna.cpu.kernel.Lanes.BYTES;
import static donna.cpu.kernel.Lanes.L;
import static donna.cpu.kernel.Lanes.ORDER;
import static donna.cpu.kernel.Lanes.SPECIES;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/** Optimizer steps in place on flat ranges of {@code count} elements, as PyTorch defines them, with {@code factor} times the gradient. */
public final class Updates {
    private Updates() {}

    /** {@link donna.graph.Op.SgdUpdate}. */
    public static void sgd(
            MemorySegment parameter,
            MemorySegment gradient,
            MemorySegment velocity,
            float learningRate,
            float factor,
            float momentum,
            boolean nesterov,
            float weightDecay,
            long count) {
        // Nesterov's step g + momentum * v, or v itself.
        float fromGradient = nesterov ? 1 : 0;
        float fromVelocity = nesterov ? momentum : 1;
        long vectors = count / L;
        for (long i = 0; i < vectors; i++) {
            long at = i * BYTES;
            FloatVector p = FloatVector.fromMemorySegment(SPECIES, parameter, at, ORDER);
            FloatVector g = p.fma(
                    FloatVector.broadcast(SPECIES, weightDecay),
                    FloatVector.fromMemorySegment(SPECIES, gradient, at, ORDER).mul(factor));
            FloatVector v = FloatVector.fromMemorySegment(SPECIES, velocity, at, ORDER)
                    .fma(FloatVector.broadcast(SPECIES, momentum), g);
            v.intoMemorySegment(velocity, at, ORDER);
            FloatVector step = g.mul(fromGradient).add(v.mul(fromVelocity));
            step.fma(FloatVector.broadcast(SPECIES, -learningRate), p).intoMemorySegment(parameter, at, ORDER);
        }
        for (long i = vectors * L; i < count; i++) {
            float p = Lanes.get(parameter, i);
            float g = factor * Lanes.get(gradient, i) + weightDecay * p;
            float v = momentum * Lanes.get(velocity, i) + g;
            Lanes.set(velocity, i, v);
            Lanes.set(parameter, i, p - learningRate * (fromGradient * g + fromVelocity * v));
        }
    }

    /** {@link donna.graph.Op.AdamWUpdate}; {@code step} counts from 1. */
    public static void adamW(
            MemorySegment parameter,
            MemorySegment gradient,
            MemorySegment m,
            MemorySegment v,
            float learningRate,
            double step,
            float factor,
            float beta1,
            float beta2,
            float eps,
            float weightDecay,
            long count) {
        float decay = 1 - learningRate * weightDecay;
        float rate = (float) (-learningRate / (1 - Math.pow(beta1, step)));
        float root = (float) (1 / Math.sqrt(1 - Math.pow(beta2, step)));
        long vectors = count / L;
        for (long i = 0; i < vectors; i++) {
            long at = i * BYTES;
            FloatVector g = FloatVector.fromMemorySegment(SPECIES, gradient, at, ORDER).mul(factor);
            FloatVector first = FloatVector.fromMemorySegment(SPECIES, m, at, ORDER)
                    .mul(beta1)
                    .add(g.mul(1 - beta1));
            FloatVector second = FloatVector.fromMemorySegment(SPECIES, v, at, ORDER)
                    .mul(beta2)
                    .add(g.mul(g).mul(1 - beta2));
            first.intoMemorySegment(m, at, ORDER);
            second.intoMemorySegment(v, at, ORDER);
            FloatVector step1 = first.div(
                    second.sqrt().fma(FloatVector.broadcast(SPECIES, root), FloatVector.broadcast(SPECIES, eps)));
            step1.fma(
                            FloatVector.broadcast(SPECIES, rate),
                            FloatVector.fromMemorySegment(SPECIES, parameter, at, ORDER)
                                    .mul(decay))
                    .intoMemorySegment(parameter, at, ORDER);
        }
        for (long i = vectors * L; i < count; i++) {
            float g = factor * Lanes.get(gradient, i);
            float first = beta1 * Lanes.get(m, i) + (1 - beta1) * g;
            float second = beta2 * Lanes.get(v, i) + (1 - beta2) * g * g;
            Lanes.set(m, i, first);
            Lanes.set(v, i, second);
            float step1 = first / ((float) Math.sqrt(second) * root + eps);
            Lanes.set(parameter, i, decay * Lanes.get(parameter, i) + rate * step1);
        }
    }

    /** {@link donna.graph.Op.EmaUpdate}. */
    public static void ema(MemorySegment average, MemorySegment parameter, float decay, long count) {
        float rate = 1 - decay;
        long vectors = count / L;
        for (long i = 0; i < vectors; i++) {
            FloatVector a = FloatVector.fromMemorySegment(SPECIES, average, i * BYTES, ORDER);
            FloatVector.fromMemorySegment(SPECIES, parameter, i * BYTES, ORDER)
                    .sub(a)
                    .fma(FloatVector.broadcast(SPECIES, rate), a)
                    .intoMemorySegment(average, i * BYTES, ORDER);
        }
        for (long i = vectors * L; i < count; i++) {
            float a = Lanes.get(average, i);
            Lanes.set(average, i, a + rate * (Lanes.get(parameter, i) - a));
        }
    }
}
