package donna.cli;

import donna.backend.BackendProvider;
import donna.backend.Backends;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code donna devices}. */
@Command(name = "devices", description = "List what can compute here, and why the rest cannot.", mixinStandardHelpOptions = true)
final class DevicesCommand implements Callable<Integer> {
    private final Console console;

    DevicesCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        for (BackendProvider p : Backends.all()) {
            BackendProvider.Availability a = p.probe();
            console.print("%-10s %-4s %s".formatted(p.name(), a.usable() ? "yes" : "no", a.detail()));
        }
        return 0;
    }
}
