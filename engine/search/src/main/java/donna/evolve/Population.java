package donna.evolve;

import donna.graph.Mask;
import java.util.Arrays;

/**
 * Parents and children side by side in flat arrays: the first half survivors, the second half room for as many
 * children. Everything is
 * allocated once. Objectives are kept with the sign that makes smaller better. Filled by many threads at different
 * places, sorted by one.
 */
final class Population {
    final int capacity;
    final int blocks;
    final int goals;
    int[] genes;
    double[] values;
    double[] violation;
    int size;

    private final double[] crowding;
    private final int[] rank;
    private final int[] order;
    private final int[] feasible;
    private final double[] packed;
    private final NondominatedSort sort;
    private final IndexSort indexSort;
    private final int[] table;
    private int[] otherGenes;
    private double[] otherValues;
    private double[] otherViolation;
    private final double[] otherCrowding;
    private final int[] otherRank;

    /** @param capacity most survivors */
    Population(int capacity, int blocks, int goals) {
        this.capacity = capacity;
        this.blocks = blocks;
        this.goals = goals;
        int room = 2 * capacity;
        genes = new int[room * blocks];
        values = new double[room * goals];
        violation = new double[room];
        otherGenes = new int[room * blocks];
        otherValues = new double[room * goals];
        otherViolation = new double[room];
        crowding = new double[room];
        otherCrowding = new double[capacity];
        rank = new int[room];
        otherRank = new int[capacity];
        order = new int[room];
        feasible = new int[room];
        packed = new double[room * goals];
        sort = new NondominatedSort(room, goals);
        indexSort = new IndexSort(room);
        table = new int[Integer.highestOneBit(room) * 4];
    }

    /** The better of two survivors: lower rank, then more room around it, then the first. */
    int better(int a, int b) {
        if (rank[a] != rank[b]) {
            return rank[a] < rank[b] ? a : b;
        }
        return crowding[a] >= crowding[b] ? a : b;
    }

    boolean isBest(int i) {
        return rank[i] == 0 && violation[i] == 0;
    }

    /** Forgets which genomes are known and learns those of the first {@code n} individuals. */
    void index(int n) {
        Arrays.fill(table, -1);
        for (int i = 0; i < n; i++) {
            addIfNew(i);
        }
    }

    /** Whether no known individual has the genes of {@code i}, which is known from then on. */
    boolean addIfNew(int i) {
        int from = i * blocks;
        long hash = 0;
        for (int n = 0; n < blocks; n++) {
            hash = Mask.mix(hash ^ genes[from + n]);
        }
        int slot = (int) (hash >>> 33) & table.length - 1;
        while (table[slot] >= 0) {
            int other = table[slot] * blocks;
            if (Arrays.equals(genes, from, from + blocks, genes, other, other + blocks)) {
                return false;
            }
            slot = slot + 1 & table.length - 1;
        }
        table[slot] = i;
        return true;
    }

    /** Moves individual {@code from}'s genes to place {@code to}. */
    void move(int from, int to) {
        System.arraycopy(genes, from * blocks, genes, to * blocks, blocks);
    }

    /**
     * Keeps the best {@code capacity} of the first {@code n} individuals, in order of rank: feasible ones by dominance,
     * then the others by how
     * much they break constraints (Deb, Pratap, Agarwal, Meyarivan 2002). The last front that does not fit whole keeps
     * its least crowded.
     */
    void select(int n) {
        rankAll(n);
        int kept = Math.min(capacity, n);
        indexByRank(n);
        int from = 0;
        while (from < kept) {
            int to = from;
            while (to < n && rank[order[to]] == rank[order[from]]) {
                to++;
            }
            crowd(from, to);
            if (to > kept) {
                indexSort.byColumn(order, from, to, crowding, 1, 0, true);
            }
            from = to;
        }
        for (int i = 0; i < kept; i++) {
            int source = order[i];
            System.arraycopy(genes, source * blocks, otherGenes, i * blocks, blocks);
            System.arraycopy(values, source * goals, otherValues, i * goals, goals);
            otherViolation[i] = violation[source];
            otherCrowding[i] = crowding[source];
            otherRank[i] = rank[source];
        }
        swap();
        System.arraycopy(otherCrowding, 0, crowding, 0, kept);
        System.arraycopy(otherRank, 0, rank, 0, kept);
        size = kept;
    }

    private void rankAll(int n) {
        int count = 0;
        int broken = n;
        for (int i = 0; i < n; i++) {
            if (violation[i] == 0) {
                System.arraycopy(values, i * goals, packed, count * goals, goals);
                feasible[count++] = i;
            } else {
                order[--broken] = i;
            }
        }
        sort.sort(packed, count);
        for (int i = 0; i < count; i++) {
            rank[feasible[i]] = sort.rank(i);
        }
        int next = sort.fronts();
        indexSort.byColumn(order, broken, n, violation, 1, 0, false);
        for (int i = broken; i < n; i++) {
            boolean tie = i > broken && violation[order[i]] == violation[order[i - 1]];
            rank[order[i]] = tie ? rank[order[i - 1]] : next++;
        }
    }

    private void indexByRank(int n) {
        for (int i = 0; i < n; i++) {
            order[i] = i;
            packed[i] = rank[i];
        }
        indexSort.byColumn(order, 0, n, packed, 1, 0, false);
    }

    /**
     * Distance between neighbours in every objective, as a share of the front's extent; the ends of a front are
     * infinitely far.
     */
    private void crowd(int from, int to) {
        for (int i = from; i < to; i++) {
            crowding[order[i]] = 0;
        }
        for (int k = 0; k < goals; k++) {
            indexSort.byColumn(order, from, to, values, goals, k, false);
            double extent = values[order[to - 1] * goals + k] - values[order[from] * goals + k];
            crowding[order[from]] = Double.POSITIVE_INFINITY;
            crowding[order[to - 1]] = Double.POSITIVE_INFINITY;
            for (int i = from + 1; i < to - 1; i++) {
                double gap = values[order[i + 1] * goals + k] - values[order[i - 1] * goals + k];
                crowding[order[i]] += extent > 0 ? gap / extent : 0;
            }
        }
    }

    private void swap() {
        int[] g = genes;
        genes = otherGenes;
        otherGenes = g;
        double[] v = values;
        values = otherValues;
        otherValues = v;
        double[] b = violation;
        violation = otherViolation;
        otherViolation = b;
    }
}
