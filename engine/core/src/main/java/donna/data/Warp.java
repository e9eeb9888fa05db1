package donna.data;

/**
 * Affine maps of images, nearest pixel, black outside: the bytes of PIL's {@code transform(AFFINE)}, whose 16 fractional bits are used. Stateless.
 *
 * @param a source x is {@code a x + b y + c}, in pixels from the upper left corner
 * @param d source y is {@code d x + e y + f}
 */
record Warp(double a, double b, double c, double d, double e, double f) {
    /** Every row moved right by {@code level} of its height above the bottom edge of the image's first pixel row: torchvision's shear along x. */
    static Warp shearX(double level) {
        return new Warp(1, level, 0, 0, 1, 0);
    }

    static Warp shearY(double level) {
        return new Warp(1, 0, 0, level, 1, 0);
    }

    /** Moved right and down by whole pixels. */
    static Warp translate(int right, int down) {
        return new Warp(1, 0, -right, 0, 1, -down);
    }

    /** Turned counter-clockwise about the centre. */
    static Warp rotate(double degrees, int height, int width) {
        double angle = -Math.toRadians(degrees % 360);
        double cos = rounded(Math.cos(angle));
        double sin = rounded(Math.sin(angle));
        double cx = width / 2.0;
        double cy = height / 2.0;
        return new Warp(cos, sin, cos * -cx + sin * -cy + cx, -sin, cos, -sin * -cx + cos * -cy + cy);
    }

    private static double rounded(double x) {
        return Math.rint(x * 1e15) / 1e15;
    }

    /** The warped image {@code [channels, height, width]}. */
    byte[] apply(byte[] image, int channels, int height, int width) {
        byte[] out = new byte[image.length];
        int stepXx = fixed(a);
        int stepXy = fixed(b);
        int stepYx = fixed(d);
        int stepYy = fixed(e);
        int rowX = fixed(c + a * 0.5 + b * 0.5);
        int rowY = fixed(f + d * 0.5 + e * 0.5);
        for (int y = 0; y < height; y++) {
            int atX = rowX;
            int atY = rowY;
            for (int x = 0; x < width; x++) {
                int sx = atX >> 16;
                int sy = atY >> 16;
                if (sx >= 0 && sx < width && sy >= 0 && sy < height) {
                    for (int k = 0; k < channels; k++) {
                        out[(k * height + y) * width + x] = image[(k * height + sy) * width + sx];
                    }
                }
                atX += stepXx;
                atY += stepYx;
            }
            rowX += stepXy;
            rowY += stepYy;
        }
        return out;
    }

    private static int fixed(double x) {
        return (int) Math.floor(x * 65536.0 + 0.5);
    }
}
