package donna.data;

import donna.graph.Mask;
import donna.tensor.DonnaException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Writes normalised, augmented images where a plan reads them. Stateless: what an image becomes depends on (seed,
 * epoch, index) only, so any thread may fill any part of any batch.
 */
public final class Batcher {
    private static final long SALT = Mask.mix(0x6175676D656E74L);

    private final Dataset data;
    private final Augmentation augmentation;
    private final long key;
    private final float[] table;

    /** @throws DonnaException.InvalidInput if the normalization has another number of channels than the data */
    public Batcher(Dataset data, Normalization normalization, Augmentation augmentation, long seed) {
        if (normalization.channels() != data.channels()) {
            throw new DonnaException.InvalidInput("data set '" + data.name() + "' has " + data.channels()
                    + " channels, the normalization has " + normalization.channels()
                    + "; give one mean and one std for each channel");
        }
        this.data = data;
        this.augmentation = augmentation;
        this.key = Mask.mix(SALT ^ seed);
        this.table = normalization.table();
    }

    public Dataset data() {
        return data;
    }

    /**
     * Fills the first {@code count} places of a batch with the images {@code indices[from .. from + count - 1]}.
     *
     * @param epoch counts from 0; changes the augmentation, nothing else
     * @param images receives {@code F32 [count, C, H, W]}, row-major, from its beginning
     * @param labels receives {@code I32 [count]} from its beginning
     * @throws DonnaException.InvalidInput if a segment or the range of indices is too short
     */
    public void fill(int[] indices, int from, int count, int epoch, MemorySegment images, MemorySegment labels) {
        int n = data.imageBytes();
        if (from < 0 || count < 0 || from + count > indices.length) {
            throw new DonnaException.InvalidInput("batch: indices " + from + " to " + (from + count)
                    + " were asked for, there are " + indices.length);
        }
        if (images.byteSize() < 4L * count * n || labels.byteSize() < 4L * count) {
            throw new DonnaException.InvalidInput(
                    "batch: " + count + " images of " + n + " values need " + 4L * count * n + " and " + 4L * count
                            + " bytes, got " + images.byteSize() + " and " + labels.byteSize());
        }
        byte[] raw = new byte[n];
        float[] values = new float[n];
        for (int i = 0; i < count; i++) {
            int index = indices[from + i];
            data.read(index, raw, 0);
            convert(raw, values, Mask.mix(Mask.mix(key ^ epoch) ^ index));
            MemorySegment.copy(values, 0, images, ValueLayout.JAVA_FLOAT_UNALIGNED, 4L * i * n, n);
            labels.set(ValueLayout.JAVA_INT_UNALIGNED, 4L * i, data.label(index));
        }
    }

    private void convert(byte[] raw, float[] values, long bits) {
        int pad = augmentation.padCrop();
        int dy = pad == 0 ? 0 : EpochOrder.below(Mask.mix(bits ^ 1), 2 * pad + 1) - pad;
        int dx = pad == 0 ? 0 : EpochOrder.below(Mask.mix(bits ^ 2), 2 * pad + 1) - pad;
        boolean mirrored = augmentation.flip() && bits < 0;
        int plane = data.height() * data.width();
        for (int c = 0; c < data.channels(); c++) {
            if (dy == 0 && dx == 0 && !mirrored) {
                plain(raw, values, c * plane, plane, c * 256);
            } else {
                moved(raw, values, c * plane, c * 256, dy, dx, mirrored);
            }
        }
    }

    private void plain(byte[] raw, float[] values, int at, int plane, int row) {
        for (int i = at; i < at + plane; i++) {
            values[i] = table[row + (raw[i] & 0xff)];
        }
    }

    /**
     * Pixel (y, x) is the source's pixel (y + dy, x' + dx), where x' is x or its mirror image; outside the source
     * it is black.
     */
    private void moved(byte[] raw, float[] values, int at, int row, int dy, int dx, boolean mirrored) {
        int h = data.height();
        int w = data.width();
        float black = table[row];
        for (int y = 0; y < h; y++) {
            int sy = y + dy;
            boolean rowInside = sy >= 0 && sy < h;
            for (int x = 0; x < w; x++) {
                int sx = (mirrored ? w - 1 - x : x) + dx;
                values[at + y * w + x] =
                        rowInside && sx >= 0 && sx < w ? table[row + (raw[at + sy * w + sx] & 0xff)] : black;
            }
        }
    }
}
