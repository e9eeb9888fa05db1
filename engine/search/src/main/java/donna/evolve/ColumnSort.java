package donna.evolve;

import java.util.Arrays;

/**
 * The order of points by one of their values, ties by number. Values are scaled to 16 or 24 bits, which keeps every
 * order, and sorted by counting digits; what falls together is then compared. O(n) for spread values, O(n log n) at
 * worst. Buffers are reused; nothing is allocated by sorting. One thread.
 */
final class ColumnSort {
    private static final int DIGIT = 8;
    private static final int VALUES = 1 << DIGIT;
    private static final int FEW = 24;
    private static final int TWO_DIGITS = 8192;

    private final int[] counts = new int[3 * VALUES];
    private final int[] keys;
    private final int[] otherKeys;
    private final int[] otherOrder;
    private final int[] first;
    private final int[] order;

    /** @param capacity most points */
    ColumnSort(int capacity) {
        keys = new int[capacity];
        otherKeys = new int[capacity];
        order = new int[capacity];
        otherOrder = new int[capacity];
        first = new int[capacity];
    }

    /** Point number {@code i} of the last order. */
    int at(int i) {
        return order[i];
    }

    /**
     * Sorts points 0 to n - 1, smallest first: point i has the value {@code f[points[i] * m + k]}, which is finite.
     */
    void sort(double[] f, int m, int k, int[] points, int n) {
        if (n == 0) {
            return;
        }
        double least = Double.POSITIVE_INFINITY;
        double most = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < n; i++) {
            double v = f[points[i] * m + k];
            least = Math.min(least, v);
            most = Math.max(most, v);
        }
        int digits = n <= TWO_DIGITS ? 2 : 3;
        double extent = most - least;
        double scale = ((1 << digits * DIGIT) - 1) / extent;
        boolean scalable = extent > 0 && scale > 0 && scale <= Double.MAX_VALUE;
        Arrays.fill(counts, 0);
        for (int i = 0; i < n; i++) {
            int key = scalable ? (int) ((f[points[i] * m + k] - least) * scale) : 0;
            keys[i] = key;
            order[i] = i;
            for (int d = 0; d < digits; d++) {
                counts[d * VALUES + (key >>> d * DIGIT & VALUES - 1)]++;
            }
        }
        distribute(n, digits);
        mend(f, m, k, points, n);
    }

    /** Stable passes over the digits, the last one first; the result is in {@code order} and {@code keys}. */
    private void distribute(int n, int digits) {
        int[] fromKeys = keys;
        int[] toKeys = otherKeys;
        int[] from = order;
        int[] to = otherOrder;
        for (int d = 0; d < digits; d++) {
            int sum = 0;
            for (int v = d * VALUES; v < (d + 1) * VALUES; v++) {
                int count = counts[v];
                counts[v] = sum;
                sum += count;
            }
            for (int i = 0; i < n; i++) {
                int key = fromKeys[i];
                int place = counts[d * VALUES + (key >>> d * DIGIT & VALUES - 1)]++;
                toKeys[place] = key;
                to[place] = from[i];
            }
            int[] k = fromKeys;
            fromKeys = toKeys;
            toKeys = k;
            int[] o = from;
            from = to;
            to = o;
        }
        if (from != order) {
            System.arraycopy(from, 0, order, 0, n);
            System.arraycopy(fromKeys, 0, keys, 0, n);
        }
    }

    /** Orders runs of equal keys by value, and notes for each point where the run of its value begins. */
    private void mend(double[] f, int m, int k, int[] points, int n) {
        for (int from = 0; from < n; ) {
            int to = from + 1;
            while (to < n && keys[to] == keys[from]) {
                to++;
            }
            if (to - from > 1) {
                mergeSort(f, m, k, points, from, to);
            }
            for (int i = from, start = from; i < to; i++) {
                if (i > start && f[points[order[i]] * m + k] != f[points[order[start]] * m + k]) {
                    start = i;
                }
                first[order[i]] = start;
            }
            from = to;
        }
    }

    /** For point {@code i}, how many points have a smaller value: equal for equal values. */
    int below(int i) {
        return first[i];
    }

    private void mergeSort(double[] f, int m, int k, int[] points, int from, int to) {
        if (to - from <= FEW) {
            for (int i = from + 1; i < to; i++) {
                int moving = order[i];
                double v = f[points[moving] * m + k];
                int j = i;
                while (j > from && f[points[order[j - 1]] * m + k] > v) {
                    order[j] = order[j - 1];
                    j--;
                }
                order[j] = moving;
            }
            return;
        }
        int middle = (from + to) >>> 1;
        mergeSort(f, m, k, points, from, middle);
        mergeSort(f, m, k, points, middle, to);
        if (f[points[order[middle - 1]] * m + k] <= f[points[order[middle]] * m + k]) {
            return;
        }
        System.arraycopy(order, from, otherOrder, from, middle - from);
        int left = from;
        int right = middle;
        for (int i = from; left < middle; i++) {
            boolean takeLeft =
                    right == to || f[points[otherOrder[left]] * m + k] <= f[points[order[right]] * m + k];
            order[i] = takeLeft ? otherOrder[left++] : order[right++];
        }
    }
}
