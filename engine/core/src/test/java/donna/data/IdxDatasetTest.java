package donna.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import donna.tensor.DonnaException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IdxDatasetTest {
    private static final byte[] PIXELS = {
        0, 1, 2, 3, 4, 5, (byte) 250, (byte) 251, (byte) 252, (byte) 253, (byte) 254, (byte) 255
    };

    @TempDir
    Path dir;

    @Test
    void rawAndGzipFilesGiveTheSameImagesAndLabels() throws IOException {
        for (boolean gzip : new boolean[] {false, true}) {
            Path images = write("images", idx(0x803, new int[] {2, 2, 3}, PIXELS), gzip);
            Path labels = write("labels", idx(0x801, new int[] {2}, new byte[] {1, 0}), gzip);
            try (Dataset d = IdxDataset.open("tiny", images, labels, List.of("cat", "dog"))) {
                assertEquals(2, d.size());
                assertArrayEquals(new int[] {1, 2, 3}, new int[] {d.channels(), d.height(), d.width()});
                assertEquals(1, d.label(0));
                assertEquals("dog", d.classes().get(d.label(0)));
                byte[] second = new byte[7];
                d.read(1, second, 1);
                assertArrayEquals(
                        new byte[] {0, (byte) 250, (byte) 251, (byte) 252, (byte) 253, (byte) 254, (byte) 255}, second);
            }
        }
    }

    @Test
    void colourImagesHaveFourDimensions() throws IOException {
        Path images = write("images", idx(0x804, new int[] {1, 3, 2, 2}, PIXELS), false);
        Path labels = write("labels", idx(0x801, new int[] {1}, new byte[] {4}), false);
        try (Dataset d = IdxDataset.open("tiny", images, labels, List.of())) {
            assertEquals(3, d.channels());
            assertEquals(List.of("0", "1", "2", "3", "4"), d.classes());
        }
    }

    @Test
    void everyTruncationIsRefusedWithTheFileAndBothByteCounts() throws IOException {
        Path labels = write("labels", idx(0x801, new int[] {2}, new byte[] {1, 0}), false);
        byte[] whole = idx(0x803, new int[] {2, 2, 3}, PIXELS);
        for (int n = 0; n < whole.length; n++) {
            Path cut = write("cut", Arrays.copyOf(whole, n), false);
            String message = refused(cut, labels);
            assertTrue(message.contains(cut.toString()) && message.contains("expected"), message);
        }
        String message = refused(write("cut", Arrays.copyOf(whole, whole.length - 2), false), labels);
        assertTrue(message.contains("expected 12 bytes of pixels at 16") && message.contains("26"), message);
    }

    @Test
    void everyTruncationOfAGzipFileIsRefused() throws IOException {
        Path labels = write("labels", idx(0x801, new int[] {2}, new byte[] {1, 0}), false);
        byte[] whole = gzip(idx(0x803, new int[] {2, 2, 3}, PIXELS));
        for (int n = 2; n < whole.length; n++) {
            refused(write("cut", Arrays.copyOf(whole, n), false), labels);
        }
    }

    @Test
    void anAlteredByteInAGzipFileIsNoticed() throws IOException {
        Path labels = write("labels", idx(0x801, new int[] {2}, new byte[] {1, 0}), false);
        byte[] whole = gzip(idx(0x803, new int[] {2, 2, 3}, PIXELS));
        for (int i = 10; i < whole.length; i++) {
            byte[] altered = whole.clone();
            altered[i] ^= 0x55;
            refused(write("altered", altered, false), labels);
        }
    }

    @Test
    void aHeaderThatClaimsGigabytesIsRefusedBeforeMemoryIsTaken() throws IOException {
        Path labels = write("labels", idx(0x801, new int[] {2_000_000}, new byte[] {1, 0}), true);
        String message = refused(labels, labels);
        assertTrue(message.contains("2000000 bytes of labels") && message.contains("truncated or altered"), message);
        Path images = write("images", idx(0x803, new int[] {2, 1 << 20, 1 << 20}, PIXELS), true);
        message = refused(images, write("labels2", idx(0x801, new int[] {2}, new byte[] {1, 0}), false));
        assertTrue(message.contains("more than"), message);
    }

    @Test
    void surplusBytesAnotherFormatAndUnequalCountsAreRefused() throws IOException {
        Path labels = write("labels", idx(0x801, new int[] {2}, new byte[] {1, 0}), false);
        assertTrue(refused(write("long", idx(0x803, new int[] {2, 2, 2}, PIXELS), false), labels)
                .contains("found more"));
        assertTrue(refused(labels, labels).contains("begins with 00000801, expected 00000803 or 00000804"));
        assertTrue(refused(write("three", idx(0x803, new int[] {3, 2, 2}, PIXELS), false), labels)
                .contains("3 images"));
        assertTrue(refused(dir.resolve("absent"), labels).contains("no such file"));
    }

    @Test
    void aLabelWithoutAClassIsRefused() throws IOException {
        Path images = write("images", idx(0x803, new int[] {2, 2, 3}, PIXELS), false);
        Path labels = write("labels", idx(0x801, new int[] {2}, new byte[] {1, 7}), false);
        DonnaException e = assertThrows(
                DonnaException.InvalidInput.class, () -> IdxDataset.open("tiny", images, labels, List.of("a", "b")));
        assertTrue(e.getMessage().contains("image 1 has label 7, expected 0 to 1"), e.getMessage());
    }

    private String refused(Path images, Path labels) {
        return assertThrows(DonnaException.InvalidInput.class, () -> IdxDataset.open("tiny", images, labels, List.of()))
                .getMessage();
    }

    private Path write(String name, byte[] content, boolean gzip) throws IOException {
        return Files.write(dir.resolve(name + (gzip ? ".gz" : "")), gzip ? gzip(content) : content);
    }

    static byte[] idx(int magic, int[] dims, byte[] content) {
        ByteBuffer b = ByteBuffer.allocate(4 + 4 * dims.length + content.length).putInt(magic);
        for (int d : dims) {
            b.putInt(d);
        }
        return b.put(content).array();
    }

    static byte[] gzip(byte[] content) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gz = new GZIPOutputStream(out)) {
            gz.write(content);
        }
        return out.toByteArray();
    }
}
