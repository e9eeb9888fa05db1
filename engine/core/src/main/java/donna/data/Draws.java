package donna.data;

import donna.graph.Mask;

/** Random numbers of one image: number {@code n} is a function of the image's bits and {@code n} alone. Not thread-safe. */
final class Draws {
    private final long bits;
    private long count;

    /** @param stage keeps the draws of one purpose apart from another's */
    Draws(long bits, int stage) {
        this.bits = Mask.mix(bits ^ 0x647261777300L + stage);
    }

    private long next() {
        return Mask.mix(bits ^ ++count);
    }

    /** Uniform in [0, 1). */
    double unit() {
        return (next() >>> 11) * 0x1p-53;
    }

    /** Uniform in [from, to). */
    double between(double from, double to) {
        return from + (to - from) * unit();
    }

    /** Uniform in {@code 0 .. bound - 1}. */
    int below(int bound) {
        return EpochOrder.below(next(), bound);
    }

    /** Standard normal; Box and Muller 1958. */
    double normal() {
        return Math.sqrt(-2 * Math.log(1 - unit())) * Math.cos(2 * Math.PI * unit());
    }

    /** Gamma-distributed with scale 1; Marsaglia and Tsang 2000, with their boost for shapes below 1. */
    double gamma(double shape) {
        if (shape < 1) {
            return gamma(shape + 1) * Math.pow(1 - unit(), 1 / shape);
        }
        double d = shape - 1.0 / 3;
        double c = 1 / Math.sqrt(9 * d);
        while (true) {
            double x = normal();
            double v = Math.pow(1 + c * x, 3);
            if (v > 0 && Math.log(1 - unit()) < 0.5 * x * x + d - d * v + d * Math.log(v)) {
                return d * v;
            }
        }
    }

    /** Beta-distributed with both parameters {@code alpha}. */
    double beta(double alpha) {
        double a = gamma(alpha);
        double b = gamma(alpha);
        return a + b > 0 ? a / (a + b) : below(2);
    }
}
