package donna.predict;

import java.util.Arrays;
import java.util.List;

/**
 * What an assembled network gives to a regression: its divergence from the teacher, on a logarithmic scale, and its
 * accuracy, as log-odds; both rise with the accuracy after finetuning. They are brought to the scale of the plain sum
 * over the labelled architectures, so that one common slope counts each score alike (Dawes 1979: a dozen labels cannot
 * tell correlated scores apart). Scales know the labelled architectures' features, never their labels.
 */
final class AssembledTerms {
    private static final double LEAST = 1e-4;

    private final Scale[] scales;
    private final Columns columns;

    private record Scale(double mean, double factor) {
        static Scale of(double[] v, double spread) {
            double own = spread(v);
            return new Scale(mean(v), own > 0 ? spread / own : 0);
        }

        double at(double x) {
            return (x - mean) * factor;
        }
    }

    /**
     * @param seen of the labelled architectures
     * @param design their block features
     */
    AssembledTerms(List<Assembled> seen, Design design) {
        double spread = design.columns().hasCommonSlope() ? spread(design.plainSums()) : 1;
        scales = new Scale[2];
        for (int t = 0; t < scales.length; t++) {
            int column = t;
            scales[t] = Scale.of(seen.stream().mapToDouble(a -> scores(a)[column]).toArray(), spread);
        }
        Columns.Column one = new Columns.Column(spread, true, true);
        columns = new Columns(List.of(one, one));
    }

    Columns columns() {
        return columns;
    }

    double[] row(Assembled assembled) {
        double[] row = scores(assembled);
        for (int t = 0; t < row.length; t++) {
            row[t] = scales[t].at(row[t]);
        }
        return row;
    }

    private static double[] scores(Assembled a) {
        double top1 = Math.clamp(a.top1(), LEAST, 1 - LEAST);
        return new double[] {-Math.log(Math.max(a.teacherKl(), LEAST)), Math.log(top1 / (1 - top1))};
    }

    private static double mean(double[] v) {
        return Arrays.stream(v).sum() / v.length;
    }

    private static double spread(double[] v) {
        double mean = mean(v);
        return Math.sqrt(Arrays.stream(v).map(x -> (x - mean) * (x - mean)).sum() / v.length);
    }
}
