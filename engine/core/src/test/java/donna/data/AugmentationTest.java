package donna.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import donna.data.RandAugment.Kind;
import donna.graph.Mask;
import donna.tensor.DonnaException;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What is drawn how often, and what a batch becomes. */
class AugmentationTest {
    private static final int N = 64;
    private static final int C = 3;
    private static final int H = 20;
    private static final int W = 24;
    private static final int IMAGE = C * H * W;

    private static Augmentation with(ResizedCrop crop, double erasing, Mixing mixing) {
        return new Augmentation(false, 0, Optional.ofNullable(crop), Optional.empty(), Optional.empty(), erasing, mixing);
    }

    /** Image i is of value 1 + 2 i throughout. */
    private static Dataset plain() {
        byte[] pixels = new byte[N * IMAGE];
        for (int i = 0; i < N; i++) {
            Arrays.fill(pixels, i * IMAGE, (i + 1) * IMAGE, (byte) (1 + 2 * i));
        }
        int[] labels = IntStream.range(0, N).map(i -> i % 7).toArray();
        return MemoryDataset.of("plain", C, H, W, List.of("a", "b", "c", "d", "e", "f", "g"), labels, pixels);
    }

    private static float[] fill(Augmentation a, long seed, int epoch, double[] share) {
        float[] out = new float[N * IMAGE];
        Batcher b = new Batcher(plain(), Normalization.none(C), a, seed);
        share[0] = b.fill(IntStream.range(0, N).toArray(), 0, N, epoch, MemorySegment.ofArray(out), MemorySegment.ofArray(new int[N]));
        return out;
    }

    @Test
    void partsOfAResizedCropHaveTheDrawnAreasAndRatiosAndLieAnywhere() {
        ResizedCrop crop = new ResizedCrop(0.1, 0.5, 0.75, 4.0 / 3);
        int[] areas = new int[4];
        int wide = 0;
        double top = 0;
        int draws = 6000;
        for (int i = 0; i < draws; i++) {
            ResizedCrop.Box b = crop.draw(new Draws(Mask.mix(i), 1), 200, 240);
            assertTrue(b.top() >= 0 && b.left() >= 0 && b.top() + b.height() <= 200 && b.left() + b.width() <= 240, b.toString());
            double area = b.height() * b.width() / (200.0 * 240);
            double ratio = (double) b.width() / b.height();
            assertTrue(area > 0.097 && area < 0.503 && ratio > 0.74 && ratio < 1.35, b.toString());
            areas[Math.clamp((int) ((area - 0.1) * 10), 0, 3)]++;
            wide += ratio > 1 ? 1 : 0;
            top += b.top() / Math.max(1.0, 200 - b.height()) / draws;
        }
        // All fit. Areas are uniform: 1500 in each tenth, standard deviation 34; ratios are symmetric on a logarithmic scale.
        for (int n : areas) {
            assertEquals(1500, n, 140, Arrays.toString(areas));
        }
        assertEquals(0.5, wide / (double) draws, 0.03);
        assertEquals(0.5, top, 0.03);
    }

    @Test
    void aPartThatNeverFitsIsTheLargestOfAnAllowedRatio() {
        ResizedCrop tall = new ResizedCrop(1, 1, 0.1, 0.2);
        assertEquals(new ResizedCrop.Box(0, 110, 100, 20), tall.draw(new Draws(1, 1), 100, 240));
        ResizedCrop wide = new ResizedCrop(1, 1, 5, 8);
        assertEquals(new ResizedCrop.Box(30, 0, 40, 200), wide.draw(new Draws(1, 1), 100, 200));
    }

    @Test
    void aCropOfAPlainImageIsPlainAndACropOfAllChangesNothing() {
        double[] share = new double[1];
        float[] cropped = fill(with(new ResizedCrop(0.08, 1, 0.75, 1.33), 0, Mixing.NONE), 1, 0, share);
        float[] whole = fill(with(null, 0, Mixing.NONE), 1, 0, share);
        assertArrayEquals(whole, cropped);
        assertEquals(1, share[0]);
    }

    @Test
    void erasingHitsTheWantedShareOfImagesWithRectanglesOfTheMean() {
        int erased = 0;
        int images = 0;
        double area = 0;
        double[] share = new double[1];
        for (int epoch = 0; epoch < 40; epoch++) {
            float[] out = fill(with(null, 0.25, Mixing.NONE), 3, epoch, share);
            for (int i = 0; i < N; i++, images++) {
                long zeros = 0;
                for (int k = 0; k < IMAGE; k++) {
                    zeros += out[i * IMAGE + k] == 0 ? 1 : 0;
                }
                assertEquals(0, zeros % C, "the same rectangle in every channel");
                erased += zeros > 0 ? 1 : 0;
                area += zeros / (double) IMAGE;
            }
        }
        // 2560 draws of probability 1/4: 640, standard deviation 22. The mean area of a draw is 17.5 %, a little less as large flat ones do not fit.
        assertEquals(640, erased, 100);
        assertEquals(0.17, area / erased, 0.02);
    }

