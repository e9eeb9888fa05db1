package donna.testkit;

import donna.backend.Precision;
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

    /**
     * For results of a graph of {@code nodes} ops, each of which may store what it computes in 16 bits: for {@link #checkNorm}, as a single element that lies
     * beside a kink may be off by any amount.
     */
    public static Tolerance of(Precision precision, int nodes) {
        return new Tolerance(unitRoundoff(precision) * Math.sqrt(nodes));
    }

    /** For losses and parameters of the first training steps, with activations stored in 16 bits, beside single precision. */
    public static Tolerance ofTraining(Precision precision) {
        return new Tolerance(8 * unitRoundoff(precision));
    }

    private static double unitRoundoff(Precision precision) {
        return switch (precision) {
            case F32 -> 0x1p-24;
            case TF32, F16 -> 0x1p-11;
            case BF16 -> 0x1p-8;
        };
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
     * Compares a whole tensor by the Euclidean norm of the error.
     *
     * @throws AssertionError if it is too large beside that of what is expected
     */
    public void checkNorm(String what, double[] expected, double[] actual) {
        double error = 0;
        double scale = 0;
        for (int i = 0; i < expected.length; i++) {
            error += (actual[i] - expected[i]) * (actual[i] - expected[i]);
            scale += expected[i] * expected[i];
        }
        if (expected.length != actual.length || !(Math.sqrt(error) <= relative * Math.sqrt(scale))) {
            throw new AssertionError(what + ": off by " + Math.sqrt(error / scale) + " of the norm of the " + expected.length
                    + " values expected, allowed " + relative);
        }
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
