package donna.predict;

/**
 * Where the truth is expected.
 *
 * @param low lower end
 * @param high upper end
 */
public record Interval(double low, double high) {
    /** Whether {@code x} lies inside, ends included. */
    public boolean contains(double x) {
        return low <= x && x <= high;
    }
}
