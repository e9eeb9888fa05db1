package donna.data;

import donna.graph.Mask;

/**
 * The order in which an epoch visits the images: a Fisher-Yates shuffle (Durstenfeld 1964) whose draws are
 * counter-based, so that it is a function of (n, seed, epoch) alone.
 */
public final class EpochOrder {
    private static final long SALT = Mask.mix(0x6F72646572L);

    private EpochOrder() {}

    /** A uniformly drawn permutation of {@code 0 .. n - 1}. */
    public static int[] permutation(int n, long seed, int epoch) {
        int[] order = new int[n];
        for (int i = 0; i < n; i++) {
            order[i] = i;
        }
        long key = Mask.mix(Mask.mix(SALT ^ seed) ^ epoch);
        for (int i = n - 1; i > 0; i--) {
            int j = below(Mask.mix(key ^ i), i + 1);
            int swapped = order[i];
            order[i] = order[j];
            order[j] = swapped;
        }
        return order;
    }

    /** {@code bits} as a number in {@code 0 .. bound - 1}; the bias is below {@code bound / 2^64}. */
    static int below(long bits, int bound) {
        return (int) Math.unsignedMultiplyHigh(bits, bound);
    }
}
