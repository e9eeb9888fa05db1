package donna.tensor;

/** Element type of a tensor. */
public enum DType {
    /** IEEE 754 single precision; what every backend trains in. */
    F32(4),
    /** IEEE 754 double precision; reference backend only. */
    F64(8),
    /** Signed 32-bit integer: class labels, indices. */
    I32(4),
    /** Unsigned byte: raw pixels. */
    U8(1);

    private final int bytes;

    DType(int bytes) {
        this.bytes = bytes;
    }

    /** Size of one element in bytes. */
    public int bytes() {
        return bytes;
    }

    /** Whether values are real numbers. */
    public boolean isFloat() {
        return this == F32 || this == F64;
    }
}
