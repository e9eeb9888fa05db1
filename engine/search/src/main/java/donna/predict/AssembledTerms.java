package donna.predict;

import java.util.Arrays;
import java.util.List;

/**
 * What an assembled network gives to a regression: its divergence from the teacher, on a logarithmic scale, its sign
 * turned. Its accuracy says the same of the same outputs and is coarser, so it is left out rather than counted twice.
 *
 * <p>The divergence is brought to the scale of the plain sum over the labelled architectures, so that one common slope
 * counts what the blocks say and what the whole says alike (Dawes 1979: a dozen labels cannot tell correlated scores
 * apart). The scale knows the labelled architectures' features, never their labels.
 */
final class AssembledTerms {
    private static final double LEAST = 1e-6;

    private final double mean;
    private final double factor;
    private final Columns columns;

    /**
     * @param seen of the labelled architectures
     * @param design their block features
     */
    AssembledTerms(List<Assembled> seen, Design design) {
        double[] scores = seen.stream().mapToDouble(AssembledTerms::score).toArray();
        double spread = design.columns().hasCommonSlope() ? spread(design.plainSums()) : 1;
        double own = spread(scores);
        mean = mean(scores);
        factor = own > 0 ? spread / own : 0;
        columns = new Columns(List.of(new Columns.Column(spread, true, true)));
    }

    Columns columns() {
        return columns;
    }

    double[] row(Assembled assembled) {
        return new double[] {(score(assembled) - mean) * factor};
    }

    private static double score(Assembled a) {
        return -Math.log(Math.max(a.teacherKl(), LEAST));
    }

    private static double mean(double[] v) {
        return Arrays.stream(v).sum() / v.length;
    }

    private static double spread(double[] v) {
        double mean = mean(v);
        return Math.sqrt(Arrays.stream(v).map(x -> (x - mean) * (x - mean)).sum() / v.length);
    }
}
