package donna.evolve;

import donna.graph.Mask;
import donna.space.Architecture;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Parents and children side by side in flat arrays: survivors first, then room for as many children. Everything is
 * allocated once. Objectives are kept with the sign that makes smaller better. Filled by many threads at different
 * places, all else is for one.
 */
final class Population {
    /** Steps of room told apart: from 2 to the -40th to 2 to the 12th. */
    private static final int ROOMS = 52 << 4;

    private static final int SMALLEST_ROOM = Double.MAX_EXPONENT - 40 << 4;

    final int capacity;
    final int blocks;
    final int goals;
    final char[] genes;
    final double[] values;

    /** By how much constraints are broken; 0 for the feasible, infinite where a value is not finite. */
    final double[] violation;

    int size;

    private final int[] hash;
    private final GenomeIndex index;
    private final int[] rank;

    /** The crowding distance, negated: smaller means more room around it. */
    private final double[] crowding;

    private final NondominatedSort sort;
    private final Crowding[] gaps;

    /** Individuals by position: the feasible, those that break constraints, those without finite values. */
    private final int[] points;

    private final int[] starts;
    private final int[] order;
    private final int[] some;
    private final int[] withRoom = new int[ROOMS];
    private final char[] keptGenes;
    private final double[] keptValues;
    private final double[] keptViolation;
    private final double[] keptCrowding;
    private final int[] keptHash;
    private int feasible;
    private int cut;

    /** @param capacity most survivors */
    Population(int capacity, int blocks, int goals) {
        this.capacity = capacity;
        this.blocks = blocks;
        this.goals = goals;
        int room = 2 * capacity;
        genes = new char[Math.multiplyExact(room, blocks)];
        values = new double[Math.multiplyExact(room, goals)];
        violation = new double[room];
        hash = new int[room];
        index = new GenomeIndex(genes, hash, blocks);
        rank = new int[capacity];
        crowding = new double[room];
        sort = new NondominatedSort(room, goals);
        gaps = new Crowding[goals];
        Arrays.setAll(gaps, k -> new Crowding(room));
        points = new int[room];
        starts = new int[room + 2];
        order = new int[room];
        some = new int[room];
        keptGenes = new char[capacity * blocks];
        keptValues = new double[capacity * goals];
        keptViolation = new double[capacity];
        keptCrowding = new double[capacity];
        keptHash = new int[capacity];
    }

    /** The better of two survivors: lower rank, then more room around it, then the first. */
    int better(int a, int b) {
        if (rank[a] != rank[b]) {
            return rank[a] < rank[b] ? a : b;
        }
        return crowding[a] <= crowding[b] ? a : b;
    }

    boolean isBest(int i) {
        return rank[i] == 0 && violation[i] == 0;
    }

    /** Notes the genes of {@code i}, once they are written. */
    void genesWritten(int i) {
        long h = 0;
        for (int n = i * blocks; n < (i + 1) * blocks; n++) {
            h = (h ^ genes[n]) * 0x9E3779B97F4A7C15L;
            h ^= h >>> 32;
        }
        hash[i] = (int) Mask.mix(h);
    }

    /** Which genomes there are: those of the survivors, and of whoever claimed since. */
    GenomeIndex index() {
        return index;
    }

    /**
     * Copies individual {@code from} of {@code other} to place {@code i}.
     *
     * @return whether nobody indexed has its genes
     */
    boolean receive(Population other, int from, int i) {
        System.arraycopy(other.genes, from * blocks, genes, i * blocks, blocks);
        System.arraycopy(other.values, from * goals, values, i * goals, goals);
        violation[i] = other.violation[from];
        hash[i] = other.hash[from];
        return index.claim(i);
    }

    /** The architecture of individual {@code i}. */
    Architecture architecture(int i) {
        int[] choices = new int[blocks];
        for (int n = 0; n < blocks; n++) {
            choices[n] = genes[i * blocks + n];
        }
        return new Architecture(choices);
    }

