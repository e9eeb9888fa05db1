package donna.data;

import donna.tensor.DonnaException;

/**
 * A random part of the image brought back to its size, as torchvision's {@code RandomResizedCrop}: area and aspect ratio are drawn, up to ten times until the
 * part lies inside; then the largest centred part of an allowed ratio.
 *
 * @param minScale smallest share of the image's area
 * @param maxScale largest share
 * @param minRatio smallest width divided by height; ratios are uniform on a logarithmic scale
 * @param maxRatio largest
 */
public record ResizedCrop(double minScale, double maxScale, double minRatio, double maxRatio) {
    private static final int TRIES = 10;

    public ResizedCrop {
        if (!(minScale > 0 && minScale <= maxScale && maxScale <= 1 && minRatio > 0 && minRatio <= maxRatio)) {
            throw new DonnaException.InvalidInput("augmentation: resized crop of scale " + minScale + " to " + maxScale + " and ratio " + minRatio + " to "
                    + maxRatio + "; expected 0 < scale <= 1 and 0 < ratio, each from the smaller to the larger");
        }
    }

    /** A part of an image, in pixels. */
    record Box(int top, int left, int height, int width) {}

    Box draw(Draws draws, int height, int width) {
        for (int i = 0; i < TRIES; i++) {
            double area = height * width * draws.between(minScale, maxScale);
            double ratio = Math.exp(draws.between(Math.log(minRatio), Math.log(maxRatio)));
            int w = (int) Math.rint(Math.sqrt(area * ratio));
            int h = (int) Math.rint(Math.sqrt(area / ratio));
            if (w > 0 && w <= width && h > 0 && h <= height) {
                return new Box(draws.below(height - h + 1), draws.below(width - w + 1), h, w);
            }
        }
        double whole = (double) width / height;
        int w = whole > maxRatio ? (int) Math.rint(height * maxRatio) : width;
        int h = whole < minRatio ? (int) Math.rint(width / minRatio) : height;
        return new Box((height - h) / 2, (width - w) / 2, h, w);
    }
}
