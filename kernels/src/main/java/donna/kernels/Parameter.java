package donna.kernels;

/** A kind of kernel parameter. */
public enum Parameter {
    /** An address on the card. */
    POINTER,
    /** Four bytes. */
    INT,
    /** Eight bytes. */
    LONG,
    FLOAT
}
