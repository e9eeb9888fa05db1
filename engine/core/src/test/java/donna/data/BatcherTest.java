package donna.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import donna.tensor.DonnaException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BatcherTest {
    private static final int N = 200;
    private static final int C = 3;
    private static final int H = 6;
    private static final int W = 5;
    private static final int IMAGE = C * H * W;

    private final Dataset data = data();

    /**
     * Pixel (c, y, x) of image i is 1 + (i * 7 + c * 50 + y * 8 + x) mod 200: never black, told apart within an
     * image.
     */
    private static Dataset data() {
        byte[] pixels = new byte[N * IMAGE];
        int[] labels = new int[N];
        for (int i = 0; i < N; i++) {
            labels[i] = i % 10;
            for (int j = 0; j < IMAGE; j++) {
                pixels[i * IMAGE + j] = (byte) pixel(i, j / (H * W), j / W % H, j % W);
            }
        }
        List<String> classes = IntStream.range(0, 10).mapToObj(k -> "c" + k).toList();
        return MemoryDataset.of("made", C, H, W, classes, labels, pixels);
    }

    private static int pixel(int i, int c, int y, int x) {
        return 1 + (i * 7 + c * 50 + y * 8 + x) % 200;
    }

    @Test
    void valuesAreNormalisedPerChannelInTheOrderPyTorchUses() {
        Normalization norm = new Normalization(new float[] {.485f, .456f, .406f}, new float[] {.229f, .224f, .225f});
        float[] out = new float[2 * IMAGE];
        int[] labels = new int[2];
        new Batcher(data, norm, Augmentation.NONE, 1)
                .fill(new int[] {9, 17, 33}, 1, 2, 0, MemorySegment.ofArray(out), MemorySegment.ofArray(labels));
        assertArrayEquals(new int[] {7, 3}, labels);
        float[] mean = norm.mean();
        float[] std = norm.std();
        for (int j = 0; j < IMAGE; j++) {
            int c = j / (H * W);
            double exact = (pixel(33, c, j / W % H, j % W) / 255.0 - mean[c]) / std[c];
            assertEquals(exact, out[IMAGE + j], 1e-6 * Math.max(1, Math.abs(exact)));
        }
    }

    @Test
    void augmentedImagesAreShiftedAndMirroredCopiesAndEveryKindOccurs() {
        int pad = 2;
        Batcher b = new Batcher(data, Normalization.none(C), new Augmentation(true, pad), 99);
        int[] seen = new int[2 * 5 * 5];
        for (int epoch = 0; epoch < 20; epoch++) {
            float[] out = all(b, epoch);
            for (int i = 0; i < N; i++) {
                int kind = kindOf(i, Arrays.copyOfRange(out, i * IMAGE, (i + 1) * IMAGE), pad);
                assertTrue(kind >= 0, "image " + i + " in epoch " + epoch + " is no shifted or mirrored copy");
                seen[kind]++;
            }
        }
        // 4000 draws over 50 equally likely kinds: 80 each; 40 is 4.5 standard deviations away.
        for (int k = 0; k < seen.length; k++) {
            assertTrue(seen[k] > 40 && seen[k] < 125, "kind " + k + " occurred " + seen[k] + " times of 4000");
        }
    }

    private static int kindOf(int i, float[] got, int pad) {
        for (int k = 0; k < 2 * 5 * 5; k++) {
            boolean mirrored = k >= 25;
            int dy = k % 25 / 5 - pad;
            int dx = k % 5 - pad;
            boolean same = true;
            for (int j = 0; j < IMAGE && same; j++) {
                int y = j / W % H + dy;
                int x = (mirrored ? W - 1 - j % W : j % W) + dx;
                boolean inside = y >= 0 && y < H && x >= 0 && x < W;
                float expected = inside ? pixel(i, j / (H * W), y, x) / 255f : 0;
                same = got[j] == expected;
            }
            if (same) {
                return k;
            }
        }
        return -1;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 8})
    void batchesAreTheSameBitsForAnyNumberOfThreads(int threads) throws InterruptedException {
        Batcher b = new Batcher(data, Normalization.none(C), new Augmentation(true, 2), 5);
        float[] expected = all(b, 3);
        int[] order = EpochOrder.permutation(N, 5, 3);
        float[] got = new float[N * IMAGE];
        Thread[] pool = new Thread[threads];
        for (int t = 0; t < threads; t++) {
            int first = t;
            pool[t] = Thread.ofPlatform().start(() -> {
                float[] one = new float[IMAGE];
                for (int i = first; i < N; i += threads) {
                    b.fill(order, i, 1, 3, MemorySegment.ofArray(one), MemorySegment.ofArray(new int[1]));
                    System.arraycopy(one, 0, got, order[i] * IMAGE, IMAGE);
                }
            });
        }
        for (Thread t : pool) {
            t.join();
        }
        assertArrayEquals(expected, got);
    }

    @Test
    void seedEpochAndImageEachChangeTheAugmentation() {
        Augmentation a = new Augmentation(true, 2);
        float[] base = all(new Batcher(data, Normalization.none(C), a, 5), 3);
        assertArrayEquals(base, all(new Batcher(data, Normalization.none(C), a, 5), 3));
        assertFalse(Arrays.equals(base, all(new Batcher(data, Normalization.none(C), a, 6), 3)));
        assertFalse(Arrays.equals(base, all(new Batcher(data, Normalization.none(C), a, 5), 4)));
    }

    @Test
    void nativeMemoryIsFilledToo() {
        Batcher b = new Batcher(data, Normalization.none(C), Augmentation.NONE, 5);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment images = arena.allocate(4L * N * IMAGE);
            MemorySegment labels = arena.allocate(4L * N);
            b.fill(IntStream.range(0, N).toArray(), 0, N, 0, images, labels);
            assertArrayEquals(all(b, 0), images.toArray(ValueLayout.JAVA_FLOAT));
            assertEquals(data.label(N - 1), labels.getAtIndex(ValueLayout.JAVA_INT, N - 1));
        }
    }

    @Test
    void mistakesAreNamed() {
        assertThrows(
                DonnaException.InvalidInput.class,
                () -> new Batcher(data, Normalization.none(1), Augmentation.NONE, 1));
        Batcher b = new Batcher(data, Normalization.none(C), Augmentation.NONE, 1);
        MemorySegment small = MemorySegment.ofArray(new float[IMAGE]);
        MemorySegment labels = MemorySegment.ofArray(new int[2]);
        assertThrows(DonnaException.InvalidInput.class, () -> b.fill(new int[2], 0, 2, 0, small, labels));
        assertThrows(DonnaException.InvalidInput.class, () -> b.fill(new int[2], 1, 2, 0, small, labels));
        assertThrows(DonnaException.InvalidInput.class, () -> b.fill(new int[] {N}, 0, 1, 0, small, labels));
        assertThrows(DonnaException.InvalidInput.class, () -> new Augmentation(false, -1));
        assertThrows(DonnaException.InvalidInput.class, () -> new Normalization(new float[] {0}, new float[] {0}));
    }

    @Test
    void aSliceReadsTheWholeSetsImagesAndStaysInside() {
        Dataset s = data.slice(10, 20);
        byte[] a = new byte[IMAGE];
        byte[] b = new byte[IMAGE];
        s.read(9, a, 0);
        data.read(19, b, 0);
        assertArrayEquals(b, a);
        assertEquals(data.label(19), s.label(9));
        assertThrows(DonnaException.InvalidInput.class, () -> s.read(10, a, 0));
        assertThrows(DonnaException.InvalidInput.class, () -> data.slice(10, N + 1));
        assertThrows(DonnaException.InvalidInput.class, () -> data.slice(10, 10));
    }

    @Test
    void readingAfterCloseIsRefused() {
        Dataset d = data();
        d.close();
        d.close();
        assertThrows(DonnaException.Closed.class, () -> d.read(0, new byte[IMAGE], 0));
    }

    @Test
    void meanAndStdOfADataSetAreThoseOfItsPixels() {
        byte[] pixels = {0, 0, (byte) 255, (byte) 255, 51, 51, 51, 51};
        Dataset d = MemoryDataset.of("two", 2, 1, 2, List.of("a"), new int[] {0, 0}, new byte[] {
            pixels[0], pixels[2], pixels[4], pixels[5], pixels[1], pixels[3], pixels[6], pixels[7]
        });
        Normalization n = Normalization.of(d);
        assertArrayEquals(new float[] {0.5f, 0.2f}, n.mean(), 1e-7f);
        assertArrayEquals(new float[] {0.5f, 1e-3f}, n.std(), 1e-7f);
    }

    private float[] all(Batcher b, int epoch) {
        float[] out = new float[N * IMAGE];
        b.fill(
                IntStream.range(0, N).toArray(),
                0,
                N,
                epoch,
                MemorySegment.ofArray(out),
                MemorySegment.ofArray(new int[N]));
        return out;
    }
}
