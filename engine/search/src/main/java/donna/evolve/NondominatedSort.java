package donna.evolve;

/**
 * Ranks points by dominance, all objectives minimised: rank 0 is dominated by nobody, rank r only by lower ranks.
 * Buffers are reused;
 * nothing is allocated by {@link #sort}. One thread.
 *
 * <p>Points in lexicographic order can only be dominated by earlier ones, and each goes to the first front that holds
 * nobody dominating it,
 * found by binary search (Zhang, Tian, Cheng, Jin 2015, ENS-BS). With two objectives a front's latest member is the
 * only one that can
 * dominate, which makes it O(N log N).
 */
final class NondominatedSort {
    private final int m;
    private final int[] order;
    private final int[] rank;
    private final int[] last;
    private final int[] previous;
    private final IndexSort indexSort;
    private int fronts;

    /**
     * @param capacity most points
     * @param m objectives per point
     */
    NondominatedSort(int capacity, int m) {
        this.m = m;
        order = new int[capacity];
        rank = new int[capacity];
        last = new int[capacity];
        previous = new int[capacity];
        indexSort = new IndexSort(capacity);
    }

    /** Ranks the first {@code n} points of {@code f}, point i at {@code f[i * m]}. */
    void sort(double[] f, int n) {
        for (int i = 0; i < n; i++) {
            order[i] = i;
        }
        indexSort.lexicographic(order, n, f, m);
        fronts = 0;
        for (int i = 0; i < n; i++) {
            int point = order[i];
            int low = 0;
            int high = fronts;
            while (low < high) {
                int middle = (low + high) >>> 1;
                if (dominated(f, point, middle)) {
                    low = middle + 1;
                } else {
                    high = middle;
                }
            }
            if (low == fronts) {
                last[fronts++] = -1;
            }
            rank[point] = low;
            previous[point] = last[low];
            last[low] = point;
        }
    }

    /** Number of fronts of the last sort. */
    int fronts() {
        return fronts;
    }

    /** Front of point {@code i}. */
    int rank(int i) {
        return rank[i];
    }

    /** Whether some member of {@code front} dominates {@code point}, which comes no earlier than all of them. */
    private boolean dominated(double[] f, int point, int front) {
        for (int other = last[front]; other >= 0; other = previous[other]) {
            if (dominates(f, other, point)) {
                return true;
            }
            if (m == 2) {
                return false;
            }
        }
        return false;
    }

    private boolean dominates(double[] f, int a, int b) {
        boolean better = false;
        for (int k = 0; k < m; k++) {
            double x = f[a * m + k];
            double y = f[b * m + k];
            if (x > y) {
                return false;
            }
            better |= x < y;
        }
        return better;
    }
}
