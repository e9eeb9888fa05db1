package donna.train;

/**
 * Learning rate over a run: linear warm-up over the first {@code warmup} share of the steps, then the decay.
 *
 * @param peak learning rate after the warm-up
 * @param warmup share of the steps, 0 to 1
 * @param decay what follows
 */
public record Schedule(double peak, double warmup, Decay decay) {
    /** What follows the warm-up; {@code t} is the share of the remaining steps that is done. */
    public enum Decay {
        CONSTANT,
        /** To zero along half a cosine. */
        COSINE,
        /** To zero along a line. */
        LINEAR,
        /** A tenth after one half, a hundredth after three quarters. */
        STEP
    }

    /** The rate of step {@code step} (from 0) of {@code steps}. */
    public double at(int step, int steps) {
        int warm = Math.max(1, (int) (warmup * steps));
        if (warmup > 0 && step < warm) {
            return peak * (step + 1) / warm;
        }
        int start = warmup > 0 ? warm : 0;
        double t = (step - start) / (double) Math.max(1, steps - start);
        return peak * switch (decay) {
            case CONSTANT -> 1;
            case COSINE -> 0.5 * (1 + Math.cos(Math.PI * t));
            case LINEAR -> 1 - t;
            case STEP -> t < 0.5 ? 1 : t < 0.75 ? 0.1 : 0.01;
        };
    }
}
