package donna.cpu.kernel;

/** What batch norm takes from a tensor, per channel. */
interface Moments {
    /** Mean of channel {@code c} over {@code count} values. */
    double mean(int c, long count);

    /** Biased variance of channel {@code c} over {@code count} values. */
    double variance(int c, long count);
}
