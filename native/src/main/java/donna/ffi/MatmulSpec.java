package donna.ffi;

/**
 * A product of matrices in rows, {@code D = alpha op(A) op(B) + beta C [+ bias]}, with {@code op(A)} of {@code [rows, inner]}, {@code op(B)} of
 * {@code [inner, columns]}, and C and D of {@code [rows, columns]} in the same layout; once, or for each of {@code batch} such matrices. Sums are F32.
 *
 * @param operands elements of A and B
 * @param result elements of C and D
 * @param tensorFloat whether F32 operands may be rounded to TF32 (ten bits of mantissa) for the tensor cores
 * @param a A as it lies in memory: transposed, it is {@code [inner, rows]}
 * @param b B as it lies in memory: transposed, it is {@code [columns, inner]}
 * @param c C and D
 * @param epilogue what happens to the sums before they are stored
 */
public record MatmulSpec(
        CudaElement operands, CudaElement result, boolean tensorFloat, int rows, int columns, int inner, int batch, Matrix a, Matrix b, Matrix c,
        Epilogue epilogue) {
    /**
     * A matrix in rows.
     *
     * @param leading elements from one row to the next
     * @param batchStride elements from one matrix of the batch to the next
     */
    public record Matrix(boolean transposed, long leading, long batchStride) {}

    /** What happens to the sums. The bias has one element of the result's type for each column. */
    public enum Epilogue {
        NONE(1),
        BIAS(4),
        RELU_BIAS(6),
        GELU_TANH_BIAS(36);

        final int code;

        Epilogue(int code) {
            this.code = code;
        }
    }

    /** One product of dense matrices. */
    public static MatmulSpec dense(CudaElement element, boolean transposeA, boolean transposeB, int rows, int columns, int inner) {
        return new MatmulSpec(element, element, false, rows, columns, inner, 1, new Matrix(transposeA, transposeA ? rows : inner, 0),
                new Matrix(transposeB, transposeB ? inner : columns, 0), new Matrix(false, columns, 0), Epilogue.NONE);
    }
}
