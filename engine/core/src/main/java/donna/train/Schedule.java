package donna.train;

import java.util.List;

/**
 * Learning rate over a run: linear warm-up over the first {@code warmup} share of the steps, then the decay.
 *
 * @param peak learning rate after the warm-up
 * @param warmup share of the steps, 0 to 1
 * @param decay what follows
 */
public record Schedule(double peak, double warmup, Decay decay) {
    /** What follows the warm-up; its argument is the share of the remaining steps that is done. */
    public sealed interface Decay {
        /** Factor on the peak. */
        double factor(double done);
    }

    /** The peak to the end. */
    public record Constant() implements Decay {
        @Override
        public double factor(double done) {
            return 1;
        }
    }

    /** To zero along half a cosine. */
    public record Cosine() implements Decay {
        @Override
        public double factor(double done) {
            return 0.5 * (1 + Math.cos(Math.PI * done));
        }
    }

    /** To zero along a line. */
    public record Linear() implements Decay {
        @Override
        public double factor(double done) {
            return 1 - done;
        }
    }

    /** Multiplied by {@code gamma} at each milestone. */
    public record Steps(List<Double> milestones, double gamma) implements Decay {
        public Steps {
            milestones = List.copyOf(milestones);
        }

        @Override
        public double factor(double done) {
            return Math.pow(gamma, milestones.stream().filter(m -> done >= m).count());
        }
    }

    /** The rate of step {@code step} (from 0) of {@code steps}. */
    public double at(int step, int steps) {
        int warm = warmup > 0 ? Math.max(1, (int) (warmup * steps)) : 0;
        if (step < warm) {
            return peak * (step + 1) / warm;
        }
        return peak * decay.factor((step - warm) / (double) Math.max(1, steps - warm));
    }
}
