package donna.cpu.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import donna.data.ImageDecoder;
import donna.tensor.DonnaException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Against PIL, which decodes with the same library; {@code goldens.py} beside the pictures says how they were made. */
class TurboJpegDecoderTest {
    private final TurboJpegDecoder decoder = new TurboJpegDecoder();

    @BeforeEach
    void theLibraryIsThere() {
        decoder.refusal().ifPresent(why -> {
            System.out.println("skipped: " + why);
            Assumptions.abort(why);
        });
    }

    private static byte[] resource(String name) throws IOException {
        try (InputStream in = TurboJpegDecoderTest.class.getResourceAsStream(name)) {
            return in.readAllBytes();
        }
    }

    @Test
    void pixelsAreThoseThatPilDecodes() throws IOException {
        byte[] expected = resource("photo.rgb");
        ImageDecoder.Pixels p = decoder.decode(resource("photo.jpg"));
        assertEquals("45 67", p.height() + " " + p.width());
        int plane = 45 * 67;
        byte[] interleaved = new byte[3 * plane];
        IntStream.range(0, 3 * plane).forEach(i -> interleaved[i] = p.rgb()[i % 3 * plane + i / 3]);
        assertArrayEquals(expected, interleaved);
    }

    @Test
    void greyBecomesThreeEqualChannels() throws IOException {
        ImageDecoder.Pixels p = decoder.decode(resource("grey.jpg"));
        int plane = p.height() * p.width();
        byte[] first = Arrays.copyOfRange(p.rgb(), 0, plane);
        assertArrayEquals(resource("grey.l"), first);
        assertArrayEquals(first, Arrays.copyOfRange(p.rgb(), plane, 2 * plane));
        assertArrayEquals(first, Arrays.copyOfRange(p.rgb(), 2 * plane, 3 * plane));
    }

    @Test
    void everyTruncationIsNoticed() throws IOException {
        byte[] whole = resource("photo.jpg");
        for (int n = 0; n < whole.length - 2; n += 7) {
            byte[] cut = Arrays.copyOf(whole, n);
            assertThrows(DonnaException.InvalidInput.class, () -> decoder.decode(cut), "cut to " + n);
        }
    }

    @Test
    void anImageThatClaimsHugeSizeIsRefused() throws IOException {
        byte[] jpeg = resource("photo.jpg");
        int frame = IntStream.range(0, jpeg.length - 1)
                .filter(i -> (jpeg[i] & 0xff) == 0xff && (jpeg[i + 1] & 0xff) == 0xc0)
                .findFirst()
                .orElseThrow();
        Arrays.fill(jpeg, frame + 5, frame + 9, (byte) 0x7f);
        String m = assertThrows(DonnaException.InvalidInput.class, () -> decoder.decode(jpeg)).getMessage();
        assertTrue(m.contains("expected at most"), m);
    }

    @Test
    void itIsPreferredForJpegAndLeavesOtherFilesToOthers() {
        assertEquals("turbojpeg", ImageDecoder.of("jpg").name());
        assertTrue(ImageDecoder.all().stream().filter(d -> d.handles("png")).noneMatch(d -> d.name().equals("turbojpeg")));
    }
}
