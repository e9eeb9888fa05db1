package donna.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import donna.tensor.DonnaException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TarReaderTest {
    @TempDir
    Path dir;

    /** One entry in ustar form, written from the standard's table of fields. */
    static byte[] entry(String name, char type, byte[] content) {
        byte[] e = new byte[512 + (content.length + 511) / 512 * 512];
        put(e, 0, name);
        put(e, 100, "0000644");
        put(e, 124, String.format("%011o", content.length));
        put(e, 136, "00000000000");
        e[156] = (byte) type;
        put(e, 257, "ustar");
        put(e, 263, "00");
        Arrays.fill(e, 148, 156, (byte) ' ');
        int sum = 0;
        for (int i = 0; i < 512; i++) {
            sum += e[i] & 0xff;
        }
        put(e, 148, String.format("%06o", sum));
        e[154] = 0;
        System.arraycopy(content, 0, e, 512, content.length);
        return e;
    }

    private static void put(byte[] at, int offset, String s) {
        byte[] b = s.getBytes(StandardCharsets.UTF_8);
        System.arraycopy(b, 0, at, offset, b.length);
    }

    static byte[] archive(byte[]... entries) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] e : entries) {
            out.writeBytes(e);
        }
        out.writeBytes(new byte[1024]);
        return out.toByteArray();
    }

    private static byte[] sample() {
        String longName = "folder/" + "n".repeat(150) + ".bin";
        String record = " path=pax/" + "p".repeat(120) + "\n";
        String pax = (record.length() + 3) + record;
        return archive(
                entry("./folder", '5', new byte[0]),
                entry("./folder/a", '0', "alpha".getBytes(StandardCharsets.UTF_8)),
                entry("link", '2', new byte[0]),
                entry("././@LongLink", 'L', (longName + "\0").getBytes(StandardCharsets.UTF_8)),
                entry("folder/nnn", '0', new byte[600]),
                entry("PaxHeaders/x", 'x', pax.getBytes(StandardCharsets.UTF_8)),
                entry("short", '0', new byte[512]),
                entry("last", '0', new byte[0]));
    }

    private Map<String, Integer> read(Path p) {
        Map<String, Integer> found = new LinkedHashMap<>();
        try (TarReader tar = new TarReader(p)) {
            while (tar.next()) {
                found.put(tar.name(), tar.content(1000).length);
            }
        }
        return found;
    }

    @Test
    void plainAndGzipArchivesGiveEveryRegularFileUnderItsFullName() throws IOException {
        Map<String, Integer> expected = new LinkedHashMap<>();
        expected.put("folder/a", 5);
        expected.put("folder/" + "n".repeat(150) + ".bin", 600);
        expected.put("pax/" + "p".repeat(120), 512);
        expected.put("last", 0);
        assertEquals(expected, read(Files.write(dir.resolve("a.tar"), sample())));
        assertEquals(expected, read(Files.write(dir.resolve("a.tgz"), IdxDatasetTest.gzip(sample()))));
    }

    @Test
    void contentMayBeReadOrPassedOver() throws IOException {
        Path p = Files.write(dir.resolve("a.tar"), sample());
        try (TarReader tar = new TarReader(p)) {
            assertTrue(tar.next());
            assertEquals(5, tar.size());
            assertTrue(tar.next());
            assertThrows(DonnaException.InvalidInput.class, () -> tar.content(599));
        }
        try (TarReader tar = new TarReader(p)) {
            tar.next();
            assertArrayEquals("alpha".getBytes(StandardCharsets.UTF_8), tar.content(5));
        }
    }

    @Test
    void aTruncatedArchiveIsRefused() throws IOException {
        byte[] whole = sample();
        for (int n : new int[] {0, 100, 511, 600, 513 + 512, 2000, 3000, 4000}) {
            Path p = Files.write(dir.resolve("cut.tar"), Arrays.copyOf(whole, n));
            assertThrows(DonnaException.InvalidInput.class, () -> read(p), "cut to " + n);
        }
        byte[] gz = IdxDatasetTest.gzip(whole);
        for (int n = 2; n < gz.length; n += 7) {
            Path p = Files.write(dir.resolve("cut.tgz"), Arrays.copyOf(gz, n));
            assertThrows(DonnaException.InvalidInput.class, () -> read(p), "cut to " + n);
        }
    }

    @Test
    void anAlteredHeaderIsRefused() throws IOException {
        for (int i = 0; i < 512; i += 3) {
            byte[] altered = sample();
            altered[512 + i] ^= 1;
            Path p = Files.write(dir.resolve("x.tar"), altered);
            assertThrows(DonnaException.InvalidInput.class, () -> read(p), "byte " + i);
        }
        Path text = Files.writeString(dir.resolve("text"), "no archive".repeat(100));
        String m = assertThrows(DonnaException.InvalidInput.class, () -> read(text))
                .getMessage();
        assertTrue(m.contains(text.toString()), m);
    }
}
