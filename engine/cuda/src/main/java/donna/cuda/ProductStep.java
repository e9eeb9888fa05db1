package donna.cuda;

import donna.ffi.CudaStream;
import donna.ffi.Matmul;
import donna.ffi.MatmulSpec;
import java.util.List;

/** A matrix product by cuBLASLt, which it owns; its slots are a, b, c and, if it has one, its workspace. */
final class ProductStep implements Step {
    private final Matmul matmul;
    private final float beta;
    private final List<Place> places;
    private final long[] at = new long[4];

    ProductStep(Matmul matmul, float beta, List<Place> places) {
        this.matmul = matmul;
        this.beta = beta;
        this.places = List.copyOf(places);
    }

    @Override
    public List<Slot> slots() {
        return places.stream().map(Place::slot).toList();
    }

    @Override
    public String implementation() {
        return "cublasLt";
    }

    @Override
    public double flops() {
        MatmulSpec s = matmul.spec();
        return 2.0 * s.rows() * s.columns() * s.inner() * s.batch();
    }

    @Override
    public String sizes() {
        MatmulSpec s = matmul.spec();
        return s.rows() + " x " + s.columns() + " x " + s.inner() + (s.batch() > 1 ? ", " + s.batch() + " of them" : "");
    }

    @Override
    public long operandBytes() {
        return slots().stream().limit(3).mapToLong(Slot::bytes).sum();
    }

    @Override
    public void moved(long[] addresses) {
        for (int i = 0; i < addresses.length; i++) {
            at[i] = addresses[i] + places.get(i).offset();
        }
    }

    @Override
    public void run(CudaStream stream) {
        matmul.run(stream, 1, at[0], at[1], beta, at[2], at[2], at[3]);
    }

    @Override
    public void close() {
        matmul.close();
    }
}
