package donna.evolve;

import donna.graph.Mask;

/**
 * Random genomes and children of survivors. Every draw is a function of (seed, generation, child, attempt, number of
 * the draw). Usable from any thread.
 */
final class Breeding {
    private static final long SALT = Mask.mix(0x65766F6C7665L);
    private static final long MUTATE = 1L << 20;
    private static final long RESET = 2L << 20;
    private static final long MIX = 3L << 20;
    private static final long FORCE = 4L << 20;

    private final long seed;
    private final int[] options;
    private final Variation variation;

    Breeding(long seed, int[] options, Variation variation) {
        this.seed = Mask.mix(SALT ^ seed);
        this.options = options;
        this.variation = variation;
    }

    /** Writes uniformly drawn genes to {@code genes[at ...]}. */
    void random(char[] genes, int at, long child, int attempt) {
        long key = key(0, child, attempt);
        for (int n = 0; n < options.length; n++) {
            genes[at + n] = (char) below(Mask.mix(key ^ RESET + n), options[n]);
        }
    }

    /**
     * Writes child number {@code child} of a generation to individual {@code place}: two parents by binary tournament,
     * mixed and mutated. From the second attempt on, one gene is changed for certain.
     */
    void child(Population p, int place, long generation, long child, int attempt) {
        long key = key(generation, child, attempt);
        int mother = p.better(below(Mask.mix(key), p.size), below(Mask.mix(key ^ 1), p.size)) * options.length;
        int father = p.better(below(Mask.mix(key ^ 2), p.size), below(Mask.mix(key ^ 3), p.size)) * options.length;
        boolean mixed = unit(Mask.mix(key ^ 4)) < variation.crossoverRate();
        long fromFather = mixed ? blocksOfOne(Mask.mix(key ^ MIX)) : 0;
        int at = place * options.length;
        for (int n = 0; n < options.length; n++) {
            p.genes[at + n] = p.genes[((fromFather >>> n & 1) != 0 ? father : mother) + n];
            if (unit(Mask.mix(key ^ MUTATE + n)) < variation.mutationRate()) {
                p.genes[at + n] = mutant(p.genes[at + n], Mask.mix(key ^ RESET + n), options[n]);
            }
        }
        if (attempt > 0) {
            int n = below(Mask.mix(key ^ FORCE), options.length);
            if (options[n] > 1) {
                int step = 1 + below(Mask.mix(key ^ FORCE + 1), options[n] - 1);
                p.genes[at + n] = (char) ((p.genes[at + n] + step) % options[n]);
            }
        }
    }

    /** One bit per block: set where the second parent's choice is taken. */
    private long blocksOfOne(long bits) {
        return switch (variation.crossover()) {
            case UNIFORM -> bits;
            case TWO_POINT -> {
                int a = (int) (bits >>> 32 & 0x7FFFFFFF) % (options.length + 1);
                int b = (int) (bits & 0x7FFFFFFF) % (options.length + 1);
                yield upTo(Math.max(a, b)) & ~upTo(Math.min(a, b));
            }
        };
    }

    private static long upTo(int n) {
        return n == Long.SIZE ? -1 : (1L << n) - 1;
    }

    private char mutant(char gene, long bits, int bound) {
        return switch (variation.mutation()) {
            case RESET -> (char) below(bits, bound);
            case NEIGHBOUR -> {
                if (bound == 1) {
                    yield gene;
                }
                boolean up = gene == 0 || bits < 0 && gene < bound - 1;
                yield (char) (up ? gene + 1 : gene - 1);
            }
        };
    }

    private long key(long generation, long child, int attempt) {
        return Mask.mix(Mask.mix(Mask.mix(seed ^ generation) ^ child) ^ attempt);
    }

    private static double unit(long bits) {
        return (bits >>> 11) * 0x1p-53;
    }

    private static int below(long bits, int bound) {
        return (int) Math.unsignedMultiplyHigh(bits, bound);
    }
}
