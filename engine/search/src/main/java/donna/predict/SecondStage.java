package donna.predict;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A prediction sharpened by the accuracy of the assembled network before finetuning: the mean of both scores in
 * standard units, then a line
 * to the labels. Equal weights, because a dozen labels cannot tell two correlated scores apart (Dawes 1979). It learns
 * from stacked
 * predictions, those of fits that did not see the label (Wolpert 1992). Immutable.
 */
final class SecondStage {
    private final Line line;
    private final double[] leaveOneOut;

    private SecondStage(Line line, double[] leaveOneOut) {
        this.line = line;
        this.leaveOneOut = leaveOneOut;
    }

    /**
     * @param whole setting of the final predictor
     * @param chosen setting of each fold
     */
    static SecondStage fit(CrossValidation validation, int whole, int[] chosen, List<LabelledArchitecture> labels) {
        double[] y = labels.stream().mapToDouble(LabelledArchitecture::top1).toArray();
        double[] before = labels.stream()
                .mapToDouble(LabelledArchitecture::top1BeforeFinetuning)
                .toArray();
        double[] nested = validation.nested(chosen);
        double[] out = new double[y.length];
        for (int i = 0; i < y.length; i++) {
            int hidden = i;
            int[] seen = IntStream.range(0, y.length).filter(j -> j != hidden).toArray();
            Line line = Line.fit(pick(validation.without(chosen[i], i), seen), pick(before, seen), pick(y, seen));
            out[i] = line.at(nested[i], before[i]);
        }
        return new SecondStage(Line.fit(validation.without(whole), before, y), out);
    }

    /** From a first-stage prediction and the accuracy before finetuning. */
    double predict(double predicted, double before) {
        return Double.isFinite(predicted) ? line.at(predicted, before) : predicted;
    }

    /** Predictions of the labelled architectures by fits that never saw them. */
    double[] leaveOneOut() {
        return leaveOneOut;
    }

    private static double[] pick(double[] values, int[] at) {
        return Arrays.stream(at).mapToDouble(i -> values[i]).toArray();
    }

    /** A score's mean and spread; a constant score tells nothing. */
    private record Scale(double mean, double spread) {
        static Scale of(double[] v) {
            double mean = Arrays.stream(v).sum() / v.length;
            double squares = Arrays.stream(v).map(x -> (x - mean) * (x - mean)).sum();
            return new Scale(mean, Math.sqrt(squares / v.length));
        }

        double standard(double x) {
            return spread > 0 ? (x - mean) / spread : 0;
        }
    }

    private record Line(Scale first, Scale second, double intercept, double slope) {
        static Line fit(double[] a, double[] b, double[] y) {
            Scale first = Scale.of(a);
            Scale second = Scale.of(b);
            double mean = Arrays.stream(y).sum() / y.length;
            double zz = 0;
            double zy = 0;
            for (int i = 0; i < y.length; i++) {
                double z = first.standard(a[i]) + second.standard(b[i]);
                zz += z * z;
                zy += z * (y[i] - mean);
            }
            return new Line(first, second, mean, zz > 0 ? Math.max(0, zy / zz) : 0);
        }

        double at(double a, double b) {
            return intercept + slope * (first.standard(a) + second.standard(b));
        }
    }
}
