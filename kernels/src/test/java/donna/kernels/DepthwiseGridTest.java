package donna.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** A grid covers its images with as few blocks as it says, and the form that is chosen is one that is compiled. */
class DepthwiseGridTest {
    private static final long SEED = 11;
    private static final List<KernelFile> FILES = List.of(KernelFile.DEPTHWISE_STRIPS, KernelFile.DEPTHWISE_SPREAD, KernelFile.DEPTHWISE_TAPS);

    @Test
    void everyChannelRowAndPixelHasOneThread() {
        Random random = new Random(SEED);
        for (int i = 0; i < 2000; i++) {
            KernelFile file = FILES.get(random.nextInt(FILES.size()));
            Storage storage = Storage.values()[random.nextInt(Storage.values().length)];
            int side = 3 + 2 * random.nextInt(3);
            int stride = file == KernelFile.DEPTHWISE_SPREAD ? 2 : 1 + random.nextInt(2);
            int samples = 1 + random.nextInt(200);
            int channels = 1 + random.nextInt(1200);
            int height = 1 + random.nextInt(120);
            int width = 1 + random.nextInt(120);
            String shape = "seed " + SEED + ", case " + i + ": " + file + " " + storage + " " + side + " " + stride + " [" + samples + ", " + height + ", "
                    + width + ", " + channels + "]";
            DepthwiseForm form = DepthwiseForm.choose(file, storage, side, stride, channels, width);
            assertTrue(file.variants(storage).contains(form.macros()), shape);
            DepthwiseGrid g = DepthwiseGrid.of(form, storage, samples, channels, height, width);
            assertTrue(g.groups() * g.lines() <= 128 && g.groups() * form.channels() <= 128, shape);
            assertEquals(0, channels % form.channels(), shape);
            assertTrue(g.tiles() * g.groups() * form.channels() >= channels && (g.tiles() - 1) * g.groups() * form.channels() < channels, shape);
            assertTrue(g.bands() * g.rows() >= height && (g.bands() - 1) * g.rows() < height, shape);
            assertTrue(g.strips() * form.strip() >= width && (g.strips() - 1) * form.strip() < width, shape);
            int items = samples * g.bands() * g.strips();
            int blocks = g.launch().gridX() / g.tiles();
            assertTrue(blocks * g.lines() >= items && (blocks - 1) * g.lines() < items, shape);
            assertTrue(g.chunks() >= 1 && g.chunks() <= blocks && g.launchChunks().gridX() == g.chunks() * g.tiles(), shape);
        }
    }

    @Test
    void rowsOfSevenPixelsAreOneStrip() {
        assertEquals(new DepthwiseForm(3, 1, 2, 7, 3), DepthwiseForm.choose(KernelFile.DEPTHWISE_STRIPS, Storage.BF16, 3, 1, 960, 7));
        assertEquals(new DepthwiseForm(3, 1, 1, 4, 3), DepthwiseForm.choose(KernelFile.DEPTHWISE_STRIPS, Storage.F32, 3, 1, 960, 4));
    }

    @Test
    void onlyOddSquareWindowsUpToSevenHaveForms() {
        assertTrue(DepthwiseForm.covers(5, 5, 2));
        assertEquals(List.of(false, false, false, false), List.of(
                DepthwiseForm.covers(3, 5, 1), DepthwiseForm.covers(9, 9, 1), DepthwiseForm.covers(1, 1, 1), DepthwiseForm.covers(3, 3, 3)));
    }
}
