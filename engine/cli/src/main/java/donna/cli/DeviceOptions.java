package donna.cli;

import donna.backend.Backends;
import donna.backend.Device;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

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

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    /** Opens the device, saying which was chosen; the caller closes it. */
    Device open(Console console) {
        return Backends.open(device, console::note);
    }

    /** @throws ParameterException for a negative number */
    int threads(Device opened) {
        if (threads < 0) {
            throw new ParameterException(command.commandLine(), "--threads " + threads + " is negative; give 0 or more");
        }
        return threads > 0 ? threads : opened.concurrency();
    }
}
