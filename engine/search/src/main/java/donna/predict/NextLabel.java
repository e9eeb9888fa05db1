package donna.predict;

import donna.space.Architecture;
import java.util.List;

/**
 * The architecture that a further label would teach most about, and how much.
 *
 * @param architecture of the largest predictive variance: labelling it raises the determinant of the information
 *     matrix most (D-optimal, Fedorov 1972)
 * @param standardError of predictions, root mean square over the pool, from the labels there are; in the labels' unit
 * @param standardErrorAfter the same with that label
 */
public record NextLabel(Architecture architecture, double standardError, double standardErrorAfter) {
    /** Pulled harder than this, the blocks' own slopes would count as known. */
    private static final double STRONGEST = 100;

    /**
     * Looks through {@code pool}; of equals the first is taken. A function of its arguments alone.
     *
     * @param pool usable architectures, such as the front or a random draw
     */
    public static NextLabel of(AccuracyPredictor predictor, List<Architecture> pool) {
        Setting setting = predictor.searching().whole().setting();
        Information information =
                new Information(predictor.design(setting.variant()), Math.min(STRONGEST, setting.strength()));
        double[][] rows = pool.stream()
                .map(a -> information.whitened(predictor.row(setting.variant(), a)))
                .toArray(double[][]::new);
        int best = 0;
        double before = 0;
        for (int i = 0; i < rows.length; i++) {
            double variance = Information.inner(rows[i], rows[i]);
            before += variance / rows.length;
            best = variance > Information.inner(rows[best], rows[best]) ? i : best;
        }
        double own = Information.inner(rows[best], rows[best]);
        double saved = 0;
        for (double[] row : rows) {
            double shared = Information.inner(row, rows[best]);
            saved += shared * shared / (1 + own) / rows.length;
        }
        double noise = Statistics.rmse(predictor.searching().leaveOneOut(), predictor.accuracies());
        return new NextLabel(pool.get(best), noise * Math.sqrt(before), noise * Math.sqrt(before - saved));
    }
}
