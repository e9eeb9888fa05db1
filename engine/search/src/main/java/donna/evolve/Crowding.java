package donna.evolve;

/**
 * The part of the crowding distance that one objective gives: the distance between a point's neighbours in its front,
 * as a share of the front's extent. Buffers are reused. One thread.
 */
final class Crowding {
    /** The gap of the ends of a front: larger than any sum of others. */
    static final double END = 1e3;

    private final double[] gaps;
    private final int[] line;
    private final int[] cursor;

    /** @param capacity most points */
    Crowding(int capacity) {
        gaps = new double[capacity];
        line = new int[capacity];
        cursor = new int[capacity];
    }

    /** The gap around point {@code i}. */
    double gap(int i) {
        return gaps[i];
    }

    /**
     * Measures along objective {@code k}, whose column is sorted, in the fronts 0 to {@code cut}.
     *
     * @param starts where each front starts if points are sorted by front
     */
    void measure(
            NondominatedSort sort, int k, int cut, int[] starts, double[] f, int m, int[] points, int n) {
        if (n == 0) {
            return;
        }
        System.arraycopy(starts, 0, cursor, 0, cut + 1);
        ColumnSort column = sort.columns(k);
        for (int i = 0; i < n; i++) {
            int point = column.at(i);
            int r = sort.rank(point);
            if (r <= cut) {
                line[cursor[r]++] = point;
            }
        }
        for (int r = 0; r <= cut; r++) {
            int first = starts[r];
            int last = starts[r + 1] - 1;
            double extent = f[points[line[last]] * m + k] - f[points[line[first]] * m + k];
            double before = f[points[line[first]] * m + k];
            for (int i = first + 1; i < last; i++) {
                double after = f[points[line[i + 1]] * m + k];
                gaps[line[i]] = extent > 0 ? (after - before) / extent : 0;
                before = f[points[line[i]] * m + k];
            }
            gaps[line[first]] = END;
            gaps[line[last]] = END;
        }
    }
}
