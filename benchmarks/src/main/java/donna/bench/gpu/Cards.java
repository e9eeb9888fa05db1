package donna.bench.gpu;

import donna.backend.Backends;
import donna.backend.Device;
import donna.backend.Precision;
import java.util.EnumMap;
import java.util.Map;

/** The first card, opened in each precision when it is first wanted. Not thread-safe; the caller closes it. */
final class Cards implements AutoCloseable {
    private final Map<Precision, Device> open = new EnumMap<>(Precision.class);

    Device open(Precision precision) {
        return open.computeIfAbsent(precision, p -> Backends.open("cuda", p, line -> {}));
    }

    @Override
    public void close() {
        open.values().forEach(Device::close);
    }
}
