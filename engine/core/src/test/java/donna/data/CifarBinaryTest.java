package donna.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import donna.tensor.DonnaException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CifarBinaryTest {
    private static final int IMAGE = 3072;

    @TempDir
    Path dir;

    /** Records whose pixels are (record * 31 + position) mod 256. */
    private static byte[] records(int first, int count, byte[]... labels) {
        int record = IMAGE + labels[0].length;
        byte[] all = new byte[count * record];
        for (int r = 0; r < count; r++) {
            System.arraycopy(labels[r], 0, all, r * record, labels[r].length);
            for (int j = 0; j < IMAGE; j++) {
                all[r * record + labels[r].length + j] = (byte) ((first + r) * 31 + j);
            }
        }
        return all;
    }

    @Test
    void batchesOfCifarTenFollowOneAnother() throws IOException {
        Files.write(dir.resolve("data_batch_1.bin"), records(0, 2, new byte[] {3}, new byte[] {9}));
        Files.write(dir.resolve("data_batch_2.bin"), records(2, 1, new byte[] {0}));
        Files.write(dir.resolve("test_batch.bin"), records(7, 1, new byte[] {5}));
        assertTrue(CifarBinary.isIn(dir));
        try (Dataset train = CifarBinary.open("c", dir, Split.TRAIN, List.of());
                Dataset test = CifarBinary.open("c", dir, Split.TEST, List.of())) {
            assertEquals(3, train.size());
            assertEquals(9, train.label(1));
            assertEquals(5, test.label(0));
            assertEquals(10, train.classes().size());
            byte[] got = new byte[IMAGE];
            train.read(2, got, 0);
            byte[] expected = records(2, 1, new byte[] {0});
            assertArrayEquals(Arrays.copyOfRange(expected, 1, expected.length), got);
        }
    }

    @Test
    void cifarHundredUsesTheFineLabel() throws IOException {
        Files.write(dir.resolve("train.bin"), records(0, 1, new byte[] {3, 77}));
        Files.write(dir.resolve("test.bin"), records(0, 1, new byte[] {3, 99}));
        try (Dataset train = CifarBinary.open("c", dir, Split.TRAIN, List.of())) {
            assertEquals(77, train.label(0));
            assertEquals(100, train.classes().size());
        }
    }

    @Test
    void classNamesComeFromTheFileBesideTheImages() throws IOException {
        Files.write(dir.resolve("test_batch.bin"), records(0, 1, new byte[] {1}));
        Files.writeString(dir.resolve("batches.meta.txt"), "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n\n");
        try (Dataset test = CifarBinary.open("c", dir, Split.TEST, List.of())) {
            assertEquals("b", test.classes().get(test.label(0)));
        }
        Files.writeString(dir.resolve("batches.meta.txt"), "a\nb\n");
        assertThrows(DonnaException.InvalidInput.class, () -> CifarBinary.open("c", dir, Split.TEST, List.of()));
    }

    @Test
    void truncatedAlteredAndMissingFilesAreRefused() throws IOException {
        byte[] whole = records(0, 2, new byte[] {3}, new byte[] {9});
        Files.write(dir.resolve("test_batch.bin"), Arrays.copyOf(whole, whole.length - 1));
        String m = refused(Split.TEST);
        assertTrue(m.contains("test_batch.bin") && m.contains("multiple of 3073") && m.contains("found 6145"), m);
        Files.write(dir.resolve("test_batch.bin"), new byte[0]);
        refused(Split.TEST);
        whole[0] = 10;
        Files.write(dir.resolve("test_batch.bin"), whole);
        assertTrue(refused(Split.TEST).contains("label 10"));
        assertTrue(refused(Split.TRAIN).contains("data_batch_1.bin"));
        assertFalse(CifarBinary.isIn(dir.resolve("absent")));
    }

    private String refused(Split split) {
        return assertThrows(DonnaException.InvalidInput.class, () -> CifarBinary.open("c", dir, split, List.of()))
                .getMessage();
    }
}
