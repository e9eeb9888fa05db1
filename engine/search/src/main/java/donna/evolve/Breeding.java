package donna.evolve;

import donna.graph.Mask;

/**
 * Random genomes and children of survivors. Every draw is a function of (seed, generation, child, attempt, number of
 * the draw).
 */
final class Breeding {
    private static final long SALT = Mask.mix(0x65766F6C7665L);
    private static final long MUTATE = 1L << 20;
    private static final long RESET = 2L << 20;
    private static final long MIX = 3L << 20;
    private static final long FORCE = 4L << 20;

    private final long seed;
    private final int[] options;
    private final double crossover;
    private final double mutation;

    Breeding(long seed, int[] options, double crossover, double mutation) {
        this.seed = Mask.mix(SALT ^ seed);
        this.options = options;
        this.crossover = crossover;
        this.mutation = mutation;
    }

    /** Writes uniformly drawn genes to {@code genes[at ...]}. */
    void random(int[] genes, int at, int child, int attempt) {
        long key = key(0, child, attempt);
        for (int n = 0; n < options.length; n++) {
            genes[at + n] = below(Mask.mix(key ^ RESET + n), options[n]);
        }
    }

    /**
     * Writes child number {@code child} of a generation to individual {@code place}: two parents by binary tournament,
     * genes from either with
     * equal probability, some drawn anew. From the second attempt on, one gene is changed for certain.
     */
    void child(Population p, int place, int generation, int child, int attempt) {
        long key = key(generation, child, attempt);
        int mother = p.better(below(Mask.mix(key), p.size), below(Mask.mix(key ^ 1), p.size)) * options.length;
        int father = p.better(below(Mask.mix(key ^ 2), p.size), below(Mask.mix(key ^ 3), p.size)) * options.length;
        boolean mixed = unit(Mask.mix(key ^ 4)) < crossover;
        int at = place * options.length;
        long coins = 0;
        for (int n = 0; n < options.length; n++) {
            if ((n & 63) == 0) {
                coins = Mask.mix(key ^ MIX + n);
            }
            boolean fromFather = mixed && (coins >>> n & 1) != 0;
            p.genes[at + n] = p.genes[(fromFather ? father : mother) + n];
            if (unit(Mask.mix(key ^ MUTATE + n)) < mutation) {
                p.genes[at + n] = below(Mask.mix(key ^ RESET + n), options[n]);
            }
        }
        if (attempt > 0) {
            int n = below(Mask.mix(key ^ FORCE), options.length);
            if (options[n] > 1) {
                int step = 1 + below(Mask.mix(key ^ FORCE + 1), options[n] - 1);
                p.genes[at + n] = (p.genes[at + n] + step) % options[n];
            }
        }
    }

    private long key(int generation, int child, int attempt) {
        return Mask.mix(Mask.mix(Mask.mix(seed ^ generation) ^ child) ^ attempt);
    }

    private static double unit(long bits) {
        return (bits >>> 11) * 0x1p-53;
    }

    private static int below(long bits, int bound) {
        return (int) Math.unsignedMultiplyHigh(bits, bound);
    }
}
