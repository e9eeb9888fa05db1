package donna.jcuda;

import donna.ffi.NativeException;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.Stream;

/**
 * JCuda's native parts. JCuda looks for them in {@code java.library.path} alone when it is on the module path, and that path cannot be changed in a running
 * process: where it lacks them they are unpacked into the user's cache, and the options are named that make the next start find them.
 */
final class Natives {
    private static final String VERSION = "12.6.0";
    private static final List<String> FILES =
            Stream.of("JCudaDriver", "JNvrtc", "JCublas2", "JCudnn").map(n -> "lib" + n + "-" + VERSION + "-linux-x86_64.so").toList();

    private Natives() {}

    /** @throws NativeException if JCuda would not find them */
    static void check() {
        boolean found = Stream.of(System.getProperty("java.library.path", "").split(File.pathSeparator))
                .filter(p -> !p.isEmpty())
                .map(Path::of)
                .anyMatch(folder -> FILES.stream().allMatch(f -> Files.isRegularFile(folder.resolve(f))));
        if (!found) {
            throw new NativeException("jcuda: java.library.path does not hold JCuda's native parts; they are in " + unpack()
                    + " now: start again with -Djava.library.path=" + folder() + " --enable-native-access=jcuda,jcublas,jcudnn");
        }
    }

    private static Path folder() {
        String xdg = System.getenv("XDG_CACHE_HOME");
        Path base = xdg == null || xdg.isBlank() ? Path.of(System.getProperty("user.home"), ".cache") : Path.of(xdg);
        return base.resolve("donna").resolve("jcuda-" + VERSION);
    }

    private static Path unpack() {
        Path folder = folder();
        try {
            Files.createDirectories(folder);
            for (String file : FILES) {
                if (!Files.isRegularFile(folder.resolve(file))) {
                    Path temporary = Files.createTempFile(folder, file, ".part");
                    try (InputStream in = Natives.class.getResourceAsStream("natives/" + file)) {
                        Files.copy(in, temporary, StandardCopyOption.REPLACE_EXISTING);
                    }
                    Files.move(temporary, folder.resolve(file), StandardCopyOption.ATOMIC_MOVE);
                }
            }
            return folder;
        } catch (IOException e) {
            throw new NativeException("jcuda: JCuda's native parts cannot be unpacked into " + folder + ": " + e + "; check that it may be written to", e);
        }
    }
}
