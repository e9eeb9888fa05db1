package donna.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import donna.data.Dataset;
import donna.data.ImageDecoder;
import donna.data.ImageFolder;
import donna.data.Split;
import donna.tensor.DonnaException;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ImageFolderTest {
    private static final int W = 40;
    private static final int H = 29;

    @TempDir
    Path dir;

    private final List<String> lines = new ArrayList<>();

    private static byte[] resource(String name) throws IOException {
        try (InputStream in = ImageFolderTest.class.getResourceAsStream(name)) {
            return in.readAllBytes();
        }
    }

    /** {@code [H, W, 3]} as PIL writes it to {@code [3, H, W]}. */
    private static byte[] planar(byte[] interleaved) {
        byte[] out = new byte[interleaved.length];
        for (int i = 0; i < interleaved.length; i++) {
            out[i % 3 * (interleaved.length / 3) + i / 3] = interleaved[i];
        }
        return out;
    }

    private static int worst(byte[] expected, byte[] got) {
        assertEquals(expected.length, got.length);
        int worst = 0;
        for (int i = 0; i < expected.length; i++) {
            worst = Math.max(worst, Math.abs((expected[i] & 0xff) - (got[i] & 0xff)));
        }
        return worst;
    }

    private void put(String path, byte[] content) throws IOException {
        Path p = dir.resolve("set").resolve(path);
        Files.createDirectories(p.getParent());
        Files.write(p, content);
    }

    private Dataset open(int size, int threads, boolean cache) {
        return ImageFolder.open(
                "set",
                dir.resolve("set"),
                Split.TRAIN,
                new ImageFolder.Options(size, size, threads, cache ? Optional.of(dir.resolve("cache")) : Optional.empty()),
                lines::add);
    }

    private String refused(int size) {
        return assertThrows(DonnaException.InvalidInput.class, () -> open(size, 2, false))
                .getMessage();
    }

    private static byte[] image(Dataset d, int i) {
        byte[] b = new byte[d.imageBytes()];
        d.read(i, b, 0);
        return b;
    }

    @Test
    void pixelsAreThoseThatPilDecodes() throws IOException {
        ImageDecoder decoder = ImageDecoder.of("jpg");
        ImageDecoder.Pixels jpeg = decoder.decode(resource("wave.jpg"));
        assertEquals(H + " " + W, jpeg.height() + " " + jpeg.width());
        assertTrue(
                worst(planar(resource("wave.rgb")), jpeg.rgb()) <= 2,
                "JPEG differs by " + worst(planar(resource("wave.rgb")), jpeg.rgb()));
        assertArrayEquals(
                planar(resource("wave.exact")),
                decoder.decode(resource("wave.png")).rgb());
        assertArrayEquals(
                planar(resource("palette.rgb")),
                decoder.decode(resource("palette.png")).rgb());
    }

    @Test
    void greyStaysAsDarkAsItIs() throws IOException {
        byte[] exact = resource("grey.exact");
        byte[] three = new byte[3 * exact.length];
        for (int c = 0; c < 3; c++) {
            System.arraycopy(exact, 0, three, c * exact.length, exact.length);
        }
        ImageDecoder decoder = ImageDecoder.of("png");
        assertArrayEquals(three, decoder.decode(resource("grey.png")).rgb());
        // Quality 90 itself costs a few levels; read as linear light the error would be above 50.
        assertTrue(worst(three, decoder.decode(resource("grey.jpg")).rgb()) <= 8);
    }

    @Test
    void aLargerImageIsReducedAsPilDoes() throws IOException {
        put("train/a/wave.png", resource("wave.png"));
        try (Dataset d = open(8, 1, false)) {
            assertEquals("3 8 8", d.channels() + " " + d.height() + " " + d.width());
            assertArrayEquals(planar(resource("small.rgb")), image(d, 0));
        }
    }

    @Test
    void theShorterSideIsScaledBeforeTheCentreIsCutOut() throws IOException {
        put("train/a/wave.png", resource("wave.png"));
        ImageFolder.Options options = new ImageFolder.Options(12, 16, 1, Optional.empty());
        try (Dataset d = ImageFolder.open("set", dir.resolve("set"), Split.TRAIN, options, lines::add)) {
            assertArrayEquals(planar(resource("centre.rgb")), image(d, 0));
        }
        assertThrows(DonnaException.InvalidInput.class, () -> new ImageFolder.Options(16, 12, 1, Optional.empty()));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7})
    void theSameDataSetComesFromAnyNumberOfThreadsWithAndWithoutCache(int threads) throws IOException {
        byte[] png = resource("wave.png");
        byte[] jpg = resource("wave.jpg");
        for (int i = 0; i < 30; i++) {
            put(
                    "train/" + (i % 3 == 0 ? "zebra" : "ant") + "/" + i + (i % 2 == 0 ? ".png" : ".JPG"),
                    i % 2 == 0 ? png : jpg);
        }
        put("test/bee/0.png", png);
        put("train/ant/.hidden.png", new byte[5]);
        put("train/ant/notes.txt", new byte[5]);
        try (Dataset one = open(0, 1, false);
                Dataset plain = open(0, threads, false);
                Dataset made = open(0, threads, true)) {
            lines.clear();
            try (Dataset again = open(0, threads, true)) {
                assertEquals(List.of(), lines, "the cache was not used");
                assertEquals(List.of("ant", "bee", "zebra"), one.classes());
                for (Dataset d : List.of(plain, made, again)) {
                    assertEquals(30, d.size());
                    assertEquals(one.classes(), d.classes());
                    for (int i = 0; i < 30; i++) {
                        assertEquals(one.label(i), d.label(i));
                        assertArrayEquals(image(one, i), image(d, i));
                    }
                }
                assertEquals(
                        10,
                        IntStream.range(0, 30).filter(i -> one.label(i) == 2).count());
                assertTrue(
                        IntStream.range(20, 30).map(one::label).distinct().count() > 1, "a slice holds one class only");
            }
        }
    }

    @Test
    void aChangedFileOrADamagedCacheIsDecodedAnew() throws IOException {
        put("train/a/0.png", resource("wave.png"));
        open(0, 1, true).close();
        Path cache;
        try (Stream<Path> files = Files.list(dir.resolve("cache"))) {
            List<Path> all = files.toList();
            assertEquals(1, all.size());
            cache = all.getFirst();
        }
        byte[] whole = Files.readAllBytes(cache);
        for (int n : new int[] {0, 10, 4000, whole.length - 1}) {
            Files.write(cache, Arrays.copyOf(whole, n));
            lines.clear();
            open(0, 1, true).close();
            assertEquals(1, lines.size(), "cut to " + n);
            assertArrayEquals(whole, Files.readAllBytes(cache));
        }
        for (int at : new int[] {3, 9, 13, 17, 21, 30, whole.length - 1}) {
            byte[] altered = whole.clone();
            altered[at] ^= 1;
            Files.write(cache, altered);
            lines.clear();
            open(0, 1, true).close();
            assertEquals(1, lines.size(), "altered at " + at);
        }
        put("train/a/0.png", resource("palette.png"));
        try (Dataset d = open(0, 1, true)) {
            assertArrayEquals(planar(resource("palette.rgb")), image(d, 0));
        }
    }

    @Test
    void fewBrokenImagesAreNamedAndLeftOutManyAreAnError() throws IOException {
        byte[] png = resource("wave.png");
        byte[] jpg = resource("wave.jpg");
        for (int i = 0; i < 199; i++) {
            put("train/a/" + i + ".png", i == 50 ? Arrays.copyOf(png, png.length / 2) : png);
        }
        put("train/b/cut.jpg", Arrays.copyOf(jpg, jpg.length * 2 / 3));
        for (boolean cache : new boolean[] {false, true}) {
            lines.clear();
            try (Dataset d = open(0, 2, cache)) {
                assertEquals(198, d.size());
                assertEquals(List.of("a", "b"), d.classes());
                for (int i = 0; i < d.size(); i++) {
                    assertArrayEquals(planar(resource("wave.exact")), image(d, i));
                }
            }
            assertTrue(
                    lines.getLast().contains("2 of 200") && lines.getLast().contains("train/b/cut.jpg"),
                    lines.toString());
        }
        put("train/b/empty.jpg", new byte[0]);
        String m = refused(0);
        assertTrue(m.contains("3 of 201 images are broken") && m.contains("at most 1 %"), m);
        try (Stream<Path> files = Files.list(dir.resolve("cache"))) {
            assertEquals(1, files.count());
        }
    }

    @Test
    void everyTruncationOfAnImageIsNoticed() throws IOException {
        for (String name : List.of("wave.jpg", "wave.png")) {
            byte[] whole = resource(name);
            // The last bytes of a PNG are checksums and a chunk without pixels.
            int end = name.endsWith("png") ? whole.length - 32 : whole.length - 2;
            for (int n = 0; n < end; n += 11) {
                byte[] cut = Arrays.copyOf(whole, n);
                assertThrows(
                        DonnaException.InvalidInput.class,
                        () -> ImageDecoder.of("jpg").decode(cut),
                        name + " cut to " + n);
            }
        }
    }

    @Test
    void anImageThatClaimsHugeSizeIsRefused() throws IOException {
        byte[] png = resource("wave.png");
        png[16] = 0x01;
        png[20] = 0x01;
        String m = assertThrows(
                        DonnaException.InvalidInput.class,
                        () -> ImageDecoder.of("png").decode(png))
                .getMessage();
        assertTrue(m.contains("expected at most"), m);
    }

    @Test
    void mistakesAreNamed() throws IOException {
        assertTrue(refused(0).contains("no such folder or tar file"));
        put("other/a/0.png", resource("wave.png"));
        assertTrue(refused(0).contains("holds no image train/CLASS/NAME"));
        put("train/a/0.png", resource("wave.png"));
        put("train/a/1.png", resource("wave.png"));
        Files.write(dir.resolve("set/train/a/2.png"), small());
        String m = refused(0);
        assertTrue(m.contains("give an image size") && m.contains("29x40"), m);
        try (Dataset d = open(8, 2, false)) {
            assertEquals(3, d.size());
        }
        Files.writeString(dir.resolve("file"), "no folder");
        ImageFolder.Options blocked = new ImageFolder.Options(8, 8, 1, Optional.of(dir.resolve("file/cache")));
        m = assertThrows(
                        DonnaException.InvalidInput.class,
                        () -> ImageFolder.open("set", dir.resolve("set"), Split.TRAIN, blocked, lines::add))
                .getMessage();
        assertTrue(m.contains("cannot be written"), m);
        assertFalse(ImageFolder.isAt(dir.resolve("set"), List.of("b")));
        assertTrue(ImageFolder.isAt(dir.resolve("set"), List.of("a")));
    }

    private static byte[] small() throws IOException {
        BufferedImage image = new BufferedImage(10, 9, BufferedImage.TYPE_3BYTE_BGR);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ImageIO.write(image, "png", out);
        return out.toByteArray();
    }
}
