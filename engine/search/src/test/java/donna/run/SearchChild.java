package donna.run;

import donna.jobs.Progress;
import donna.tensor.DonnaException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** A search in a process of its own, which writes a line at every moment at which it could be stopped. */
final class SearchChild {
    /** Exit status after a failure that is one sentence. */
    static final int REFUSED = 3;

    private SearchChild() {}

    public static void main(String[] args) {
        try {
            TinySearch.search(Path.of(args[0]), Path.of(args[1]), TinySearch.Wish.plain().telling(new Telling(System.out)));
            System.out.println("finished");
        } catch (DonnaException e) {
            System.out.println("failed: " + e.getMessage());
            System.exit(REFUSED);
        }
    }

    /** Starts one; its output is to be read. {@code before} goes before the JVM's own command line. */
    static Process start(Path spec, Path run, String... before) throws IOException {
        List<String> command = new ArrayList<>(List.of(before));
        command.addAll(command(List.of("-Xmx256m", "-XX:TieredStopAtLevel=1"), SearchChild.class, List.of(spec.toString(), run.toString())));
        return new ProcessBuilder(command).redirectErrorStream(true).start();
    }

    /** Starts a class of these tests in a JVM of its own. */
    static Process java(List<String> options, Class<?> main, List<String> arguments) throws IOException {
        return new ProcessBuilder(command(options, main, arguments)).redirectErrorStream(true).start();
    }

    private static List<String> command(List<String> options, Class<?> main, List<String> arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(options);
        command.addAll(List.of("--add-modules", "jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"));
        command.addAll(List.of("--sun-misc-unsafe-memory-access=allow", "-cp", ChildClassPath.text(), main.getName()));
        command.addAll(arguments);
        return command;
    }

    private record Telling(PrintStream out, AtomicLong moments) implements Progress {
        Telling(PrintStream out) {
            this(out, new AtomicLong());
        }

        @Override
        public void phase(String name) {
            out.println("phase " + name);
        }

        @Override
        public void update(long done, long total, String unit) {}

        @Override
        public void line(String text) {}

        @Override
        public boolean cancelled() {
            out.println("moment " + moments.incrementAndGet());
            return false;
        }
    }
}
