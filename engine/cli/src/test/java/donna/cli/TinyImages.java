package donna.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;

/** Images for the tiny spec. */
final class TinyImages {
    private static final int CLASSES = 10;
    private static final int SIDE = 28;

    private TinyImages() {}

    /** Writes 768 training and 200 test images. */
    static void write(Path folder) throws IOException {
        write(folder, "train", 768, 1);
        write(folder, "t10k", 200, 2);
    }

    /** IDX files: each class is a bright square at a place of its own, in noise. */
    private static void write(Path folder, String prefix, int count, long seed) throws IOException {
        SplittableRandom random = new SplittableRandom(seed);
        ByteBuffer images = ByteBuffer.allocate(16 + count * SIDE * SIDE);
        ByteBuffer labels = ByteBuffer.allocate(8 + count);
        images.putInt(0x803).putInt(count).putInt(SIDE).putInt(SIDE);
        labels.putInt(0x801).putInt(count);
        for (int i = 0; i < count; i++) {
            int label = random.nextInt(CLASSES);
            labels.put((byte) label);
            int top = 2 + label / 5 * 12 + random.nextInt(3);
            int left = 1 + label % 5 * 5 + random.nextInt(2);
            for (int p = 0; p < SIDE * SIDE; p++) {
                int y = p / SIDE - top;
                int x = p % SIDE - left;
                boolean inside = y >= 0 && y < 8 && x >= 0 && x < 5;
                images.put((byte) ((inside ? 150 : 30) + random.nextInt(80)));
            }
        }
        Files.write(folder.resolve(prefix + "-images-idx3-ubyte"), images.array());
        Files.write(folder.resolve(prefix + "-labels-idx1-ubyte"), labels.array());
    }
}
