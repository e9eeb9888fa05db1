package donna.bench.data;

import donna.data.Augmentation;
import donna.data.Batcher;
import donna.data.ColourJitter;
import donna.data.ImageDecoder;
import donna.data.MemoryDataset;
import donna.data.Mixing;
import donna.data.Normalization;
import donna.data.RandAugment;
import donna.data.ResizedCrop;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** How many JPEG images of 375x500 pixels a second are decoded, and how many of 224x224 augmented and normalised, and both one after the other? */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class ImagePipeline {
    /** In one invocation. */
    public static final int IMAGES = 32;

    private static final int HEIGHT = 375;
    private static final int WIDTH = 500;
    private static final int SIDE = 224;

    /** {@code best} is what data sets get on this machine. */
    @Param({"best", "imageio"})
    private String decoder;

    @Param({"decode", "crop-flip", "crop-flip-jitter-rand", "decode+crop-flip"})
    private String stage;

    @Param({"1", "2"})
    private int threads;

    private final byte[][] encoded = new byte[IMAGES][];
    private final float[][] out = new float[IMAGES][3 * SIDE * SIDE];
    private ImageDecoder decode;
    private Batcher batcher;
    private ExecutorService pool;

    @Setup
    public void open() throws IOException {
        for (int i = 0; i < IMAGES; i++) {
            encoded[i] = jpeg(i);
        }
        decode = decoder.equals("best")
                ? ImageDecoder.of("jpg")
                : ImageDecoder.all().stream().filter(d -> d.name().startsWith(decoder)).findFirst().orElseThrow();
        System.out.println("decoder: " + decode.name());
        byte[] pixels = new byte[IMAGES * 3 * SIDE * SIDE];
        for (int i = 0; i < IMAGES; i++) {
            byte[] rgb = decode.decode(encoded[i]).rgb();
            for (int row = 0; row < 3 * SIDE; row++) {
                int at = (row / SIDE * HEIGHT + row % SIDE) * WIDTH;
                System.arraycopy(rgb, at, pixels, (i * 3 * SIDE + row) * SIDE, SIDE);
            }
        }
        boolean colours = stage.endsWith("rand");
        Augmentation augmentation = new Augmentation(
                true,
                0,
                Optional.of(new ResizedCrop(0.08, 1, 0.75, 4.0 / 3)),
                colours ? Optional.of(new ColourJitter(0.4, 0.4, 0.4, 0)) : Optional.empty(),
                colours ? Optional.of(new RandAugment(2, 9)) : Optional.empty(),
                0,
                Mixing.NONE);
        Normalization norm = new Normalization(new float[] {.485f, .456f, .406f}, new float[] {.229f, .224f, .225f});
        batcher = new Batcher(MemoryDataset.of("made", 3, SIDE, SIDE, List.of("a"), new int[IMAGES], pixels), norm, augmentation, 1);
        pool = Executors.newFixedThreadPool(threads);
    }

    private static byte[] jpeg(int seed) throws IOException {
        BufferedImage image = new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_3BYTE_BGR);
        for (int y = 0; y < HEIGHT; y++) {
            for (int x = 0; x < WIDTH; x++) {
                int r = (int) (127 + 60 * Math.sin(x * 0.05 + seed) + 40 * Math.sin(x * 0.9 + y * 0.7));
                int g = (int) (127 + 80 * Math.sin(y * 0.04 + 0.3 * seed) + ((x / 31 + y / 23) % 2) * 40);
                int b = (int) (127 + 90 * Math.sin((x + y) * 0.03 - seed));
                image.setRGB(x, y, r << 16 | g << 8 | b);
            }
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        ImageIO.write(image, "jpg", bytes);
        return bytes.toByteArray();
    }

    @Benchmark
    public void run() throws InterruptedException, ExecutionException {
        List<Future<?>> parts = IntStream.range(0, threads)
                .<Future<?>>mapToObj(t -> pool.submit(() -> {
                    for (int i = t; i < IMAGES; i += threads) {
                        one(i);
                    }
                }))
                .toList();
        for (Future<?> p : parts) {
            p.get();
        }
    }

    private void one(int i) {
        if (stage.startsWith("decode") && decode.decode(encoded[i]).rgb().length != 3 * HEIGHT * WIDTH) {
            throw new IllegalStateException("image " + i + " has another size");
        }
        if (stage.contains("crop")) {
            batcher.fill(new int[] {i}, 0, 1, 0, MemorySegment.ofArray(out[i]), MemorySegment.ofArray(new int[1]));
        }
    }

    @TearDown
    public void close() {
        pool.shutdown();
    }
}
