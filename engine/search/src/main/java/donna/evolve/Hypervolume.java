package donna.evolve;

import java.util.Arrays;
import java.util.Comparator;
import java.util.Map;
import java.util.TreeMap;

/** The union of boxes that start in the origin, each given by its far corner with positive sides. */
final class Hypervolume {
    private Hypervolume() {}

    /** Area of a union of rectangles; O(n log n). */
    static double area(double[][] corners) {
        double[][] sorted = corners.clone();
        Arrays.sort(sorted, Comparator.comparingDouble((double[] c) -> -c[0]));
        double area = 0;
        double height = 0;
        for (double[] c : sorted) {
            if (c[1] > height) {
                area += c[0] * (c[1] - height);
                height = c[1];
            }
        }
        return area;
    }

    /**
     * Volume of a union of boxes: a sweep along the third side that keeps the cross-section's staircase; O(n log n)
     * (Fonseca, Paquete,
     * Lopez-Ibanez 2006).
     */
    static double volume(double[][] corners) {
        double[][] sorted = corners.clone();
        Arrays.sort(sorted, Comparator.comparingDouble((double[] c) -> -c[2]));
        TreeMap<Double, Double> stairs = new TreeMap<>();
        double area = 0;
        double volume = 0;
        for (int i = 0; i < sorted.length; i++) {
            area += raise(stairs, sorted[i][0], sorted[i][1]);
            double next = i + 1 < sorted.length ? sorted[i + 1][2] : 0;
            volume += area * (sorted[i][2] - next);
        }
        return volume;
    }

    /** Adds the rectangle (x, y) to the staircase, whose heights fall with x; the area gained. */
    private static double raise(TreeMap<Double, Double> stairs, double x, double y) {
        Map.Entry<Double, Double> right = stairs.ceilingEntry(x);
        double base = right == null ? 0 : right.getValue();
        if (y <= base) {
            return 0;
        }
        double gained = 0;
        double edge = x;
        Map.Entry<Double, Double> left = stairs.lowerEntry(x);
        double height = base;
        while (left != null && left.getValue() <= y) {
            gained += (edge - left.getKey()) * (y - height);
            edge = left.getKey();
            height = left.getValue();
            stairs.remove(left.getKey());
            left = stairs.lowerEntry(x);
        }
        gained += (edge - (left == null ? 0 : left.getKey())) * (y - height);
        stairs.put(x, y);
        return gained;
    }
}
