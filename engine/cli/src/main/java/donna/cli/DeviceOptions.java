package donna.cli;

import donna.backend.Backends;
import donna.backend.Device;
import picocli.CommandLine.Option;

/** What computes, and with how many threads. */
final class DeviceOptions {
    @Option(
            names = "--device",
            paramLabel = "NAME",
            defaultValue = "auto",
            description = "auto, or a name that 'donna devices' lists (default: ${DEFAULT-VALUE}).")
    private String device = "auto";

    @Option(
            names = "--threads",
            paramLabel = "N",
            defaultValue = "0",
            description = "Worker threads; 0 takes what the device has. Results do not depend on it (default: ${DEFAULT-VALUE}).")
    private int threads;

    /** Opens the device, saying which was chosen; the caller closes it. */
    Device open(Console console) {
        return Backends.open(device, console::note);
    }

    int threads(Device opened) {
        return threads > 0 ? threads : opened.concurrency();
    }
}
