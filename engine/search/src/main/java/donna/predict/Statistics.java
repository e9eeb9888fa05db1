package donna.predict;

import donna.tensor.DonnaException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * How well one list of numbers ranks or predicts another. A rank correlation is +1 where both rise together: turn the
 * sign of a score that
 * is better when smaller (NSR, latency) before comparing it with accuracy.
 */
public final class Statistics {
    private Statistics() {}

    /**
     * Kendall's tau-b, which corrects for ties on either side: Kendall 1945; counted in O(n log n) after Knight 1966.
     *
     * @return in [-1, 1]; 0 where one side is constant
     * @throws DonnaException.InvalidInput if the lengths differ, are below 2, or a value is NaN
     */
    public static double kendall(double[] a, double[] b) {
        check(a, b);
        int n = a.length;
        int[] order = IntStream.range(0, n)
                .boxed()
                .sorted(Comparator.<Integer>comparingDouble(i -> a[i]).thenComparingDouble(i -> b[i]))
                .mapToInt(Integer::intValue)
                .toArray();
        double[] byA = Arrays.stream(order).mapToDouble(i -> a[i]).toArray();
        double[] byB = Arrays.stream(order).mapToDouble(i -> b[i]).toArray();
        long both = 0;
        for (int start = 0; start < n; ) {
            int end = start;
            while (end < n && byA[end] == byA[start] && byB[end] == byB[start]) {
                end++;
            }
            both += pairs(end - start);
            start = end;
        }
        long tiedA = tiedPairs(byA);
        long discordant = sortCountingSwaps(byB, new double[n], 0, n);
        long tiedB = tiedPairs(byB);
        long all = pairs(n);
        double concordantLessDiscordant = all - tiedA - tiedB + both - 2.0 * discordant;
        double scale = Math.sqrt((double) (all - tiedA)) * Math.sqrt((double) (all - tiedB));
        return scale == 0 ? 0 : concordantLessDiscordant / scale;
    }

    /**
     * Spearman's rank correlation; tied values share their mean rank.
     *
     * @return in [-1, 1]; 0 where one side is constant
     * @throws DonnaException.InvalidInput as in {@link #kendall}
     */
    public static double spearman(double[] a, double[] b) {
        check(a, b);
        double[] x = ranks(a);
        double[] y = ranks(b);
        double mean = (a.length - 1) / 2.0;
        double xy = 0;
        double xx = 0;
        double yy = 0;
        for (int i = 0; i < x.length; i++) {
            xy += (x[i] - mean) * (y[i] - mean);
            xx += (x[i] - mean) * (x[i] - mean);
            yy += (y[i] - mean) * (y[i] - mean);
        }
        return xx == 0 || yy == 0 ? 0 : xy / Math.sqrt(xx * yy);
    }

    /** Root of the mean squared difference. */
    public static double rmse(double[] predicted, double[] truth) {
        check(predicted, truth);
        double sum = 0;
        for (int i = 0; i < truth.length; i++) {
            sum += (predicted[i] - truth[i]) * (predicted[i] - truth[i]);
        }
        return Math.sqrt(sum / truth.length);
    }

    /** Standard deviation of all the values there are. */
    static double deviation(double[] values) {
        double mean = Arrays.stream(values).average().orElse(0);
        double squares = Arrays.stream(values).map(v -> (v - mean) * (v - mean)).sum();
        return Math.sqrt(squares / values.length);
    }

    /** The middle value, or the mean of the two middle ones. */
    public static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int n = sorted.length;
        return n % 2 == 1 ? sorted[n / 2] : 0.5 * (sorted[n / 2 - 1] + sorted[n / 2]);
    }

    /** Every value with its sign turned: for scores that are better when smaller. */
    public static double[] negated(double[] values) {
        return Arrays.stream(values).map(v -> -v).toArray();
    }

    private static double[] ranks(double[] values) {
        Integer[] order = IntStream.range(0, values.length).boxed().toArray(Integer[]::new);
        Arrays.sort(order, Comparator.comparingDouble(i -> values[i]));
        double[] rank = new double[values.length];
        for (int start = 0; start < order.length; ) {
            int end = start;
            while (end < order.length && values[order[end]] == values[order[start]]) {
                end++;
            }
            for (int i = start; i < end; i++) {
                rank[order[i]] = (start + end - 1) / 2.0;
            }
            start = end;
        }
        return rank;
    }

    private static long pairs(long n) {
        return n * (n - 1) / 2;
    }

    private static long tiedPairs(double[] sorted) {
        long tied = 0;
        for (int start = 0; start < sorted.length; ) {
            int end = start;
            while (end < sorted.length && sorted[end] == sorted[start]) {
                end++;
            }
            tied += pairs(end - start);
            start = end;
        }
        return tied;
    }

    /** Merge sort of {@code v[from, to)}; the number of pairs that stood in falling order. */
    private static long sortCountingSwaps(double[] v, double[] scratch, int from, int to) {
        if (to - from < 2) {
            return 0;
        }
        int middle = (from + to) >>> 1;
        long swaps = sortCountingSwaps(v, scratch, from, middle) + sortCountingSwaps(v, scratch, middle, to);
        int left = from;
        int right = middle;
        for (int i = from; i < to; i++) {
            if (right == to || left < middle && v[left] <= v[right]) {
                scratch[i] = v[left++];
            } else {
                scratch[i] = v[right++];
                swaps += middle - left;
            }
        }
        System.arraycopy(scratch, from, v, from, to - from);
        return swaps;
    }

    private static void check(double[] a, double[] b) {
        if (a.length != b.length || a.length < 2) {
            throw new DonnaException.InvalidInput("correlation of " + a.length + " with " + b.length
                    + " values; expected two lists of one length of at least 2");
        }
        if (Arrays.stream(a).anyMatch(Double::isNaN) || Arrays.stream(b).anyMatch(Double::isNaN)) {
            throw new DonnaException.InvalidInput(
                    "correlation of values that hold NaN; leave failed entries out first");
        }
    }
}
