package donna.data;

/**
 * Changes of colour, each giving the bytes that PIL gives (ImageEnhance, ImageOps, and hue as torchvision shifts it). Images are {@code [channels, plane]}
 * with one channel or three, changed in place. Stateless.
 */
final class ColourOps {
    private ColourOps() {}

    /** Towards black (0) or beyond the image (above 1). */
    static void brightness(byte[] image, float factor) {
        for (int i = 0; i < image.length; i++) {
            image[i] = blend(0, image[i] & 0xff, factor);
        }
    }

    /** Towards the mean grey. */
    static void contrast(byte[] image, int channels, float factor) {
        int plane = image.length / channels;
        long sum = 0;
        for (int i = 0; i < plane; i++) {
            sum += grey(image, channels, plane, i);
        }
        int mean = (int) ((double) sum / plane + 0.5);
        for (int i = 0; i < image.length; i++) {
            image[i] = blend(mean, image[i] & 0xff, factor);
        }
    }

    /** Towards its own grey. */
    static void saturation(byte[] image, int channels, float factor) {
        int plane = image.length / channels;
        for (int i = 0; channels == 3 && i < plane; i++) {
            int grey = grey(image, channels, plane, i);
            for (int c = 0; c < 3; c++) {
                image[c * plane + i] = blend(grey, image[c * plane + i] & 0xff, factor);
            }
        }
    }

    /** Towards its own blur; the outermost pixels stay. */
    static void sharpness(byte[] image, int channels, int height, int width, float factor) {
        byte[] src = image.clone();
        for (int c = 0; c < channels; c++) {
            for (int y = 1; y < height - 1; y++) {
                for (int x = 1; x < width - 1; x++) {
                    int at = (c * height + y) * width + x;
                    float sum = 0.5f;
                    for (int dy = -1; dy <= 1; dy++) {
                        for (int dx = -1; dx <= 1; dx++) {
                            sum += (src[at + dy * width + dx] & 0xff) * (dy == 0 && dx == 0 ? 5f / 13 : 1f / 13);
                        }
                    }
                    image[at] = blend(Math.clamp((int) sum, 0, 255), src[at] & 0xff, factor);
                }
            }
        }
    }

    /** Turns the hue by {@code turn} of the circle, in steps of 1/256; nothing on grey images. */
    static void hue(byte[] image, int channels, double turn) {
        int plane = image.length / channels;
        int shift = (int) (turn * 255) & 0xff;
        for (int i = 0; channels == 3 && i < plane; i++) {
            int r = image[i] & 0xff;
            int g = image[plane + i] & 0xff;
            int b = image[2 * plane + i] & 0xff;
            int max = Math.max(r, Math.max(g, b));
            int min = Math.min(r, Math.min(g, b));
            if (max == min) {
                continue;
            }
            float range = max - min;
            float saturation = range / max;
            float rc = (max - r) / range;
            float gc = (max - g) / range;
            float bc = (max - b) / range;
            float sector = r == max ? bc - gc : g == max ? (float) (2.0 + rc - bc) : (float) (4.0 + gc - rc);
            float turned = (float) ((sector / 6.0 + 1.0) % 1.0);
            int h = Math.clamp((int) (turned * 255.0), 0, 255) + shift & 0xff;
            int s = Math.clamp((int) (saturation * 255.0), 0, 255);
            rgb(image, plane, i, h, s, max);
        }
    }

    private static void rgb(byte[] image, int plane, int i, int h, int s, int v) {
        if (s == 0) {
            image[i] = image[plane + i] = image[2 * plane + i] = (byte) v;
            return;
        }
        int sector = (int) Math.floor((float) h * 6.0 / 255.0);
        float f = (float) ((float) h * 6.0 / 255.0 - (float) sector);
        float fs = (float) ((float) s / 255.0);
        int p = round(v * (1.0 - fs));
        int q = round(v * (1.0 - fs * f));
        int t = round(v * (1.0 - fs * (1.0 - f)));
        int r = switch (sector % 6) {
            case 0, 5 -> v;
            case 1 -> q;
            case 2, 3 -> p;
            default -> t;
        };
        int g = switch (sector % 6) {
            case 0 -> t;
            case 1, 2 -> v;
            case 3 -> q;
            default -> p;
        };
        int b = switch (sector % 6) {
            case 0, 1 -> p;
            case 2 -> t;
            case 3, 4 -> v;
            default -> q;
        };
        image[i] = (byte) r;
        image[plane + i] = (byte) g;
        image[2 * plane + i] = (byte) b;
    }

    private static int round(double x) {
        return Math.clamp((int) Math.floor(x + 0.5), 0, 255);
    }

    /** Each channel's darkest value to 0, its brightest to 255. */
    static void autoContrast(byte[] image, int channels) {
        int plane = image.length / channels;
        for (int c = 0; c < channels; c++) {
            int low = 255;
            int high = 0;
            for (int i = c * plane; i < (c + 1) * plane; i++) {
                low = Math.min(low, image[i] & 0xff);
                high = Math.max(high, image[i] & 0xff);
            }
            if (high > low) {
                double scale = 255.0 / (high - low);
                double offset = -low * scale;
                for (int i = c * plane; i < (c + 1) * plane; i++) {
                    image[i] = (byte) Math.clamp((int) ((image[i] & 0xff) * scale + offset), 0, 255);
                }
            }
        }
    }

    /** Each channel's values spread so that all are about equally frequent. */
    static void equalize(byte[] image, int channels) {
        int plane = image.length / channels;
        for (int c = 0; c < channels; c++) {
            int[] count = new int[256];
            for (int i = c * plane; i < (c + 1) * plane; i++) {
                count[image[i] & 0xff]++;
            }
            int last = 255;
            while (count[last] == 0) {
                last--;
            }
            int step = (plane - count[last]) / 255;
            if (step > 0) {
                byte[] table = new byte[256];
                int n = step / 2;
                for (int v = 0; v < 256; v++) {
                    table[v] = (byte) Math.min(255, n / step);
                    n += count[v];
                }
                for (int i = c * plane; i < (c + 1) * plane; i++) {
                    image[i] = table[image[i] & 0xff];
                }
            }
        }
    }

    /** Keeps the highest {@code bits} bits of every value. */
    static void posterize(byte[] image, int bits) {
        int mask = ~((1 << (8 - bits)) - 1);
        for (int i = 0; i < image.length; i++) {
            image[i] &= (byte) mask;
        }
    }

    /** Inverts values from {@code threshold} on. */
    static void solarize(byte[] image, double threshold) {
        for (int i = 0; i < image.length; i++) {
            int v = image[i] & 0xff;
            image[i] = (byte) (v < threshold ? v : 255 - v);
        }
    }

    private static int grey(byte[] image, int channels, int plane, int i) {
        return channels == 1
                ? image[i] & 0xff
                : (image[i] & 0xff) * 19595 + (image[plane + i] & 0xff) * 38470 + (image[2 * plane + i] & 0xff) * 7471 + 0x8000 >> 16;
    }

    /** From {@code plain} (factor 0) over {@code value} (1) and beyond, cut off at black and white. */
    private static byte blend(int plain, int value, float factor) {
        float mixed = plain + factor * (value - plain);
        return (byte) (mixed <= 0 ? 0 : mixed >= 255 ? 255 : (int) mixed);
    }
}
