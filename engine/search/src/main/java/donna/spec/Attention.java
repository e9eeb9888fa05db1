package donna.spec;

/** Channel attention in a candidate's layers; in a spec {@code false} and {@code true} also say {@code none} and {@code se}. */
public enum Attention {
    NONE,
    /** Squeeze-and-excitation: a sigmoid gate, squeezed with the candidate's activation. */
    SE,
    /** MobileNetV3's squeeze-and-excitation: a piecewise linear gate, squeezed with relu. */
    HARD_SE,
    /** Efficient channel attention: a convolution over neighbouring channels. */
    ECA
}
