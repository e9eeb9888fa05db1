package donna.bench.gpu;

import donna.backend.Backends;
import donna.backend.Device;
import donna.backend.Precision;
import java.util.HashMap;
import java.util.Map;

/** The first card, opened in each precision, fast or not, when it is first wanted. Not thread-safe; the caller closes it. */
final class Cards implements AutoCloseable {
    private final Map<Opened, Device> open = new HashMap<>();

    private record Opened(Precision precision, boolean fast) {}

    Device open(Precision precision) {
        return open(precision, false);
    }

    Device open(Precision precision, boolean fast) {
        return open.computeIfAbsent(new Opened(precision, fast), o -> Backends.open("cuda", o.precision, o.fast, line -> {}));
    }

    @Override
    public void close() {
        open.values().forEach(Device::close);
    }
}
