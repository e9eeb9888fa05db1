package donna.evolve;

import java.util.Map;
import java.util.TreeMap;

/** Keeps the non-dominated points of a lexicographically sorted list, two or three values each, all minimised. */
final class Staircase {
    private Staircase() {}

    /**
     * Moves the kept indices of {@code order} to its front, in order; of equal points the first is kept. Their number.
     */
    static int keep(int[] order, double[] values, int m) {
        return m == 2 ? keepTwo(order, values) : keepThree(order, values);
    }

    private static int keepTwo(int[] order, double[] values) {
        int kept = 0;
        double least = Double.POSITIVE_INFINITY;
        for (int point : order) {
            if (values[point * 2 + 1] < least) {
                least = values[point * 2 + 1];
                order[kept++] = point;
            }
        }
        return kept;
    }

    /** The staircase of second and third values of what was kept decides (Kung, Luccio, Preparata 1975). */
    private static int keepThree(int[] order, double[] values) {
        int kept = 0;
        TreeMap<Double, Double> stairs = new TreeMap<>();
        for (int point : order) {
            double y = values[point * 3 + 1];
            double z = values[point * 3 + 2];
            Map.Entry<Double, Double> below = stairs.floorEntry(y);
            if (below == null || below.getValue() > z) {
                Map.Entry<Double, Double> above = stairs.ceilingEntry(y);
                while (above != null && above.getValue() >= z) {
                    stairs.remove(above.getKey());
                    above = stairs.ceilingEntry(y);
                }
                stairs.put(y, z);
                order[kept++] = point;
            }
        }
        return kept;
    }
}
