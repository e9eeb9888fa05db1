package donna.graph;

/**
 * Dynamic loss scaling, the arithmetic of {@link Op.LossScaleUpdate}. Source: Micikevicius et al., "Mixed precision training" (2018), section 3.2.
 *
 * @param factor what scaled gradients are multiplied by in the update; 0 where the step is left out, NaN where training has diverged
 * @param scale of the next step
 * @param inRow steps made since the scale changed
 * @param made steps made in all
 */
public record LossScale(double factor, double scale, double inRow, double made) {
    /** At this scale no step is left out: gradients that are not finite are the training's own, which its loss then shows. */
    public static final double LEAST = 1;

    /** Enough: halves then hold gradients down to 2^-48. */
    public static final double MOST = 0x1p24;

    /** After a step whose scaled gradients have a sum of squares {@code squares}; the others are those of the step before. */
    public static LossScale after(Op.LossScaleUpdate o, double squares, double scale, double inRow, double made) {
        if (Double.isFinite(squares)) {
            double clip = new Op.ClipFactor(o.maxNorm()).of(Math.sqrt(squares) / scale);
            boolean grows = inRow + 1 >= o.interval();
            return new LossScale(clip / scale, grows ? Math.min(2 * scale, MOST) : scale, grows ? 0 : inRow + 1, made + 1);
        }
        return new LossScale(scale > LEAST ? 0 : Double.NaN, Math.max(scale / 2, LEAST), 0, made);
    }
}
