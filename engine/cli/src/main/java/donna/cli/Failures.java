package donna.cli;

import donna.tensor.DonnaException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;

/** Failures as one sentence each. */
final class Failures {
    private Failures() {}

    static String sentence(Throwable failure) {
        return switch (failure) {
            case DonnaException e -> e.getMessage();
            case UncheckedIOException e when !e.getMessage().equals(e.getCause().toString()) -> e.getMessage();
            case UncheckedIOException e -> file(e.getCause());
            case IOException e -> file(e);
            case OutOfMemoryError _ ->
                "the Java heap of " + (Runtime.getRuntime().maxMemory() >> 20)
                        + " MiB is full; give it more, for example DONNA_JAVA_OPTS=-Xmx2g, or fewer --threads";
            default -> "unexpected " + failure + "; run again with --debug for the stack trace";
        };
    }

    private static String file(IOException failure) {
        return switch (failure) {
            case NoSuchFileException e -> e.getFile() + ": no such file";
            case AccessDeniedException e -> e.getFile() + ": permission denied";
            case FileAlreadyExistsException e -> e.getFile() + ": exists already";
            default -> failure.getMessage() == null ? failure.toString() : failure.getMessage();
        };
    }
}
