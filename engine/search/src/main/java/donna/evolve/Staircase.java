package donna.evolve;

import java.util.Arrays;

/**
 * What is left of a sweep along the first of two or three values, all minimised: for each second value the least third
 * one so far (Kung, Luccio, Preparata 1975). One thread.
 */
final class Staircase {
    private double[] second = new double[16];
    private double[] third = new double[16];
    private int size;

    void clear() {
        size = 0;
    }

    /** Whether something swept is at most {@code y} in the second and {@code z} in the third value. */
    boolean covers(double y, double z) {
        int below = upTo(y);
        return below > 0 && third[below - 1] <= z;
    }

    /** Sweeps a point that is not covered. */
    void add(double y, double z) {
        int at = upTo(y);
        if (at > 0 && second[at - 1] == y) {
            at--;
        }
        int end = at;
        while (end < size && third[end] >= z) {
            end++;
        }
        if (size == second.length) {
            second = Arrays.copyOf(second, 2 * size);
            third = Arrays.copyOf(third, 2 * size);
        }
        System.arraycopy(second, end, second, at + 1, size - end);
        System.arraycopy(third, end, third, at + 1, size - end);
        size += at + 1 - end;
        second[at] = y;
        third[at] = z;
    }

    /** How many stairs are at second values up to {@code y}. */
    private int upTo(double y) {
        int low = 0;
        int high = size;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (second[middle] <= y) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }
}
