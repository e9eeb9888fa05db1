package donna.evolve;

import donna.space.Architecture;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The front of everything that any number of threads offered, without a lock: versions never change, and a better one
 * replaces the latest by a single compare-and-set (Herlihy, "A Methodology for Implementing Highly Concurrent Data
 * Objects", TOPLAS 1993). An offer that is no better than a member, as nearly all are, only reads: O(log n) for two
 * goals, O(n) for more. What it holds does not depend on the order of offers: of equal values the first architecture
 * stays. Thread-safe.
 */
public final class ParetoArchive {
    private static final VarHandle LATEST;

    static {
        try {
            LATEST = MethodHandles.lookup().findVarHandle(ParetoArchive.class, "latest", Version.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /**
     * Members in lexicographic order of their values.
     *
     * @param values of member i from {@code i * m} on, with the sign that makes smaller better
     */
    private record Version(double[] values, Architecture[] architectures) {}

    private final List<Problem.Goal> goals;
    private final boolean[] maximise;

    /** Read with acquire order, replaced by compare-and-set; a version's arrays are never written once it is here. */
    private Version latest = new Version(new double[0], new Architecture[0]);

    /** An empty archive. */
    public ParetoArchive(List<Problem.Goal> goals) {
        this.goals = List.copyOf(goals);
        maximise = Problem.directions(goals);
    }

    /**
     * Offers an architecture.
     *
     * @param objectives a value per goal, in the goal's own direction; one that is not finite is refused
     * @return whether it is a member now; another thread may already have offered better
     */
    public boolean offer(Architecture architecture, double... objectives) {
        double[] point = new double[maximise.length];
        for (int k = 0; k < point.length; k++) {
            // Adding zero makes a negative zero positive: both are the same value.
            point[k] = (maximise[k] ? -objectives[k] : objectives[k]) + 0.0;
            if (!Double.isFinite(point[k])) {
                return false;
            }
        }
        while (true) {
            Version seen = (Version) LATEST.getAcquire(this);
            if (isBeaten(seen, architecture, point)) {
                return false;
            }
            if (LATEST.compareAndSet(this, seen, with(seen, architecture, point))) {
                return true;
            }
        }
    }

    /** How many members there are. */
    public int size() {
        return ((Version) LATEST.getAcquire(this)).architectures().length;
    }

    /** The members at one moment. */
    public ParetoFront front() {
        Version v = (Version) LATEST.getAcquire(this);
        int m = maximise.length;
        List<Individual> members = new ArrayList<>();
        for (int i = 0; i < v.architectures().length; i++) {
            double[] objectives = new double[m];
            for (int k = 0; k < m; k++) {
                double value = v.values()[i * m + k];
                objectives[k] = maximise[k] ? 0.0 - value : value;
            }
            members.add(new Individual(v.architectures()[i], objectives));
        }
        return ParetoFront.of(goals, members);
    }

    /** Whether a member is at least as good everywhere and, if equal, has the earlier architecture. */
    private static boolean isBeaten(Version v, Architecture architecture, double[] point) {
        int m = point.length;
        int end = notBehind(v.values(), point);
        // With two goals the last of those no worse in the first is the best in the second.
        for (int i = m == 2 ? Math.max(0, end - 1) : 0; i < end; i++) {
            if (isNoWorse(v.values(), i, point)) {
                boolean equal = Arrays.equals(v.values(), i * m, i * m + m, point, 0, m);
                return !equal || v.architectures()[i].compareTo(architecture) <= 0;
            }
        }
        return false;
    }

    /** How many members are no worse in the first goal. */
    private static int notBehind(double[] values, double[] point) {
        int low = 0;
        int high = values.length / point.length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (values[middle * point.length] <= point[0]) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    private static boolean isNoWorse(double[] values, int i, double[] point) {
        for (int k = 0; k < point.length; k++) {
            if (values[i * point.length + k] > point[k]) {
                return false;
            }
        }
        return true;
    }

    /** A version with a new member and without those that are no better. */
    private static Version with(Version v, Architecture architecture, double[] point) {
        int m = point.length;
        int size = v.architectures().length;
        double[] values = new double[(size + 1) * m];
        Architecture[] architectures = new Architecture[size + 1];
        int kept = 0;
        boolean placed = false;
        for (int i = 0; i <= size; i++) {
            if (!placed && (i == size || Arrays.compare(point, 0, m, v.values(), i * m, i * m + m) <= 0)) {
                System.arraycopy(point, 0, values, kept * m, m);
                architectures[kept++] = architecture;
                placed = true;
            }
            if (i < size && !isNoBetter(v.values(), i, point)) {
                System.arraycopy(v.values(), i * m, values, kept * m, m);
                architectures[kept++] = v.architectures()[i];
            }
        }
        return new Version(Arrays.copyOf(values, kept * m), Arrays.copyOf(architectures, kept));
    }

    private static boolean isNoBetter(double[] values, int i, double[] point) {
        for (int k = 0; k < point.length; k++) {
            if (values[i * point.length + k] < point[k]) {
                return false;
            }
        }
        return true;
    }
}
