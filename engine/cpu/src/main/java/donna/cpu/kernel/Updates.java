package donna.cpu.kernel;

import static donna.cpu.kernel.Lanes.BYTES;
import static donna.cpu.kernel.Lanes.L;
import static donna.cpu.kernel.Lanes.all;
import static donna.cpu.kernel.Lanes.load;
import static donna.cpu.kernel.Lanes.store;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/** Optimizer steps in place on flat ranges of {@code count} elements, as PyTorch defines them. */
public final class Updates {
    private Updates() {}

    /** {@link donna.graph.Op.SgdUpdate}. */
    public static void sgd(
            MemorySegment parameter,
            MemorySegment gradient,
            MemorySegment velocity,
            float learningRate,
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
            FloatVector p = load(parameter, at);
            FloatVector g = p.fma(all(weightDecay), load(gradient, at));
            FloatVector v = load(velocity, at).fma(all(momentum), g);
            store(v, velocity, at);
            FloatVector step = g.mul(fromGradient).add(v.mul(fromVelocity));
            store(step.fma(all(-learningRate), p), parameter, at);
        }
        for (long i = vectors * L; i < count; i++) {
            float p = Lanes.get(parameter, i);
            float g = Lanes.get(gradient, i) + weightDecay * p;
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
            FloatVector g = load(gradient, at);
            FloatVector first = load(m, at).mul(beta1).add(g.mul(1 - beta1));
            FloatVector second = load(v, at).mul(beta2).add(g.mul(g).mul(1 - beta2));
            store(first, m, at);
            store(second, v, at);
            FloatVector step1 = first.div(second.sqrt().fma(all(root), all(eps)));
            store(step1.fma(all(rate), load(parameter, at).mul(decay)), parameter, at);
        }
        for (long i = vectors * L; i < count; i++) {
            float g = Lanes.get(gradient, i);
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
            FloatVector a = load(average, i * BYTES);
            store(load(parameter, i * BYTES).sub(a).fma(all(rate), a), average, i * BYTES);
        }
        for (long i = vectors * L; i < count; i++) {
            float a = Lanes.get(average, i);
            Lanes.set(average, i, a + rate * (Lanes.get(parameter, i) - a));
        }
    }
}
