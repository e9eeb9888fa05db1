package donna.evolve;

import donna.graph.Mask;

/**
 * Random genomes and children of survivors. Every draw is a function of (seed, generation, child, attempt, number of
 * the draw). Usable from any thread.
 */
final class Breeding {
    private static final long SALT = Mask.mix(0x65766F6C7665L);
    private static final long PARENTS = 1;
    private static final long CROSSOVER = 3;
    private static final long MIX = 4;
    private static final long FORCE = 5;
    private static final long MUTATE = 1L << 20;
    private static final long RESET = 2L << 20;

    private final long seed;
    private final int[] options;
    private final Variation variation;

    /** Rates as shares of 2 to the 32nd. */
    private final long crossoverRate;

    private final long mutationRate;

    Breeding(long seed, int[] options, Variation variation) {
        this.seed = Mask.mix(SALT ^ seed);
        this.options = options;
        this.variation = variation;
        crossoverRate = (long) (variation.crossoverRate() * 0x1p32);
        mutationRate = (long) (variation.mutationRate() * 0x1p32);
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
        int mother = parent(p, Mask.mix(key ^ PARENTS)) * options.length;
        int father = parent(p, Mask.mix(key ^ PARENTS + 1)) * options.length;
        boolean mixed = low(Mask.mix(key ^ CROSSOVER)) < crossoverRate;
        long fromFather = mixed ? blocksOfOne(Mask.mix(key ^ MIX)) : 0;
        int at = place * options.length;
        long coins = 0;
        for (int n = 0; n < options.length; n++) {
            // One draw is the coins of two blocks.
            coins = (n & 1) == 0 ? Mask.mix(key ^ MUTATE + n) : coins >>> Integer.SIZE;
            char gene = p.genes[((fromFather >>> n & 1) != 0 ? father : mother) + n];
            p.genes[at + n] = low(coins) < mutationRate
                    ? mutant(gene, Mask.mix(key ^ RESET + n), options[n])
                    : gene;
        }
        if (attempt > 0) {
            long bits = Mask.mix(key ^ FORCE);
            int n = below(bits, options.length);
            if (options[n] > 1) {
                int step = 1 + below(Mask.mix(bits), options[n] - 1);
                p.genes[at + n] = (char) ((p.genes[at + n] + step) % options[n]);
            }
        }
    }

    /** The better of two survivors, each drawn by half of the bits. */
    private static int parent(Population p, long bits) {
        int one = (int) ((bits >>> Integer.SIZE) * p.size >>> Integer.SIZE);
        int other = (int) (low(bits) * p.size >>> Integer.SIZE);
        return p.better(one, other);
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

    private static long low(long bits) {
        return bits & 0xFFFFFFFFL;
    }

    private static int below(long bits, int bound) {
        return (int) Math.unsignedMultiplyHigh(bits, bound);
    }
}
