package donna.backend;

import donna.tensor.DonnaException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.ServiceLoader;
import java.util.function.Consumer;

/** Finds the backends on the module path or class path. */
public final class Backends {
    private Backends() {}

    /** Every provider found, the preferred first. */
    public static List<BackendProvider> all() {
        List<BackendProvider> found = new ArrayList<>();
        ServiceLoader.load(BackendProvider.class).forEach(found::add);
        if (found.isEmpty()) {
            throw new DonnaException.Unavailable(
                    "no backend found: no module provides " + BackendProvider.class.getName()
                            + "; add donna.cpu to the module path, or keep META-INF/services when jars are merged");
        }
        found.sort(Comparator.comparingInt(BackendProvider::priority).reversed());
        return found;
    }

    /**
     * Opens one device by name: {@code auto}, {@code cpu}, {@code cuda}, {@code cuda:1}, {@code reference}.
     *
     * @param precision what it computes in; the device that is chosen must offer it
     * @param fast whether it may give up the sameness of bits from run to run to be faster
     * @param log receives one line that says what was chosen, why each other was refused, and what a fast device gives up
     * @throws DonnaException.Unavailable if it is not there; nothing slower is taken instead
     * @throws DonnaException.InvalidInput if the name names several
     */
    public static Device open(String name, Precision precision, boolean fast, Consumer<String> log) {
        Wanted wanted = Wanted.of(name);
        if (wanted.numbers.size() > 1) {
            throw new DonnaException.InvalidInput("device '" + name + "': this is done by one device; name one, as in " + wanted.backend + ":"
                    + wanted.numbers.getFirst());
        }
        Found found = find(wanted, precision);
        Device device = found.provider.open(wanted.numbers.isEmpty() ? 0 : wanted.numbers.getFirst(), precision, fast);
        log.accept("device: " + device.name() + found.refused + found.givenUp(fast));
        return device;
    }

    /** As {@link #open(String, Precision, boolean, Consumer)}, giving nothing up. */
    public static Device open(String name, Precision precision, Consumer<String> log) {
        return open(name, precision, false, log);
    }

    /** As {@link #open(String, Precision, Consumer)} in single precision. */
    public static Device open(String name, Consumer<String> log) {
        return open(name, Precision.F32, log);
    }

    /**
     * Opens the devices of a run: those that are named, as in {@code cuda:1} or {@code cuda:0,2}, or else all of the backend that are of the first one's kind,
     * so that no result depends on which of them a job comes to.
     *
     * @param precision what they compute in
     * @param fast whether they may give up the sameness of bits from run to run to be faster
     * @param log receives one line that says which were chosen, why each other was not, and what fast devices give up, and another if those that were named
     *     are of several kinds
     * @throws DonnaException.Unavailable if one that is named cannot be used, or none can
     */
    public static Devices openAll(String name, Precision precision, boolean fast, Consumer<String> log) {
        Wanted wanted = Wanted.of(name);
        Found found = find(wanted, precision);
        List<Device> open = new ArrayList<>();
        StringBuilder refused = new StringBuilder(found.refused);
        boolean finished = false;
        try {
            if (wanted.numbers.isEmpty()) {
                openKind(found.provider, precision, fast, open, refused);
            } else {
                wanted.numbers.forEach(n -> open.add(found.provider.open(n, precision, fast)));
            }
            if (open.isEmpty()) {
                throw new DonnaException.Unavailable("device '" + name + "' cannot be used" + refused);
            }
            log.accept((open.size() == 1 ? "device: " : "devices: ") + String.join(", ", open.stream().map(Device::name).toList()) + refused
                    + found.givenUp(fast));
            if (open.stream().map(Device::kind).distinct().count() > 1) {
                log.accept("these devices are of several kinds: the last bits of a result depend on which of them its job comes to");
            }
            finished = true;
            return new Devices(open);
        } finally {
            if (!finished) {
                open.forEach(Device::close);
            }
        }
    }

    /** As {@link #openAll(String, Precision, boolean, Consumer)}, giving nothing up. */
    public static Devices openAll(String name, Precision precision, Consumer<String> log) {
        return openAll(name, precision, false, log);
    }

    /** Opens all devices of the first one's kind. */
    private static void openKind(BackendProvider provider, Precision precision, boolean fast, List<Device> open, StringBuilder refused) {
        for (int n = 0; n < provider.devices(); n++) {
            try {
                Device device = provider.open(n, precision, fast);
                if (open.isEmpty() || open.getFirst().kind().equals(device.kind())) {
                    open.add(device);
                } else {
                    refused.append("; not ").append(device.name()).append(": it is of another kind; name it to use it");
                    device.close();
                }
            } catch (DonnaException.Unavailable e) {
                refused.append("; not ").append(e.getMessage());
            }
        }
    }

    /** A provider, and why those before it were refused. */
    private record Found(BackendProvider provider, String refused) {
        String givenUp(boolean fast) {
            return fast ? "; fast: " + provider.givenUp() : "";
        }
    }

    private static Found find(Wanted wanted, Precision precision) {
        StringBuilder refused = new StringBuilder();
        for (BackendProvider p : all()) {
            if (!wanted.backend.equals("auto") && !wanted.backend.equals(p.name())) {
                continue;
            }
            BackendProvider.Availability a = p.probe();
            boolean offered = p.precisions().contains(precision);
            if (a.usable() && offered) {
                return new Found(p, refused.toString());
            }
            refused.append("; not ").append(p.name()).append(": ").append(a.usable() ? p.refusal(precision) : a.detail());
        }
        List<String> names = all().stream().map(BackendProvider::name).toList();
        throw new DonnaException.Unavailable("device '" + wanted.name + "' cannot be used"
                + (refused.isEmpty() ? ": no such backend" : refused) + "; here are auto and " + names);
    }

    /** What a name asks for; no numbers stand for any device. */
    private record Wanted(String name, String backend, List<Integer> numbers) {
        static Wanted of(String name) {
            int colon = name.indexOf(':');
            if (colon < 0) {
                return new Wanted(name, name, List.of());
            }
            List<Integer> numbers = new ArrayList<>();
            for (String digits : name.substring(colon + 1).split(",", -1)) {
                int n = number(name, digits);
                if (numbers.contains(n)) {
                    throw new DonnaException.InvalidInput("device '" + name + "' names " + n + " twice; name each device once");
                }
                numbers.add(n);
            }
            return new Wanted(name, name.substring(0, colon), numbers);
        }

        private static int number(String name, String digits) {
            try {
                return Integer.parseUnsignedInt(digits);
            } catch (NumberFormatException e) {
                throw new DonnaException.InvalidInput(
                        "device '" + name + "': '" + digits + "' is not a device number; expected for example cuda:1 or cuda:0,2", e);
            }
        }
    }
}
