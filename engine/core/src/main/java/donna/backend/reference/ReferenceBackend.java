package donna.backend.reference;

import donna.backend.BackendProvider;
import donna.backend.Device;
import donna.backend.Precision;
import donna.tensor.DonnaException;

/** Provides the plain-Java backend; it is always there and tried last. */
public final class ReferenceBackend implements BackendProvider {
    @Override
    public String name() {
        return "reference";
    }

    @Override
    public int priority() {
        return 0;
    }

    @Override
    public Availability probe() {
        return Availability.yes("plain Java, Java " + Runtime.version());
    }

    @Override
    public Device open(int index, Precision precision, boolean fast) {
        require(precision);
        if (index != 0) {
            throw new DonnaException.Unavailable(
                    "reference: device " + index + " does not exist; there is only device 0");
        }
        return new ReferenceDevice();
    }
}
