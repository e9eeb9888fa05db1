package donna.graph;

/**
 * Counter-based random bits of {@link Op.Dropout}: every backend drops the same elements. Mixer: SplitMix64 (Steele,
 * Lea, Flood 2014).
 */
public final class Mask {
    private Mask() {}

    /** Whether element {@code index} survives. */
    public static boolean keep(long salt, long step, long index, float rate) {
        return (mix(mix(mix(salt) ^ step) ^ index) >>> 40) * 0x1p-24f >= rate;
    }

    /** SplitMix64's finaliser. */
    public static long mix(long z) {
        z += 0x9E3779B97F4A7C15L;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
