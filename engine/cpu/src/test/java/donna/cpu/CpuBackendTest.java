package donna.cpu;

import donna.backend.BackendProvider;
import donna.testkit.BackendContract;

class CpuBackendTest extends BackendContract {
    @Override
    public BackendProvider provider() {
        return new CpuBackend();
    }
}
