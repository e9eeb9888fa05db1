package donna.predict;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Rows of one form of the features, ready for a regression.
 *
 * @param variant the form
 * @param rows by observation
 * @param columns of each row
 */
record Design(Variant variant, double[][] rows, Columns columns) {
    /** The sum of the pulled columns of each row. */
    double[] plainSums() {
        return Arrays.stream(rows)
                .mapToDouble(row -> IntStream.range(0, row.length)
                        .filter(t -> columns.at(t).pulled())
                        .mapToDouble(t -> row[t])
                        .sum())
                .toArray();
    }
}
