package donna.testkit;

import donna.backend.BackendProvider;
import donna.backend.reference.ReferenceBackend;

class ReferenceBackendTest extends BackendContract {
    @Override
    public BackendProvider provider() {
        return new ReferenceBackend();
    }
}