    @Test
    void everyOperationOfRandAugmentIsDrawnAboutEquallyOftenAndBothWays() {
        byte[] image = new byte[IMAGE];
        for (int i = 0; i < IMAGE; i++) {
            image[i] = (byte) (Mask.mix(i) >>> 32);
        }
        RandAugment one = new RandAugment(1, 20);
        int[] counts = new int[27];
        int other = 0;
        for (int i = 0; i < 4200; i++) {
            byte[] got = one.apply(new Draws(Mask.mix(i), 2), image.clone(), C, H, W);
            boolean found = false;
            for (int k = 0; k < counts.length && !found; k++) {
                byte[] expected = one.apply(Kind.values()[k / 2], k % 2 == 1, image.clone(), C, H, W);
                found = Arrays.equals(expected, got);
                counts[k] += found ? 1 : 0;
            }
            other += found ? 0 : 1;
        }
        assertEquals(0, other, "an image that no operation makes");
        // 300 for each of 14 operations, standard deviation 17; those that go either way 150 each. Contrast and equalisation may coincide with identity.
        for (int k = 0; k < 18; k++) {
            assertEquals(150, counts[k], 65, Kind.values()[k / 2] + " " + Arrays.toString(counts));
        }
    }

    @Test
    void jitterStaysWithinItsFactorsAndComesInAnyOrder() {
        byte[] grey = new byte[C * 16];
        Arrays.fill(grey, (byte) 100);
        ColourJitter jitter = new ColourJitter(0.4, 0, 0, 0);
        int low = 255;
        int high = 0;
        long sum = 0;
        for (int i = 0; i < 4000; i++) {
            byte[] b = grey.clone();
            jitter.apply(new Draws(Mask.mix(i), 3), b, C);
            low = Math.min(low, b[0] & 0xff);
            high = Math.max(high, b[0] & 0xff);
            sum += b[0] & 0xff;
        }
        assertEquals(60, low);
        assertEquals(139, high);
        assertEquals(99.5, sum / 4000.0, 1.2, "uniform between 60 and 140, cut to whole levels");
        byte[] two = {(byte) 200, 40};
        TreeSet<String> orders = new TreeSet<>();
        for (int i = 0; i < 200; i++) {
            byte[] b = two.clone();
            new ColourJitter(0.9, 0.9, 0, 0).apply(new Draws(Mask.mix(i), 3), b, 1);
            orders.add(Arrays.toString(b));
        }
        assertTrue(orders.size() > 150, "only " + orders.size() + " different results");
    }

    @Test
    void mixupMixesAnImageWithItsPartnerInTheShareThatItsLabelGets() {
        double[] share = new double[1];
        double mean = 0;
        double square = 0;
        int draws = 400;
        for (int epoch = 0; epoch < draws; epoch++) {
            float[] out = fill(with(null, 0, new Mixing(0.4, 0)), 5, epoch, share);
            for (int i = 0; i < N; i += 9) {
                double expected = (share[0] * (1 + 2 * i) + (1 - share[0]) * (1 + 2 * (N - 1 - i))) / 255;
                assertEquals(expected, out[i * IMAGE + 77], 1e-5);
            }
            mean += share[0] / draws;
            square += share[0] * share[0] / draws;
        }
        // Beta(0.4, 0.4): mean 1/2, variance 1 / (4 (2 * 0.4 + 1)) = 0.1389.
        assertEquals(0.5, mean, 0.06);
        assertEquals(0.1389, square - mean * mean, 0.02);
    }

    @Test
    void cutmixTakesARectangleFromThePartnerAndTheLabelKeepsWhatIsLeft() {
        double[] share = new double[1];
        double mean = 0;
        boolean varied = false;
        for (int epoch = 0; epoch < 200; epoch++) {
            float[] out = fill(with(null, 0, new Mixing(0, 1)), 5, epoch, share);
            for (int i = 0; i < N; i += 21) {
                int own = 0;
                int partner = 0;
                for (int k = 0; k < IMAGE; k++) {
                    own += out[i * IMAGE + k] == (1 + 2 * i) / 255f ? 1 : 0;
                    partner += out[i * IMAGE + k] == (1 + 2 * (N - 1 - i)) / 255f ? 1 : 0;
                }
                assertEquals(IMAGE, own + partner);
                assertEquals(share[0], own / (double) IMAGE, 1e-9);
            }
            mean += share[0] / 200;
            varied |= share[0] < 0.3;
        }
        assertTrue(varied && mean > 0.5 && mean < 0.8, "Beta(1, 1) is uniform; rectangles cut off at the border leave more: " + mean);
    }

    @Test
    void whatIsDrawnDependsOnSeedEpochAndPlaceAlone() {
        double[] a = new double[1];
        double[] b = new double[1];
        Augmentation all = new Augmentation(true, 2, Optional.of(new ResizedCrop(0.3, 1, 0.75, 1.33)), Optional.of(new ColourJitter(0.4, 0.4, 0.4, 0.1)),
                Optional.of(new RandAugment(2, 9)), 0.25, new Mixing(0.2, 1));
        assertArrayEquals(fill(all, 7, 3, a), fill(all, 7, 3, b));
        assertEquals(a[0], b[0]);
        assertFalse(Arrays.equals(fill(all, 7, 3, a), fill(all, 7, 4, b)));
        assertFalse(Arrays.equals(fill(all, 7, 3, a), fill(all, 8, 3, b)));
    }

    @Test
    void impossibleWishesAreNamed() {
        assertThrows(DonnaException.InvalidInput.class, () -> new ResizedCrop(0.5, 0.2, 1, 1));
        assertThrows(DonnaException.InvalidInput.class, () -> new ColourJitter(0, 0, 0, 0.6));
        assertThrows(DonnaException.InvalidInput.class, () -> new RandAugment(2, 31));
        assertThrows(DonnaException.InvalidInput.class, () -> new Mixing(-1, 0));
        assertThrows(DonnaException.InvalidInput.class, () -> with(null, 1.5, Mixing.NONE));
    }
}
