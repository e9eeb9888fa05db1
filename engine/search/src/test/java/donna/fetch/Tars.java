package donna.fetch;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.zip.GZIPOutputStream;

/** Writes tar archives in ustar form. */
final class Tars {
    private Tars() {}

    /** Writes the files, in the map's order; gzip where the name ends in {@code gz}. */
    static Path write(Path target, Map<String, byte[]> files) throws IOException {
        Files.createDirectories(target.getParent());
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (Map.Entry<String, byte[]> f : files.entrySet()) {
            out.writeBytes(entry(f.getKey(), f.getValue()));
        }
        out.writeBytes(new byte[1024]);
        try (OutputStream file = Files.newOutputStream(target);
                OutputStream written = target.toString().endsWith("gz") ? new GZIPOutputStream(file) : file) {
            out.writeTo(written);
        }
        return target;
    }

    private static byte[] entry(String name, byte[] content) {
        byte[] e = new byte[512 + (content.length + 511) / 512 * 512];
        put(e, 0, name);
        put(e, 100, "0000644");
        put(e, 124, String.format("%011o", content.length));
        put(e, 136, "00000000000");
        e[156] = '0';
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
}
