package donna.cuda;

import donna.ffi.BlasLt;
import donna.ffi.Matmul;
import donna.ffi.MatmulSpec;
import donna.tensor.DonnaException;
import java.util.Optional;

/**
 * cuBLASLt on one card, which it owns: a product is computed by the algorithm that the library names first, or, on a fast device, by the one that is the
 * fastest. Thread-safe; the context is current.
 */
final class ProductPlans implements AutoCloseable {
    /** Memory that a product may use besides: what the library wants on newer cards to split long sums among blocks. */
    private static final long WORKSPACE_BYTES = 32L << 20;

    private final BlasLt blas;
    private final Optional<FastestProducts> fastest;

    /** @param fastest empty where the library's own choice stands, which is the same in every run */
    ProductPlans(BlasLt blas, Optional<FastestProducts> fastest) {
        this.blas = blas;
        this.fastest = fastest;
    }

    /**
     * A way to compute {@code spec}, which the caller closes.
     *
     * @param beta with which it will be run
     * @param alignment of all pointers that it will be given, in bytes
     */
    Matmul plan(MatmulSpec spec, float beta, int alignment) {
        Matmul matmul = blas.matmul(spec, WORKSPACE_BYTES, alignment).orElseThrow(() -> new DonnaException.NativeFailure(
                "cuda: cuBLASLt " + blas.version() + " has no algorithm for " + spec + "; use another batch or another device"));
        boolean chosen = false;
        try {
            fastest.ifPresent(f -> f.choose(matmul, beta, alignment));
            chosen = true;
            return matmul;
        } finally {
            if (!chosen) {
                matmul.close();
            }
        }
    }

    @Override
    public void close() {
        blas.close();
    }
}
