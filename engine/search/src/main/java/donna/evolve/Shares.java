package donna.evolve;

/** The division of items 0 to n - 1 into shares that differ by at most one item, the first being the largest. */
final class Shares {
    private Shares() {}

    /** Where share {@code k} of {@code n} items begins. */
    static int start(int n, int k, int shares) {
        return n / shares * k + Math.min(k, n % shares);
    }

    /** Number of items in share {@code k}. */
    static int size(int n, int k, int shares) {
        return start(n, k + 1, shares) - start(n, k, shares);
    }
}
