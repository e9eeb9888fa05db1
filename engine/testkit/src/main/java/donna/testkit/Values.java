package donna.testkit;

import donna.graph.Mask;

/** What a case's tensor holds: a function of a standard normal deviate and the element's index. */
@FunctionalInterface
public interface Values {
    /** Standard normal. */
    Values NORMAL = (z, i) -> z;

    /** 0.5 and more: variances and their inverses. */
    Values POSITIVE = (z, i) -> 0.5 + Math.abs(z);

    Values ZERO = (z, i) -> 0;

    double at(double normal, int index);

    static Values normal(double mean, double std) {
        return (z, i) -> mean + std * z;
    }

    static Values constant(double value) {
        return (z, i) -> value;
    }

    /** The given numbers over and over. */
    static Values cycle(double... values) {
        return (z, i) -> values[i % values.length];
    }

    /** Class numbers. */
    static Values labels(int classes) {
        return (z, i) -> Math.floorMod((int) Math.floor(z * 1000), classes);
    }

    /**
     * {@code count} values that depend on the seed only, each a single-precision number, so that every data type holds
     * the same.
     */
    default double[] generate(String seed, int count) {
        long key = 0;
        for (int i = 0; i < seed.length(); i++) {
            key = Mask.mix(key ^ seed.charAt(i));
        }
        double[] out = new double[count];
        for (int i = 0; i < count; i++) {
            double u = ((Mask.mix(key ^ 2L * i) >>> 11) + 1) * 0x1p-53;
            double v = (Mask.mix(key ^ (2L * i + 1)) >>> 11) * 0x1p-53;
            out[i] = (float) at(StrictMath.sqrt(-2 * StrictMath.log(u)) * StrictMath.cos(2 * Math.PI * v), i);
        }
        return out;
    }
}
