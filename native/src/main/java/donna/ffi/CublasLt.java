package donna.ffi;

import java.lang.foreign.MemorySegment;

/**
 * The functions of cuBLASLt that we call, under their C names. A function that returns {@code int} returns a {@code cublasStatus_t}. Thread-safe: a handle
 * holds no state of the work. Source: cuBLAS 12.9; all of it is in 11.4 and newer.
 */
public interface CublasLt {
    /** {@code 10000 * major + 100 * minor + patch}. */
    long cublasLtGetVersion();

    /** A static string: the status as a sentence. */
    MemorySegment cublasLtGetStatusString(int status);

    int cublasLtCreate(MemorySegment handle);

    int cublasLtDestroy(long handle);

    int cublasLtMatmulDescCreate(MemorySegment desc, int computeType, int scaleType);

    int cublasLtMatmulDescDestroy(long desc);

    int cublasLtMatmulDescSetAttribute(long desc, int attribute, MemorySegment value, long bytes);

    int cublasLtMatmulDescGetAttribute(long desc, int attribute, MemorySegment value, long bytes, MemorySegment written);

    /** A matrix in columns, {@code leading} elements apart, unless its order is set otherwise. */
    int cublasLtMatrixLayoutCreate(MemorySegment layout, int type, long rows, long columns, long leading);

    int cublasLtMatrixLayoutDestroy(long layout);

    int cublasLtMatrixLayoutSetAttribute(long layout, int attribute, MemorySegment value, long bytes);

    int cublasLtMatrixLayoutGetAttribute(long layout, int attribute, MemorySegment value, long bytes, MemorySegment written);

    int cublasLtMatmulPreferenceCreate(MemorySegment preference);

    int cublasLtMatmulPreferenceDestroy(long preference);

    int cublasLtMatmulPreferenceSetAttribute(long preference, int attribute, MemorySegment value, long bytes);

    /** Writes up to {@code requested} {@code cublasLtMatmulHeuristicResult_t}, the best first. */
    int cublasLtMatmulAlgoGetHeuristic(
            long handle, long desc, long a, long b, long c, long d, long preference, int requested, MemorySegment results, MemorySegment returned);

    /** {@code d = alpha a b + beta c}; alpha and beta lie on the host unless the descriptor's pointer mode says otherwise. */
    int cublasLtMatmul(
            long handle, long desc, MemorySegment alpha, long a, long aLayout, long b, long bLayout, MemorySegment beta, long c, long cLayout,
            long d, long dLayout, MemorySegment algorithm, long workspace, long workspaceBytes, long stream);
}
