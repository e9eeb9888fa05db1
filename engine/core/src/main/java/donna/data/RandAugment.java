package donna.data;

import donna.tensor.DonnaException;

/**
 * A number of operations, each drawn uniformly from fourteen and of one strength (Cubuk, Zoph, Shlens, Le 2020); operations, strengths and signs are those of
 * torchvision's {@code RandAugment}.
 *
 * @param ops operations per image
 * @param magnitude 0 (almost nothing) to 30
 */
public record RandAugment(int ops, int magnitude) {
    private static final int BINS = 31;

    public RandAugment {
        if (ops < 1 || ops > 16 || magnitude < 0 || magnitude >= BINS) {
            throw new DonnaException.InvalidInput(
                    "augmentation: RandAugment of " + ops + " operations of magnitude " + magnitude + "; expected 1 to 16 and 0 to " + (BINS - 1));
        }
    }

    /** What may happen to an image; those up to {@link #SHARPNESS} go either way. */
    enum Kind {
        SHEAR_X,
        SHEAR_Y,
        TRANSLATE_X,
        TRANSLATE_Y,
        ROTATE,
        BRIGHTNESS,
        COLOUR,
        CONTRAST,
        SHARPNESS,
        POSTERIZE,
        SOLARIZE,
        AUTO_CONTRAST,
        EQUALIZE,
        IDENTITY
    }

    /** The augmented image; {@code image} itself may be changed. */
    byte[] apply(Draws draws, byte[] image, int channels, int height, int width) {
        byte[] out = image;
        for (int i = 0; i < ops; i++) {
            Kind kind = Kind.values()[draws.below(Kind.values().length)];
            boolean negative = draws.below(2) == 1 && kind.compareTo(Kind.SHARPNESS) <= 0;
            out = apply(kind, negative, out, channels, height, width);
        }
        return out;
    }

    byte[] apply(Kind kind, boolean negative, byte[] image, int channels, int height, int width) {
        double level = magnitude / (BINS - 1.0);
        double sign = negative ? -1 : 1;
        switch (kind) {
            case SHEAR_X -> {
                return Warp.shearX(sign * 0.3 * level).apply(image, channels, height, width);
            }
            case SHEAR_Y -> {
                return Warp.shearY(sign * 0.3 * level).apply(image, channels, height, width);
            }
            case TRANSLATE_X -> {
                return Warp.translate((int) (sign * 150.0 / 331 * width * level), 0).apply(image, channels, height, width);
            }
            case TRANSLATE_Y -> {
                return Warp.translate(0, (int) (sign * 150.0 / 331 * height * level)).apply(image, channels, height, width);
            }
            case ROTATE -> {
                return Warp.rotate(sign * 30 * level, height, width).apply(image, channels, height, width);
            }
            case BRIGHTNESS -> ColourOps.brightness(image, (float) (1 + sign * 0.9 * level));
            case COLOUR -> ColourOps.saturation(image, channels, (float) (1 + sign * 0.9 * level));
            case CONTRAST -> ColourOps.contrast(image, channels, (float) (1 + sign * 0.9 * level));
            case SHARPNESS -> ColourOps.sharpness(image, channels, height, width, (float) (1 + sign * 0.9 * level));
            case POSTERIZE -> ColourOps.posterize(image, 8 - (int) Math.rint(magnitude / ((BINS - 1) / 4.0)));
            case SOLARIZE -> ColourOps.solarize(image, 255 - 255 * level);
            case AUTO_CONTRAST -> ColourOps.autoContrast(image, channels);
            case EQUALIZE -> ColourOps.equalize(image, channels);
            case IDENTITY -> {}
        }
        return image;
    }
}
