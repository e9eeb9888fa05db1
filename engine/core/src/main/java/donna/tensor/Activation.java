package donna.tensor;

/**
 * Elementwise nonlinearity. {@link #apply} and {@link #derivative} are the definition that every backend is tested
 * against.
 */
public enum Activation {
    NONE,
    RELU,
    RELU6,
    /** x * sigmoid(x); also called SiLU. */
    SWISH,
    /** x * relu6(x + 3) / 6. */
    HSWISH,
    SIGMOID,
    /** relu6(x + 3) / 6. */
    HSIGMOID,
    /** x * Phi(x) with the exact normal distribution function (erf form). */
    GELU;

    /** Value at {@code x}. */
    public double apply(double x) {
        return switch (this) {
            case NONE -> x;
            case RELU -> Math.max(x, 0);
            case RELU6 -> Math.min(Math.max(x, 0), 6);
            case SWISH -> x * sigmoid(x);
            case HSWISH -> x * Math.min(Math.max(x + 3, 0), 6) / 6;
            case SIGMOID -> sigmoid(x);
            case HSIGMOID -> Math.min(Math.max(x + 3, 0), 6) / 6;
            case GELU -> 0.5 * x * (1 + Erf.erf(x / Math.sqrt(2)));
        };
    }

    /** Derivative at {@code x}; at a kink the value PyTorch uses (0 on both sides' border). */
    public double derivative(double x) {
        return switch (this) {
            case NONE -> 1;
            case RELU -> x > 0 ? 1 : 0;
            case RELU6 -> x > 0 && x < 6 ? 1 : 0;
            case SWISH -> {
                double s = sigmoid(x);
                yield s * (1 + x * (1 - s));
            }
            case HSWISH -> x <= -3 ? 0 : x >= 3 ? 1 : (2 * x + 3) / 6;
            case SIGMOID -> {
                double s = sigmoid(x);
                yield s * (1 - s);
            }
            case HSIGMOID -> x > -3 && x < 3 ? 1.0 / 6 : 0;
            case GELU -> 0.5 * (1 + Erf.erf(x / Math.sqrt(2))) + x * Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);
        };
    }

    /** Whether {@code apply(0) == 0}: such an activation keeps the zeros of a blocked layout's missing channels. */
    public boolean keepsZero() {
        return this != SIGMOID && this != HSIGMOID;
    }

    private static double sigmoid(double x) {
        return 1 / (1 + Math.exp(-x));
    }
}
