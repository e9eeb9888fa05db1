package donna.kernels;

/** A kind of kernel parameter. */
public enum Parameter {
    /** An address on the card, of floats, or of labels. */
    POINTER,
    /** An address on the card, of elements of the {@link Storage} that the kernel is compiled for. */
    STORED,
    /** Four bytes. */
    INT,
    /** Eight bytes. */
    LONG,
    FLOAT
}
