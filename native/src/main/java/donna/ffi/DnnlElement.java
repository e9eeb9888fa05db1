package donna.ffi;

/** What the elements of a tensor are for oneDNN ({@code dnnl_data_type_t}). */
public enum DnnlElement {
    F32(3),
    BF16(2);

    final int code;

    DnnlElement(int code) {
        this.code = code;
    }
}
