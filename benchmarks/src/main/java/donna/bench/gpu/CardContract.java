package donna.bench.gpu;

import donna.backend.BackendProvider;
import donna.cuda.CudaBackend;
import donna.testkit.BackendContract;

/** What every backend must do, asked of this machine's first card. */
final class CardContract extends BackendContract {
    @Override
    public BackendProvider provider() {
        return new CudaBackend();
    }
}
