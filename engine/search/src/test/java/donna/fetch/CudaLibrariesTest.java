package donna.fetch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import donna.tensor.DonnaException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Libraries out of jars, here small ones of the same names. */
class CudaLibrariesTest {
    private static final String FOLDER = "org/bytedeco/cuda/linux-x86_64/";

    @TempDir
    private Path folder;

    private final List<String> log = new ArrayList<>();

    private CudaLibraries libraries() {
        return new CudaLibraries(folder.resolve("cuda"), log::add);
    }

    private Path jars(String... second) throws IOException {
        Path jars = Files.createDirectories(folder.resolve("jars"));
        jar(jars.resolve("cuda-redist-12.9-9.10-1.5.12-linux-x86_64.jar"), FOLDER + "libnvrtc.so.12", FOLDER + "libnvrtc-builtins.so.12.9",
                FOLDER + "libcufft.so.11");
        jar(jars.resolve("cuda-12.6-9.5-1.5.11-linux-x86_64-redist.jar"), second);
        return jars;
    }

    private static void jar(Path file, String... entries) throws IOException {
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
            for (String entry : entries) {
                zip.putNextEntry(new ZipEntry(entry));
                zip.write(entry.getBytes(StandardCharsets.UTF_8));
            }
        }
    }

    private List<String> installed() throws IOException {
        try (Stream<Path> all = Files.walk(folder.resolve("cuda"))) {
            return all.filter(Files::isRegularFile).map(p -> folder.resolve("cuda").relativize(p).toString()).sorted().toList();
        }
    }

    @Test
    void onlyTheLibrariesThatAreUsedAreUnpackedAndNoneOutsideTheFolder() throws IOException {
        Path jars = jars(FOLDER + "libcublasLt.so.12", FOLDER + "libcudnn.so.9", FOLDER + "libcudnn_ops.so.9", FOLDER + "libnccl.so.2",
                "../../libcudnn_evil.so.9", FOLDER + "libcudnn.so.9.json");
        Path target = libraries().install(Optional.of(jars));
        assertEquals(folder.resolve("cuda/12.9-9.5"), target);
        assertEquals(
                List.of("libcublasLt.so.12", "libcudnn.so.9", "libcudnn_evil.so.9", "libcudnn_ops.so.9", "libnvrtc-builtins.so.12.9", "libnvrtc.so.12")
                        .stream().map(n -> "12.9-9.5/" + n).toList(),
                installed());
        assertEquals(FOLDER + "libcudnn.so.9", Files.readString(target.resolve("libcudnn.so.9")));
        log.clear();
        assertEquals(target, libraries().install(Optional.empty()));
        assertEquals(List.of(), log);
    }

    @Test
    void aJarWithoutALibraryLeavesNothing() throws IOException {
        Path jars = jars(FOLDER + "libcublasLt.so.12");
        DonnaException e = assertThrows(DonnaException.class, () -> libraries().install(Optional.of(jars)));
        assertTrue(e.getMessage().contains("do not hold libcudnn.so.9"), e.getMessage());
        assertEquals(List.of(), installed());
    }

    @Test
    void aMissingJarIsNamed() throws IOException {
        Path empty = Files.createDirectories(folder.resolve("empty"));
        DonnaException e = assertThrows(DonnaException.class, () -> libraries().install(Optional.of(empty)));
        assertTrue(e.getMessage().contains("cuda-redist-12.9-9.10-1.5.12-linux-x86_64.jar"), e.getMessage());
    }
}
