package donna.kernels;

/** How activations lie in memory: what a source file is compiled for. The order is that of {@code kshim.h}'s {@code STORAGE}. */
public enum Storage {
    F32(4),
    F16(2),
    BF16(2);

    private static final int OLDEST_WITH_BF16 = 80;

    private final int bytes;

    Storage(int bytes) {
        this.bytes = bytes;
    }

    /** Of one element. */
    public int bytes() {
        return bytes;
    }

    /** What the compiler is told. */
    public String option() {
        return "-DSTORAGE=" + ordinal();
    }

    /**
     * Whether cards of a generation convert it.
     *
     * @param capability {@code 10 * major + minor}
     */
    public boolean isOn(int capability) {
        return this != BF16 || capability >= OLDEST_WITH_BF16;
    }
}
