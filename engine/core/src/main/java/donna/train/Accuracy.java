package donna.train;

import java.util.List;

/**
 * Share of images whose label is the best, or among the best five, of the logits.
 *
 * @param top1 0 to 1
 * @param top5 0 to 1
 * @param images rated
 */
public record Accuracy(double top1, double top5, int images) {
    /** Counts rows {@code 0 .. rows - 1} of {@code logits [rows, classes]}; equal logits count for the lower class. */
    public static Accuracy of(float[] logits, int[] labels, int rows) {
        int classes = logits.length / Math.max(1, rows);
        int first = 0;
        int five = 0;
        for (int r = 0; r < rows; r++) {
            float own = logits[r * classes + labels[r]];
            int better = 0;
            for (int k = 0; k < classes; k++) {
                float other = logits[r * classes + k];
                if (other > own || (other == own && k < labels[r]) || Float.isNaN(other)) {
                    better++;
                }
            }
            first += better < 1 ? 1 : 0;
            five += better < 5 ? 1 : 0;
        }
        return new Accuracy(first / (double) Math.max(1, rows), five / (double) Math.max(1, rows), rows);
    }

    /** Of all images of several parts. */
    public static Accuracy together(List<Accuracy> parts) {
        double first = 0;
        double five = 0;
        int images = 0;
        for (Accuracy a : parts) {
            first += a.top1 * a.images;
            five += a.top5 * a.images;
            images += a.images;
        }
        return new Accuracy(Math.rint(first) / Math.max(1, images), Math.rint(five) / Math.max(1, images), images);
    }
}
