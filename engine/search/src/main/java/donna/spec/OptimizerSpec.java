package donna.spec;

import java.util.List;

/**
 * How weights follow gradients.
 *
 * @param name the rule
 * @param wd weight decay, on convolution and linear weights only
 * @param warmup share of the steps over which the learning rate rises linearly
 * @param schedule what the learning rate does after the warm-up
 * @param milestones shares of the steps at which a step schedule multiplies the rate by {@code gamma}
 * @param gamma factor of a step schedule
 * @param betas decay of AdamW's two moments
 * @param eps AdamW's denominator floor
 * @param momentum of SGD
 * @param nesterov whether SGD looks ahead
 * @param clip largest norm of all gradients together; 0: no clipping
 * @param ema decay of the exponential moving average of the weights that is evaluated and kept; 0: none
 */
public record OptimizerSpec(
        Rule name,
        double wd,
        double warmup,
        Schedule schedule,
        List<Double> milestones,
        double gamma,
        List<Double> betas,
        double eps,
        double momentum,
        boolean nesterov,
        double clip,
        double ema) {
    public OptimizerSpec {
        milestones = List.copyOf(milestones);
        betas = List.copyOf(betas);
    }

    /** Update rules. */
    public enum Rule {
        ADAMW,
        SGD
    }

    /** Learning rate after the warm-up: cosine or straight line to 0, or falling at milestones. */
    public enum Schedule {
        COSINE,
        LINEAR,
        STEP
    }

    /** AdamW, decay 0.01, cosine to 0 after a warm-up of a tenth of the steps. */
    static final OptimizerSpec DEFAULT = new OptimizerSpec(
            Rule.ADAMW,
            0.01,
            0.1,
            Schedule.COSINE,
            List.of(0.5, 0.75),
            0.1,
            List.of(0.9, 0.999),
            1e-8,
            0.9,
            false,
            0,
            0);
}
