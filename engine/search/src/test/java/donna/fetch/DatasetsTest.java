package donna.fetch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import donna.data.Dataset;
import donna.data.Normalization;
import donna.data.Split;
import donna.tensor.DonnaException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DatasetsTest {
    @TempDir
    Path dir;

    private final List<String> lines = new ArrayList<>();

    private Dataset open(String name, Path path, Split split) {
        return Datasets.open(name, Optional.of(path.toString()), split, 0, 0, dir.resolve("cache"), lines::add);
    }

    private void idx(String prefix, int images) throws IOException {
        ByteBuffer pixels = ByteBuffer.allocate(16 + 4 * images)
                .putInt(0x803)
                .putInt(images)
                .putInt(2)
                .putInt(2);
        ByteBuffer labels = ByteBuffer.allocate(8 + images).putInt(0x801).putInt(images);
        Files.write(dir.resolve(prefix + "-images-idx3-ubyte"), pixels.array());
        Files.write(dir.resolve(prefix + "-labels-idx1-ubyte"), labels.array());
    }

    @Test
    void idxFilesAreFoundByTheNamesThatMnistGaveThem() throws IOException {
        idx("train", 3);
        idx("t10k", 2);
        try (Dataset train = open("idx", dir, Split.TRAIN);
                Dataset test = open("idx", dir, Split.TEST)) {
            assertEquals("3 2", train.size() + " " + test.size());
            assertEquals("idx train", train.name());
        }
    }

    @Test
    void cifarFilesAreFoundInAFolder() throws IOException {
        Files.write(dir.resolve("test_batch.bin"), new byte[2 * 3073]);
        try (Dataset test = open("cifar-binary", dir, Split.TEST)) {
            assertEquals(2, test.size());
        }
    }

    @Test
    void unknownNamesAndAbsentPathsAreRefused() {
        String m = assertThrows(DonnaException.InvalidInput.class, () -> open("imagenet", dir, Split.TRAIN))
                .getMessage();
        assertTrue(m.contains("'imagenet' is not known"), m);
        m = assertThrows(DonnaException.InvalidInput.class, () -> open("idx", dir.resolve("absent"), Split.TRAIN))
                .getMessage();
        assertTrue(m.contains("absent"), m);
        m = assertThrows(
                        DonnaException.InvalidInput.class,
                        () -> Datasets.open("image-folder", Optional.empty(), Split.TRAIN, 0, 0, dir, lines::add))
                .getMessage();
        assertTrue(m.contains("needs the path"), m);
    }

    /** Against the archive's own counts and the mean of the lossless set, which JPEG keeps to a thousandth. */
    @Test
    void cifarAsAnArchiveOfJpegFilesIsReadWithoutUnpacking() throws IOException {
        Path archive = shared("cifar10-images.tar.gz");
        try (Dataset test = open("cifar10", archive, Split.TEST)) {
            assertEquals(KnownDataset.of("cifar10").classes(), test.classes());
            assertEquals(
                    "10000 3 32 32", test.size() + " " + test.channels() + " " + test.height() + " " + test.width());
            int[] counts = new int[10];
            for (int i = 0; i < test.size(); i++) {
                counts[test.label(i)]++;
            }
            assertArrayEquals(new int[] {1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000}, counts);
            assertArrayEquals(
                    new float[] {.4942f, .4851f, .4504f}, Normalization.of(test).mean(), 1e-3f);
        }
        lines.clear();
        open("cifar10", archive, Split.TEST).close();
        assertEquals(List.of(), lines, "decoded images are not used again");
    }

    private static Path shared(String name) {
        String given = System.getenv("DONNA_SHARED");
        Path here = Path.of("").toAbsolutePath();
        Optional<Path> found = given != null
                ? Optional.of(Path.of(given, "data", name))
                : Stream.iterate(here, p -> p != null, Path::getParent)
                        .map(p -> p.resolve("shared").resolve("data").resolve(name))
                        .filter(Files::isRegularFile)
                        .findFirst();
        assumeTrue(
                found.filter(Files::isRegularFile).isPresent(),
                "skipped: " + name + " is neither in ../shared/data nor below DONNA_SHARED");
        return found.orElseThrow();
    }
}
