package donna.data;

import donna.tensor.DonnaException;
import java.util.Arrays;
import java.util.Optional;

/**
 * Random changes of a training image, in this order: resized crop, mirroring, pad and crop, RandAugment, colour jitter; erasing after normalisation; mixing
 * last, over the batch.
 *
 * @param flip mirrored left to right with probability one half
 * @param padCrop pixels of black added on each side before a crop of the original size at a uniformly drawn place;
 *     0 for none
 * @param resizedCrop a part of the image brought back to its size
 * @param jitter changes of colour
 * @param randAugment operations drawn from a list
 * @param erasing probability that a rectangle (2 to 33 % of the area, ratio 0.3 to 3.3) becomes the channel means
 * @param mixing of pairs of images
 */
public record Augmentation(
        boolean flip,
        int padCrop,
        Optional<ResizedCrop> resizedCrop,
        Optional<ColourJitter> jitter,
        Optional<RandAugment> randAugment,
        double erasing,
        Mixing mixing) {
    /** The image as it is. */
    public static final Augmentation NONE = new Augmentation(false, 0);

    /** Largest padding; far beyond any use, it bounds what a spec can ask for. */
    private static final int MAX_PAD = 1024;

    private static final ResizedCrop ERASED = new ResizedCrop(0.02, 0.33, 0.3, 3.3);
    private static final int TRIES = 10;

    public Augmentation {
        if (padCrop < 0 || padCrop > MAX_PAD) {
            throw new DonnaException.InvalidInput(
                    "augmentation: padCrop " + padCrop + " is outside 0 to " + MAX_PAD + " pixels");
        }
        if (!(erasing >= 0 && erasing <= 1)) {
            throw new DonnaException.InvalidInput("augmentation: erasing " + erasing + " is no probability");
        }
    }

    /** Mirroring, and pad and crop, alone. */
    public Augmentation(boolean flip, int padCrop) {
        this(flip, padCrop, Optional.empty(), Optional.empty(), Optional.empty(), 0, Mixing.NONE);
    }

    /** Whether pixels become others, and are not only moved. */
    boolean changesPixels() {
        return resizedCrop.isPresent() || jitter.isPresent() || randAugment.isPresent();
    }

    /** A part of the image in its place, if the image is to be cropped. */
    byte[] cropped(byte[] image, int channels, int height, int width, long bits) {
        return resizedCrop.map(c -> Resampling.crop(image, channels, height, width, c.draw(new Draws(bits, 1), height, width), height, width))
                .orElse(image);
    }

    /** What RandAugment and jitter make of an image, which itself may be changed. */
    byte[] recoloured(byte[] moved, int channels, int height, int width, long bits) {
        byte[] out = moved;
        if (randAugment.isPresent()) {
            out = randAugment.get().apply(new Draws(bits, 2), out, channels, height, width);
        }
        if (jitter.isPresent()) {
            jitter.get().apply(new Draws(bits, 3), out, channels);
        }
        return out;
    }

    /** Sets a rectangle of a normalised image to 0, which is the mean, if the draw says so. */
    void erase(float[] values, int channels, int height, int width, long bits) {
        Draws draws = new Draws(bits, 4);
        if (erasing == 0 || draws.unit() >= erasing) {
            return;
        }
        for (int i = 0; i < TRIES; i++) {
            double area = height * width * draws.between(ERASED.minScale(), ERASED.maxScale());
            double ratio = Math.exp(draws.between(Math.log(ERASED.minRatio()), Math.log(ERASED.maxRatio())));
            int h = (int) Math.rint(Math.sqrt(area * ratio));
            int w = (int) Math.rint(Math.sqrt(area / ratio));
            if (h < height && w < width && h > 0 && w > 0) {
                int top = draws.below(height - h + 1);
                int left = draws.below(width - w + 1);
                for (int row = 0; row < channels * h; row++) {
                    int at = (row / h * height + top + row % h) * width + left;
                    Arrays.fill(values, at, at + w, 0);
                }
                return;
            }
        }
    }
}
