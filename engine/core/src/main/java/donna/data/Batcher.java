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

    /** Keeps a batch's draws apart from those of its images. */
    private static final int MIXING = 5;

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
        if (augmentation.changesPixels() && data.channels() != 1 && data.channels() != 3) {
            throw new DonnaException.InvalidInput("data set '" + data.name() + "' has " + data.channels()
                    + " channels; resized crops and changes of colour are for one channel or three");
        }
        this.data = data;
        this.augmentation = augmentation;
        this.key = Mask.mix(SALT ^ seed);
        this.table = normalization.table();
    }

    public Dataset data() {
        return data;
    }

    /** Whether {@link #fill} mixes images, so that labels are shares. */
    public boolean mixes() {
        return augmentation.mixing().isOn();
    }

    /**
     * Fills the first {@code count} places of a batch with the images {@code indices[from .. from + count - 1]}.
     *
     * @param epoch counts from 0; changes the augmentation, nothing else
     * @param images receives {@code F32 [count, C, H, W]}, row-major, from its beginning
     * @param labels receives {@code I32 [count]} from its beginning
     * @return share of each image in its label; the rest is that of its partner, which is as far from the batch's end as it is from the beginning. 1 unless
     *     images are mixed
     * @throws DonnaException.InvalidInput if a segment or the range of indices is too short
     */
    public double fill(int[] indices, int from, int count, int epoch, MemorySegment images, MemorySegment labels) {
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
        float[] batch = new float[augmentation.mixing().isOn() ? count * n : 0];
        for (int i = 0; i < count; i++) {
            int index = indices[from + i];
            data.read(index, raw, 0);
            convert(raw, values, Mask.mix(Mask.mix(key ^ epoch) ^ index));
            labels.set(ValueLayout.JAVA_INT_UNALIGNED, 4L * i, data.label(index));
            if (batch.length > 0) {
                System.arraycopy(values, 0, batch, i * n, n);
            } else {
                MemorySegment.copy(values, 0, images, ValueLayout.JAVA_FLOAT_UNALIGNED, 4L * i * n, n);
            }
        }
        if (batch.length == 0) {
            return 1;
        }
        Draws draws = new Draws(Mask.mix(Mask.mix(key ^ epoch) ^ ~(long) from), MIXING);
        Mixing.Draw drawn = augmentation.mixing().draw(draws, data.height(), data.width());
        Mixing.apply(drawn, batch, count, data.channels(), data.height(), data.width());
        MemorySegment.copy(batch, 0, images, ValueLayout.JAVA_FLOAT_UNALIGNED, 0, batch.length);
        return drawn.share();
    }

    private void convert(byte[] raw, float[] values, long bits) {
        int channels = data.channels();
        int h = data.height();
        int w = data.width();
        int pad = augmentation.padCrop();
        int dy = pad == 0 ? 0 : EpochOrder.below(Mask.mix(bits ^ 1), 2 * pad + 1) - pad;
        int dx = pad == 0 ? 0 : EpochOrder.below(Mask.mix(bits ^ 2), 2 * pad + 1) - pad;
        boolean mirrored = augmentation.flip() && bits < 0;
        byte[] image = raw;
        if (augmentation.changesPixels()) {
            byte[] moved = moved(augmentation.cropped(raw, channels, h, w, bits), dy, dx, mirrored);
            image = augmentation.recoloured(moved, channels, h, w, bits);
        } else if (dy != 0 || dx != 0 || mirrored) {
            image = moved(raw, dy, dx, mirrored);
        }
        for (int c = 0; c < channels; c++) {
            for (int i = c * h * w; i < (c + 1) * h * w; i++) {
                values[i] = table[c * 256 + (image[i] & 0xff)];
            }
        }
        augmentation.erase(values, channels, h, w, bits);
    }

    /**
     * Pixel (y, x) is the source's pixel (y + dy, x' + dx), where x' is x or its mirror image; outside the source
     * it is black. A copy, also where nothing moves.
     */
    private byte[] moved(byte[] src, int dy, int dx, boolean mirrored) {
        int h = data.height();
        int w = data.width();
        byte[] dst = new byte[src.length];
        for (int row = 0; row < data.channels() * h; row++) {
            int sy = row % h + dy;
            for (int x = 0; x < w && sy >= 0 && sy < h; x++) {
                int sx = (mirrored ? w - 1 - x : x) + dx;
                if (sx >= 0 && sx < w) {
                    dst[row * w + x] = src[(row + dy) * w + sx];
                }
            }
        }
        return dst;
    }
}
