package donna.format;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import donna.tensor.DType;
import donna.tensor.DonnaException;
import donna.tensor.Shape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SafetensorsTest {
    @TempDir
    Path dir;

    /** Written by hand from the format's specification: length, header padded with spaces to a multiple of 8, bytes. */
    private static byte[] golden() {
        String header = "{\"__metadata__\":{\"a\":\"1\",\"format\":\"pt\"},"
                + "\"d\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[0,8]},"
                + "\"b\":{\"dtype\":\"F32\",\"shape\":[2,1],\"data_offsets\":[8,16]},"
                + "\"c\":{\"dtype\":\"I32\",\"shape\":[],\"data_offsets\":[16,20]},"
                + "\"a\\\"\\n\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[20,23]}}";
        header += " ".repeat((8 - header.length() % 8) % 8);
        return file(header, new byte[] {
            0,
            0,
            0,
            0,
            0,
            0,
            (byte) 0xf8,
            0x3f, // 1.5
            0,
            0,
            (byte) 0x80,
            0x3f,
            0,
            0,
            0,
            (byte) 0xc0, // 1, -2
            (byte) 0xfe,
            (byte) 0xff,
            (byte) 0xff,
            (byte) 0xff, // -2
            1,
            2,
            (byte) 255
        });
    }

    private static byte[] file(String header, byte[] data) {
        byte[] text = header.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(8 + text.length + data.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(text.length)
                .put(text)
                .put(data)
                .array();
    }

    private static Map<String, HostTensor> tensors() {
        Map<String, HostTensor> t = new LinkedHashMap<>();
        t.put("a\"\n", new HostTensor(DType.U8, Shape.of(3), new byte[] {1, 2, (byte) 255}));
        t.put("c", HostTensor.of(Shape.of(), new int[] {-2}));
        t.put("b", HostTensor.of(Shape.of(2, 1), new float[] {1, -2}));
        t.put("d", HostTensor.of(Shape.of(1), new double[] {1.5}));
        return t;
    }

    @Test
    void theBytesWrittenAreThoseOfTheSpecification() throws IOException {
        Path p = dir.resolve("sub/x.safetensors");
        Safetensors.write(p, tensors(), Map.of("format", "pt", "a", "1"));
        assertArrayEquals(golden(), Files.readAllBytes(p));
        try (var files = Files.list(p.getParent())) {
            assertEquals(1, files.count(), "a temporary file was left");
        }
    }

    @Test
    void whatIsReadIsWhatWasWritten() throws IOException {
        Path p = Files.write(dir.resolve("x"), golden());
        Safetensors s = Safetensors.read(p);
        assertEquals(tensors(), s.tensors());
        assertEquals(Map.of("format", "pt", "a", "1"), s.metadata());
        assertArrayEquals(new float[] {1, -2}, s.tensor("b").floats());
        assertArrayEquals(new double[] {1, 2, 255}, s.tensor("a\"\n").doubles());
        assertThrows(DonnaException.InvalidInput.class, () -> s.tensor("z"));
    }

    @Test
    void specialFloatsKeepTheirBits() {
        float[] v = {
            Float.NaN, Float.NEGATIVE_INFINITY, -0f, Float.MIN_VALUE, Float.MAX_VALUE, Float.intBitsToFloat(0x7fc00001)
        };
        Path p = dir.resolve("x");
        Safetensors.write(p, Map.of("v", HostTensor.of(Shape.of(6), v)), Map.of());
        float[] got = Safetensors.read(p).tensor("v").floats();
        for (int i = 0; i < v.length; i++) {
            assertEquals(Float.floatToRawIntBits(v[i]), Float.floatToRawIntBits(got[i]));
        }
    }

    @Test
    void otherTypesAreWidenedExactlyOrRefused() throws IOException {
        assertArrayEquals(
                new double[] {1, -2},
                one("F16", "2", new byte[] {0, 0x3c, 0, (byte) 0xc0}).doubles());
        assertArrayEquals(
                new double[] {1, -2},
                one("BF16", "2", new byte[] {(byte) 0x80, 0x3f, 0, (byte) 0xc0}).doubles());
        assertArrayEquals(new double[] {-1}, one("I64", "", bytes(-1)).doubles());
        assertArrayEquals(new double[] {-2}, one("I8", "1", new byte[] {-2}).doubles());
        assertArrayEquals(
                new double[] {65535}, one("U16", "1", new byte[] {-1, -1}).doubles());
        assertArrayEquals(
                new double[] {0, 1}, one("BOOL", "2", new byte[] {0, 1}).doubles());
        for (String type : new String[] {"I64", "U64"}) {
            String m = assertThrows(DonnaException.InvalidInput.class, () -> one(type, "", bytes(1L << 40)))
                    .getMessage();
            assertTrue(m.contains("1099511627776") && m.contains("'t'"), m);
        }
        assertThrows(DonnaException.InvalidInput.class, () -> one("U32", "1", new byte[] {-1, -1, -1, -1}));
        assertThrows(DonnaException.InvalidInput.class, () -> one("F8_E4M3", "1", new byte[] {1}));
    }

    @Test
    void everyTruncationAndEverySurplusByteIsRefused() throws IOException {
        byte[] whole = golden();
        for (int n = 0; n < whole.length; n++) {
            refused(Arrays.copyOf(whole, n));
        }
        refused(Arrays.copyOf(whole, whole.length + 1));
    }

    @Test
    void anAlteredHeaderIsReadToTheSameTensorsOrRefusedButNeverCrashes() throws IOException {
        byte[] whole = golden();
        int headerEnd = whole.length - 23;
        int refused = 0;
        for (int i = 0; i < headerEnd; i++) {
            for (int bit = 0; bit < 8; bit++) {
                byte[] altered = whole.clone();
                altered[i] ^= (byte) (1 << bit);
                Path p = Files.write(dir.resolve("x"), altered);
                try {
                    assertEquals(4, Safetensors.read(p).tensors().size());
                } catch (DonnaException.InvalidInput e) {
                    refused++;
                }
            }
        }
        assertTrue(refused > headerEnd * 4, refused + " of " + headerEnd * 8 + " altered headers were refused");
    }

    @Test
    void hostileHeadersAreRefused() throws IOException {
        String[] headers = {
            "{\"t\":{\"dtype\":\"F32\",\"shape\":[65536,65536,65536,65536],\"data_offsets\":[0,0]}}",
            "{\"t\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}",
            "{\"t\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}",
            "{\"t\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}}",
            "{\"t\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,99999999999999999999]}}",
            "{\"t\":{\"dtype\":\"F32\",\"shape\":[01],\"data_offsets\":[0,4]}}",
            "{\"t\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
                    + "\"t\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}",
            "{\"t\":{\"dtype\":\"F32\",\"shape\":[1]}}",
            "{\"t\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}x",
            "{\"t\":{\"dtype\":\"F32\",\"shape\":[" + "1,".repeat(40) + "1],\"data_offsets\":[0,4]}}",
            "{\"t\":[[[[[[[[[[]]]]]]]]]]}",
        };
        for (String h : headers) {
            refused(file(h, new byte[4]));
        }
        refused(ByteBuffer.allocate(16)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(Long.MAX_VALUE)
                .array());
    }

    @Test
    void aFolderThatCannotBeMadeIsOneSentence() throws IOException {
        Path blocked = Files.writeString(dir.resolve("file"), "not a folder");
        String m = assertThrows(
                        DonnaException.InvalidInput.class,
                        () -> Safetensors.write(blocked.resolve("x.safetensors"), tensors(), Map.of()))
                .getMessage();
        assertTrue(m.contains("cannot be written") && m.contains("x.safetensors"), m);
    }

    @Test
    void aFailureWhileWritingKeepsTheOldFileAndLeavesNothing() throws IOException {
        Path p = Files.writeString(dir.resolve("x"), "old");
        assertThrows(
                DonnaException.InvalidInput.class,
                () -> AtomicFile.write(p, out -> {
                    out.write(new byte[1 << 20]);
                    throw new IOException("No space left on device");
                }));
        assertEquals("old", Files.readString(p));
        try (var files = Files.list(dir)) {
            assertEquals(1, files.count());
        }
        assertFalse(Files.exists(dir.resolve(".x.tmp")));
    }

    private HostTensor one(String dtype, String shape, byte[] data) throws IOException {
        String header = "{\"t\":{\"dtype\":\"" + dtype + "\",\"shape\":[" + shape + "],\"data_offsets\":[0,"
                + data.length + "]}}";
        return Safetensors.read(Files.write(dir.resolve("one"), file(header, data)))
                .tensor("t");
    }

    private static byte[] bytes(long v) {
        return ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(v).array();
    }

    private void refused(byte[] content) throws IOException {
        Path p = Files.write(dir.resolve("bad"), content);
        String m = assertThrows(DonnaException.InvalidInput.class, () -> Safetensors.read(p))
                .getMessage();
        assertTrue(m.startsWith(p.toString()), m);
    }
}