    /** Writes {@code a} to place {@code i}. */
    void put(Architecture a, int i) {
        for (int n = 0; n < blocks; n++) {
            genes[i * blocks + n] = (char) a.choice(n);
        }
        genesWritten(i);
    }

    /** What is known of the survivors besides their genes. */
    record Standing(double[] values, double[] violation, double[] crowding, int[] rank) {}

    Standing standing() {
        return new Standing(
                Arrays.copyOf(values, size * goals),
                Arrays.copyOf(violation, size),
                Arrays.copyOf(crowding, size),
                Arrays.copyOf(rank, size));
    }

    /** Makes {@code survivors} the population. */
    void restore(List<Architecture> survivors, Standing s) {
        size = survivors.size();
        for (int i = 0; i < size; i++) {
            put(survivors.get(i), i);
        }
        System.arraycopy(s.values(), 0, values, 0, size * goals);
        System.arraycopy(s.violation(), 0, violation, 0, size);
        System.arraycopy(s.crowding(), 0, crowding, 0, size);
        System.arraycopy(s.rank(), 0, rank, 0, size);
        indexSurvivors();
    }

    private void indexSurvivors() {
        index.clear();
        for (int i = 0; i < size; i++) {
            index.claim(i);
        }
    }

    /** The feasible survivors that none dominates. */
    List<Individual> best(List<Problem.Goal> of) {
        List<Individual> best = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            if (isBest(i)) {
                double[] f = new double[goals];
                for (int k = 0; k < goals; k++) {
                    f[k] = of.get(k).maximise() ? -values[i * goals + k] : values[i * goals + k];
                }
                best.add(new Individual(architecture(i), f));
            }
        }
        return best;
    }

    /**
     * Keeps the best {@code capacity} of the individuals {@code from} to {@code to - 1}, in order of rank: feasible ones
     * by dominance, then the others by how much they break constraints (Deb, Pratap, Agarwal, Meyarivan 2002). The last
     * front that does not fit whole keeps its least crowded. The survivors alone are indexed then.
     */
    void select(int from, int to) {
        int n = to - from;
        int broken = divide(from, to);
        for (int k = 0; k < goals; k++) {
            sort.columns(k).sort(values, goals, k, points, feasible);
        }
        int kept = Math.min(capacity, n);
        int wanted = Math.min(kept, feasible);
        sort.rankSorted(feasible, wanted, cut + 2);
        arrange(wanted);
        for (int k = 0; k < goals; k++) {
            gaps[k].measure(sort, k, cut, starts, values, goals, points, feasible);
        }
        for (int i = 0; i < Math.min(feasible, starts[cut + 1]); i++) {
            double sum = 0;
            for (Crowding g : gaps) {
                sum += g.gap(order[i]);
            }
            crowding[points[order[i]]] = -Math.min(sum, Crowding.END);
        }
        if (wanted > 0 && starts[cut + 1] > wanted) {
            keepLeastCrowded(starts[cut], starts[cut + 1], wanted);
        }
        if (kept > feasible) {
            rankBroken(broken, n);
        }
        settle(kept);
    }

    /** Fills {@code points}; where those without finite values begin. */
    private int divide(int from, int to) {
        int n = to - from;
        feasible = 0;
        for (int i = from; i < to; i++) {
            if (violation[i] == 0) {
                points[feasible++] = i;
            }
        }
        int at = feasible;
        for (int i = from; i < to && at < n; i++) {
            if (violation[i] > 0 && violation[i] < Double.POSITIVE_INFINITY) {
                points[at++] = i;
            }
        }
        int broken = at;
        for (int i = from; i < to && at < n; i++) {
            if (violation[i] == Double.POSITIVE_INFINITY) {
                points[at++] = i;
            }
        }
        return broken;
    }

    /** Puts the feasible in order of rank; {@code cut} is the last front of which some of the {@code wanted} are. */
    private void arrange(int wanted) {
        int fronts = sort.fronts();
        Arrays.fill(starts, 0, fronts + 2, 0);
        for (int i = 0; i < feasible; i++) {
            starts[sort.rank(i) + 1]++;
        }
        cut = 0;
        for (int r = 0; r < fronts; r++) {
            starts[r + 1] += starts[r];
            if (starts[r] < wanted) {
                cut = r;
            }
        }
        for (int i = 0; i < feasible; i++) {
            int r = sort.rank(i);
            if (r <= cut) {
                order[starts[r]++] = i;
            }
        }
        // Each start has become the next one.
        System.arraycopy(starts, 0, starts, 1, cut + 1);
        starts[0] = 0;
    }

    /**
     * Makes order[from, wanted) the least crowded of order[from, to): counted by room, on a logarithmic scale; only
     * those as crowded as the last of them are sorted.
     */
    private void keepLeastCrowded(int from, int to, int wanted) {
        Arrays.fill(withRoom, 0);
        for (int i = from; i < to; i++) {
            withRoom[room(order[i])]++;
        }
        int edge = ROOMS;
        for (int above = from; above < wanted; ) {
            above += withRoom[--edge];
        }
        int sure = from;
        int border = 0;
        for (int i = from; i < to; i++) {
            int room = room(order[i]);
            if (room > edge) {
                order[sure++] = order[i];
            } else if (room == edge) {
                some[border++] = order[i];
            }
        }
        System.arraycopy(some, 0, order, sure, border);
        reorder(crowding, sure, sure + border);
    }

    /** The room around a position: sixteen steps for each factor of two. */
    private int room(int position) {
        int steps = (int) (Double.doubleToRawLongBits(-crowding[points[position]]) >>> 48);
        return Math.clamp(steps - SMALLEST_ROOM, 0, ROOMS - 1);
    }

    /** Sorts order[from, to) by the key of the individuals. */
    private void reorder(double[] key, int from, int to) {
        ColumnSort by = sort.columns(0);
        int n = to - from;
        for (int i = 0; i < n; i++) {
            some[i] = points[order[from + i]];
        }
        by.sort(key, 1, 0, some, n);
        for (int i = 0; i < n; i++) {
            some[i] = order[from + by.at(i)];
        }
        System.arraycopy(some, 0, order, from, n);
    }

    /** Orders those that are not feasible, at positions from {@code feasible} to n - 1, behind the others. */
    private void rankBroken(int broken, int n) {
        for (int i = feasible; i < n; i++) {
            order[i] = i;
            crowding[points[i]] = 0;
        }
        if (broken > feasible) {
            reorder(violation, feasible, broken);
        }
    }

    /** Puts the first {@code kept} of the order to their new places. */
    private void settle(int kept) {
        for (int i = 0; i < kept; i++) {
            int source = points[order[i]];
            System.arraycopy(genes, source * blocks, keptGenes, i * blocks, blocks);
            System.arraycopy(values, source * goals, keptValues, i * goals, goals);
            keptViolation[i] = violation[source];
            keptCrowding[i] = crowding[source];
            keptHash[i] = hash[source];
            rank[i] = order[i] < feasible ? sort.rank(order[i]) : sort.fronts() + brokenRank(i);
        }
        System.arraycopy(keptGenes, 0, genes, 0, kept * blocks);
        System.arraycopy(keptValues, 0, values, 0, kept * goals);
        System.arraycopy(keptViolation, 0, violation, 0, kept);
        System.arraycopy(keptCrowding, 0, crowding, 0, kept);
        System.arraycopy(keptHash, 0, hash, 0, kept);
        size = kept;
        indexSurvivors();
    }

    /** The first place in the order that breaks constraints as much as place {@code i} does. */
    private int brokenRank(int i) {
        double v = violation[points[order[i]]];
        int low = feasible;
        int high = i;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (violation[points[order[middle]]] < v) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low - feasible;
    }
}
