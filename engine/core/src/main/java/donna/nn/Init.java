package donna.nn;

import donna.graph.Mask;

/** How a parameter starts. Values depend on (seed, parameter name, index) only. */
public sealed interface Init {
    /** Every element {@code value}. */
    record Constant(float value) implements Init {}

    /** Uniform in {@code [-bound, bound)}; PyTorch's default for convolutions and linear layers has bound {@code 1 / sqrt(fanIn)}. */
    record Uniform(double bound) implements Init {}

    Init ZEROS = new Constant(0);
    Init ONES = new Constant(1);

    static Init fanIn(long fanIn) {
        return new Uniform(1 / Math.sqrt(fanIn));
    }

    /** The starting values of a parameter of {@code elements} elements. */
    default float[] values(long seed, String name, int elements) {
        float[] out = new float[elements];
        long key = Mask.mix(Mask.mix(seed) ^ stableHash(name));
        for (int i = 0; i < elements; i++) {
            out[i] = switch (this) {
                case Constant c -> c.value();
                case Uniform u -> (float) (((Mask.mix(key + i) >>> 11) * 0x1p-53 * 2 - 1) * u.bound());
            };
        }
        return out;
    }

    private static long stableHash(String name) {
        long h = 0xcbf29ce484222325L; // FNV-1a
        for (int i = 0; i < name.length(); i++) {
            h = (h ^ name.charAt(i)) * 0x100000001b3L;
        }
        return h;
    }
}
