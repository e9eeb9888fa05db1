package donna.ffi;

/** The types of numbers on a card. */
public enum CudaElement {
    F32(4, 0, 0),
    F16(2, 2, 2),
    BF16(2, 14, 9);

    /** Of one number. */
    public final int bytes;

    /** {@code cudaDataType_t}. */
    final int cuda;

    /** {@code cudnnDataType_t}. */
    final int cudnn;

    CudaElement(int bytes, int cuda, int cudnn) {
        this.bytes = bytes;
        this.cuda = cuda;
        this.cudnn = cudnn;
    }
}
