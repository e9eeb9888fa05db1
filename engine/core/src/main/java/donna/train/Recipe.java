package donna.train;

/**
 * How a network is trained, apart from data and loss.
 *
 * @param clipNorm largest norm of all gradients together; 0 is no clipping
 * @param emaDecay decay of the moving average of the weights; 0 keeps none
 */
public record Recipe(Optimizer optimizer, Schedule schedule, float clipNorm, float emaDecay) {
    public static Recipe of(Optimizer optimizer, Schedule schedule) {
        return new Recipe(optimizer, schedule, 0, 0);
    }

    /** Name of the average of a parameter. */
    static String average(String parameter) {
        return "ema." + parameter;
    }
}
