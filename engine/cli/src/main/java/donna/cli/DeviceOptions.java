package donna.cli;

import donna.backend.Backends;
import donna.backend.Device;
import donna.backend.Devices;
import donna.backend.Precision;
import donna.spec.SearchSpec;
import java.util.Arrays;
import java.util.Optional;
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
            description = "auto, or a name that 'donna devices' lists; of several cards all of one kind share a search, cuda:1 or cuda:0,2 names those"
                    + " to use (default: ${DEFAULT-VALUE}).")
    private String device = "auto";

    @Option(
            names = "--precision",
            paramLabel = "NAME",
            description = "f32, tf32, bf16 or f16, in which networks are computed (default: the spec's entry, else f32).")
    private Optional<String> precision = Optional.empty();

    @Option(
            names = "--fast",
            description = "Lets the device give up that one seed gives the same bits in every run; it says what it gave up"
                    + " (default: the spec's entry, else no).")
    private boolean fast;

    @Option(
            names = "--threads",
            paramLabel = "N",
            defaultValue = "0",
            description = "Worker threads of each device; 0 takes what the device has. Results do not depend on it (default: ${DEFAULT-VALUE}).")
    private int threads;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    /** Opens one device in the precision of the options, else in single precision, saying which was chosen; the caller closes it. */
    Device open(Console console) {
        return Backends.open(device, precision(Precision.F32), fast, console::note);
    }

    /** As {@link #open(Console)}, where the options say nothing as {@code spec} says. */
    Device open(Console console, SearchSpec spec) {
        SearchSpec computed = in(spec);
        return Backends.open(device, computed.precision(), computed.fast(), console::note);
    }

    /** Opens the devices of a run, as {@link #open(Console, SearchSpec)}. */
    Devices openAll(Console console, SearchSpec spec) {
        SearchSpec computed = in(spec);
        return Backends.openAll(device, computed.precision(), computed.fast(), console::note);
    }

    /** Opens all devices in the precision of the options, else in single precision, saying which were chosen; the caller closes them. */
    Devices openAll(Console console) {
        return Backends.openAll(device, precision(Precision.F32), fast, console::note);
    }

    /** The spec with the precision of the options, and fast if they say so. */
    SearchSpec in(SearchSpec spec) {
        return spec.computed(precision(spec.precision()), fast || spec.fast());
    }

    private Precision precision(Precision usual) {
        return precision.map(word -> Arrays.stream(Precision.values()).filter(p -> p.word().equals(word)).findFirst().orElseThrow(() ->
                new ParameterException(command.commandLine(), "--precision " + word + " is unknown; give f32, tf32, bf16 or f16"))).orElse(usual);
    }

    /** @throws ParameterException for a negative number */
    int threads(Device opened) {
        if (threads < 0) {
            throw new ParameterException(command.commandLine(), "--threads " + threads + " is negative; give 0 or more");
        }
        return threads > 0 ? threads : opened.concurrency();
    }
}
