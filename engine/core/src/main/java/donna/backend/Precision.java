package donna.backend;

import java.util.Locale;

/**
 * What a device computes in. Whatever it is, a caller's tensors are F32, and so are parameters, their gradients, statistics, losses and the optimizer's state;
 * sums are made in single precision. Two runs of different precision have different results.
 */
public enum Precision {
    /** Single precision throughout. */
    F32,
    /** Single precision, but products and convolutions round what they multiply to ten bits of mantissa. */
    TF32,
    /**
     * What products and convolutions multiply is rounded to 16 bits, eight of exponent and seven of mantissa, where that is faster; a device may store activations
     * and their gradients so as well.
     */
    BF16,
    /**
     * Activations and their gradients, and what is multiplied, are stored in 16 bits, five of exponent and ten of mantissa: small gradients would be lost, so that
     * trainings scale the loss.
     */
    F16;

    /** {@code bf16}: as users write it. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
