package donna.evolve;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * Values of partial architectures of which none is as good as another everywhere, in lexicographic order.
 *
 * @param m values per point, two or three, all minimised
 * @param values of point i from {@code i * m} on
 * @param parent number of the point, one block shorter, that this one extends
 * @param choice by which it does
 */
record PrefixFront(int m, double[] values, int[] parent, int[] choice) {
    /** A front without points. */
    static PrefixFront none(int m) {
        return new PrefixFront(m, new double[0], new int[0], new int[0]);
    }

    int size() {
        return parent.length;
    }

    /** Bytes of {@code size} points. */
    static long bytes(long size, int m) {
        return size * (8L * m + 8);
    }

    /**
     * The points {@code from} to {@code to - 1} of a front, each with the same values added one after another. Rounding
     * may have made some equal or better than others; these are in order, but not yet removed.
     *
     * @param added rows of values
     */
    PrefixFront plus(int from, int to, double[][] added, int by) {
        double[] sums = Arrays.copyOfRange(values, from * m, to * m);
        for (double[] row : added) {
            for (int i = 0; i < sums.length; i += m) {
                for (int k = 0; k < m; k++) {
                    sums[i + k] += row[k];
                }
            }
        }
        int[] parents = IntStream.range(from, to).toArray();
        int[] choices = new int[to - from];
        Arrays.fill(choices, by);
        return new PrefixFront(m, sums, parents, choices).inOrder();
    }

    /** Adding the same keeps the order of the first values, but where they become equal the others may be out of it. */
    private PrefixFront inOrder() {
        for (int i = 1; i < size(); i++) {
            if (compare(this, i - 1, this, i) > 0) {
                int[] order = IntStream.range(0, size())
                        .boxed()
                        .sorted(Comparator.comparing((Integer p) -> p, (a, b) -> compare(this, a, this, b)))
                        .mapToInt(p -> p)
                        .toArray();
                return take(order, order.length);
            }
        }
        return this;
    }

    /** The points {@code which}, of which there are {@code n}. */
    PrefixFront take(int[] which, int n) {
        double[] v = new double[n * m];
        int[] p = new int[n];
        int[] c = new int[n];
        for (int i = 0; i < n; i++) {
            System.arraycopy(values, which[i] * m, v, i * m, m);
            p[i] = parent[which[i]];
            c[i] = choice[which[i]];
        }
        return new PrefixFront(m, v, p, c);
    }

    /**
     * The front of two lists in order; of equal points one of {@code a} stays.
     *
     * @param stairs to be used
     */
    static PrefixFront merge(PrefixFront a, PrefixFront b, Staircase stairs) {
        int m = a.m;
        int most = a.size() + b.size();
        double[] v = new double[most * m];
        int[] p = new int[most];
        int[] c = new int[most];
        stairs.clear();
        double least = Double.POSITIVE_INFINITY;
        int kept = 0;
        int i = 0;
        int j = 0;
        while (i < a.size() || j < b.size()) {
            boolean left = j == b.size() || i < a.size() && compare(a, i, b, j) <= 0;
            PrefixFront from = left ? a : b;
            int at = left ? i++ : j++;
            double y = from.values[at * m + 1];
            if (m == 2) {
                if (y >= least) {
                    continue;
                }
                least = y;
            } else {
                double z = from.values[at * m + 2];
                if (stairs.covers(y, z)) {
                    continue;
                }
                stairs.add(y, z);
            }
            System.arraycopy(from.values, at * m, v, kept * m, m);
            p[kept] = from.parent[at];
            c[kept++] = from.choice[at];
        }
        return new PrefixFront(m, Arrays.copyOf(v, kept * m), Arrays.copyOf(p, kept), Arrays.copyOf(c, kept));
    }

    /** Without points that one before them covers if its values, the first aside, may be larger by {@code slack}. */
    PrefixFront thinned(double[] slack, Staircase stairs) {
        int[] kept = new int[size()];
        int n = 0;
        stairs.clear();
        for (int i = 0; i < size(); i++) {
            double y = values[i * m + 1];
            double z = m == 2 ? 0 : values[i * m + 2];
            if (!stairs.covers(y + slack[1], z + (m == 2 ? 0 : slack[2]))) {
                stairs.add(y, z);
                kept[n++] = i;
            }
        }
        return take(kept, n);
    }

    private static int compare(PrefixFront a, int i, PrefixFront b, int j) {
        for (int k = 0; k < a.m; k++) {
            double x = a.values[i * a.m + k];
            double y = b.values[j * b.m + k];
            if (x != y) {
                return x < y ? -1 : 1;
            }
        }
        return 0;
    }
}
