package donna.cpu.kernel;

import static donna.cpu.kernel.Lanes.get;
import static donna.cpu.kernel.Lanes.set;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Softmax and the losses on plain {@code [N, K]}: small, in double precision. Loss functions write the loss {@code [1]}
 * and its gradient for an upstream gradient of one; the gradient may replace the logits.
 */
public final class RowLosses {
    private RowLosses() {}

    /** Softmax of each row; dst may be src. */
    public static void softmax(MemorySegment src, MemorySegment dst, int n, int k) {
        for (long i = 0; i < n; i++) {
            double max = max(src, i * k, k);
            double sum = expSum(src, i * k, k, max, 1);
            for (long j = i * k; j < (i + 1) * k; j++) {
                set(dst, j, (float) (Math.exp(get(src, j) - max) / sum));
            }
        }
    }

    /** {@code dSrc = dst * (dDst - sum(dDst * dst))} in each row; dSrc may be dDst or dst. */
    public static void softmaxBackward(MemorySegment dDst, MemorySegment dst, MemorySegment dSrc, int n, int k) {
        for (long i = 0; i < n; i++) {
            double dot = 0;
            for (long j = i * k; j < (i + 1) * k; j++) {
                dot += (double) get(dDst, j) * get(dst, j);
            }
            for (long j = i * k; j < (i + 1) * k; j++) {
                set(dSrc, j, (float) (get(dst, j) * (get(dDst, j) - dot)));
            }
        }
    }

    /** {@link donna.graph.Op.CrossEntropy}; labels are {@code I32 [N]} in {@code [0, K)}. */
    public static void crossEntropy(
            MemorySegment logits,
            MemorySegment labels,
            float smoothing,
            MemorySegment loss,
            MemorySegment dLogits,
            int n,
            int k) {
        double total = 0;
        for (long i = 0; i < n; i++) {
            int label = labels.getAtIndex(ValueLayout.JAVA_INT, i);
            double max = max(logits, i * k, k);
            double sum = expSum(logits, i * k, k, max, 1);
            double logSum = Math.log(sum) + max;
            for (int j = 0; j < k; j++) {
                double z = get(logits, i * k + j);
                double target = (j == label ? 1 - smoothing : 0) + (double) smoothing / k;
                total += target * (logSum - z);
                set(dLogits, i * k + j, (float) ((Math.exp(z - max) / sum - target) / n));
            }
        }
        set(loss, 0, (float) (total / n));
    }

    /** {@link donna.graph.Op.DistillationLoss}. */
    public static void distillation(
            MemorySegment logits,
            MemorySegment target,
            float temperature,
            MemorySegment loss,
            MemorySegment dLogits,
            int n,
            int k) {
        double inverse = 1.0 / temperature;
        double total = 0;
        for (long i = 0; i < n; i++) {
            double maxS = max(logits, i * k, k);
            double maxT = max(target, i * k, k);
            double sumS = expSum(logits, i * k, k, maxS, inverse);
            double sumT = expSum(target, i * k, k, maxT, inverse);
            for (long j = i * k; j < (i + 1) * k; j++) {
                double logS = (get(logits, j) - maxS) * inverse - Math.log(sumS);
                double logT = (get(target, j) - maxT) * inverse - Math.log(sumT);
                double t = Math.exp(logT);
                total += t * (logT - logS);
                set(dLogits, j, (float) (temperature * (Math.exp(logS) - t) / n));
            }
        }
        set(loss, 0, (float) (total * temperature * temperature / n));
    }

    /**
     * {@link donna.graph.Op.MeanSquaredError} of {@code count} elements; a blocked tensor has {@code stored} elements,
     * of which {@code count} are real.
     */
    public static void meanSquaredError(
            MemorySegment src, MemorySegment target, MemorySegment loss, MemorySegment dSrc, long stored, long count) {
        double total = 0;
        for (long i = 0; i < stored; i++) {
            double e = (double) get(src, i) - get(target, i);
            total += e * e;
            set(dSrc, i, (float) (2 * e / count));
        }
        set(loss, 0, (float) (total / count));
    }

    private static double max(MemorySegment row, long from, int k) {
        double max = Double.NEGATIVE_INFINITY;
        for (long j = from; j < from + k; j++) {
            max = Math.max(max, get(row, j));
        }
        return max;
    }

    private static double expSum(MemorySegment row, long from, int k, double max, double factor) {
        double sum = 0;
        for (long j = from; j < from + k; j++) {
            sum += Math.exp((get(row, j) - max) * factor);
        }
        return sum;
    }
}
