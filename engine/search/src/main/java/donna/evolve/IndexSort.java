package donna.evolve;

/**
 * Stable merge sort of indices by values held elsewhere; its buffer is reused, nothing is allocated by sorting. One
 * thread.
 */
final class IndexSort {
    private static final int INSERTION = 12;
    private final int[] buffer;

    IndexSort(int capacity) {
        buffer = new int[capacity];
    }

    /** Sorts the first {@code n} indices by the rows {@code f[i * m ...]}, first value first. */
    void lexicographic(int[] index, int n, double[] f, int m) {
        sort(index, 0, n, f, m, 0, m, false);
    }

    /** Sorts {@code index[from, to)} by column {@code k} of the rows, rising or falling. */
    void byColumn(int[] index, int from, int to, double[] f, int m, int k, boolean falling) {
        sort(index, from, to, f, m, k, k + 1, falling);
    }

    private void sort(int[] v, int from, int to, double[] f, int m, int k0, int k1, boolean falling) {
        if (to - from <= INSERTION) {
            for (int i = from + 1; i < to; i++) {
                int moving = v[i];
                int j = i;
                while (j > from && after(v[j - 1], moving, f, m, k0, k1, falling)) {
                    v[j] = v[j - 1];
                    j--;
                }
                v[j] = moving;
            }
            return;
        }
        int middle = (from + to) >>> 1;
        sort(v, from, middle, f, m, k0, k1, falling);
        sort(v, middle, to, f, m, k0, k1, falling);
        if (!after(v[middle - 1], v[middle], f, m, k0, k1, falling)) {
            return;
        }
        System.arraycopy(v, from, buffer, from, middle - from);
        int left = from;
        int right = middle;
        for (int i = from; left < middle; i++) {
            if (right == to || !after(buffer[left], v[right], f, m, k0, k1, falling)) {
                v[i] = buffer[left++];
            } else {
                v[i] = v[right++];
            }
        }
    }

    /** Whether {@code a} belongs after {@code b}. */
    private static boolean after(int a, int b, double[] f, int m, int k0, int k1, boolean falling) {
        for (int k = k0; k < k1; k++) {
            double x = f[a * m + k];
            double y = f[b * m + k];
            if (x != y) {
                return falling ? x < y : x > y;
            }
        }
        return false;
    }
}
