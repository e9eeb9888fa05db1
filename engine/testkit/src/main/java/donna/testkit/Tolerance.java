package donna.testkit;

import donna.tensor.DType;

/**
 * How far a result may be from the truth, and the only place that says so. Errors are measured against the largest
 * magnitude of the expected tensor: the rounding error of a sum of random terms grows with the square root of its
 * length (Higham, "Accuracy and Stability of Numerical Algorithms", 4.2).
 *
 * @param relative largest allowed error as a share of the expected tensor's largest magnitude
 */
public record Tolerance(double relative) {
    /**
     * For results of {@code type} whose longest sum has {@code reductionLength} terms (of a chain of ops: all of them
     * together).
     */
    public static Tolerance of(DType type, long reductionLength) {
        double epsilon = type == DType.F64 ? 0x1p-52 : 0x1p-23;
        return new Tolerance(epsilon * (16 + 4 * Math.sqrt(reductionLength)));
    }

    /** For central differences in double with a step of 1e-5. */
    public static Tolerance ofFiniteDifferences() {
        return new Tolerance(1e-6);
    }

    /** For losses of the first training steps beside another implementation's in single precision. */
    public static Tolerance ofTraining() {
        return new Tolerance(1e-5);
    }

    /** For results in double beside another implementation's in double, where both take the same coefficients. */
    public static Tolerance ofGoldens() {
        return new Tolerance(1e-9);
    }

    /**
     * Compares a whole tensor.
     *
     * @throws AssertionError naming the worst element
     */
    public void check(String what, double[] expected, double[] actual) {
        if (expected.length != actual.length) {
            throw new AssertionError(what + ": " + actual.length + " values, expected " + expected.length);
        }
        double scale = 0;
        for (double e : expected) {
            scale = Math.max(scale, Math.abs(e));
        }
        int worst = 0;
        double error = -1;
        for (int i = 0; i < expected.length; i++) {
            double e = Double.compare(expected[i], actual[i]) == 0 ? 0 : Math.abs(expected[i] - actual[i]);
            if (Double.isNaN(e)) {
                throw new AssertionError(what + ": element " + i + " is " + actual[i] + ", expected " + expected[i]);
            }
            if (e > error) {
                error = e;
                worst = i;
            }
        }
        if (error > relative * scale) {
            throw new AssertionError(what + ": element " + worst + " of " + expected.length + " is " + actual[worst]
                    + ", expected " + expected[worst] + "; off by " + error / scale + " of the largest magnitude "
                    + scale + ", allowed " + relative);
        }
    }
}
