package donna.evolve;

import java.util.Arrays;
import java.util.Comparator;
import java.util.Map;
import java.util.TreeMap;

/**
 * The union of boxes that start in the origin, each given by its far corner with positive sides, in one to four
 * dimensions.
 */
final class Hypervolume {
    private Hypervolume() {}

    /** The content of the union: a length, an area, a volume or its like in four dimensions. */
    static double of(double[][] corners) {
        if (corners.length == 0) {
            return 0;
        }
        return switch (corners[0].length) {
            case 1 -> Arrays.stream(corners).mapToDouble(c -> c[0]).max().orElseThrow();
            case 2 -> area(corners);
            case 3 -> volume(corners);
            default -> inFourDimensions(corners);
        };
    }

    /** Slices along the fourth side, each the volume of what reaches it; O(n^2 log n). */
    private static double inFourDimensions(double[][] corners) {
        double[][] sorted = corners.clone();
        Arrays.sort(sorted, Comparator.comparingDouble((double[] c) -> -c[3]));
        double sum = 0;
        for (int i = 0; i < sorted.length; i++) {
            double next = i + 1 < sorted.length ? sorted[i + 1][3] : 0;
            if (sorted[i][3] > next) {
                sum += volume(Arrays.copyOf(sorted, i + 1)) * (sorted[i][3] - next);
            }
        }
        return sum;
    }

    /** Area of a union of rectangles; O(n log n). */
    private static double area(double[][] corners) {
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
     * (Fonseca, Paquete, Lopez-Ibanez 2006).
     */
    private static double volume(double[][] corners) {
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
