package donna.backend.reference;

import donna.backend.Device;
import donna.backend.Stream;
import donna.tensor.DonnaException;

/** The thread that calls {@code run}; plans here keep their scratch memory themselves, so it owns nothing. */
final class ReferenceStream implements Stream {
    private final ReferenceDevice device;
    private boolean closed;

    ReferenceStream(ReferenceDevice device) {
        this.device = device;
    }

    @Override
    public Device device() {
        return device;
    }

    @Override
    public void synchronize() {
        checkOpen();
    }

    void checkOpen() {
        if (closed) {
            throw new DonnaException.Closed("the stream is closed; open another one");
        }
    }

    @Override
    public void close() {
        closed = true;
    }
}
