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
     * Opens a device by name: {@code auto}, {@code cpu}, {@code cuda}, {@code cuda:1}, {@code reference}.
     *
     * @param precision what it computes in; the device that is chosen must offer it
     * @param fast whether it may give up the sameness of bits from run to run to be faster
     * @param log receives one line that says what was chosen, why each other was refused, and what a fast device gives up
     * @throws DonnaException.Unavailable if it is not there; nothing slower is taken instead
     */
    public static Device open(String name, Precision precision, boolean fast, Consumer<String> log) {
        int colon = name.indexOf(':');
        String wanted = colon < 0 ? name : name.substring(0, colon);
        int index = colon < 0 ? 0 : index(name, name.substring(colon + 1));
        StringBuilder refused = new StringBuilder();
        for (BackendProvider p : all()) {
            if (!wanted.equals("auto") && !wanted.equals(p.name())) {
                continue;
            }
            BackendProvider.Availability a = p.probe();
            boolean offered = p.precisions().contains(precision);
            if (a.usable() && offered) {
                Device device = p.open(index, precision, fast);
                log.accept("device: " + device.name() + refused + (fast ? "; fast: " + p.givenUp() : ""));
                return device;
            }
            refused.append("; not ").append(p.name()).append(": ").append(a.usable() ? p.refusal(precision) : a.detail());
        }
        List<String> names = all().stream().map(BackendProvider::name).toList();
        throw new DonnaException.Unavailable("device '" + name + "' cannot be used"
                + (refused.isEmpty() ? ": no such backend" : refused) + "; here are auto and " + names);
    }

    /** As {@link #open(String, Precision, boolean, Consumer)}, giving nothing up. */
    public static Device open(String name, Precision precision, Consumer<String> log) {
        return open(name, precision, false, log);
    }

    /** As {@link #open(String, Precision, Consumer)} in single precision. */
    public static Device open(String name, Consumer<String> log) {
        return open(name, Precision.F32, log);
    }

    private static int index(String name, String digits) {
        try {
            return Integer.parseUnsignedInt(digits);
        } catch (NumberFormatException e) {
            throw new DonnaException.InvalidInput(
                    "device '" + name + "': '" + digits + "' is not a device number; expected for example cuda:1", e);
        }
    }
}
