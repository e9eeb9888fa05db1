package donna.data;

/**
 * Scales an image so that its shorter side has a given length and cuts the centre square out. The filter is a
 * triangle that widens with the reduction, so that every source pixel counts: bilinear when enlarging, antialiased
 * when reducing (what PIL calls BILINEAR).
 */
final class Resampling {
    private Resampling() {}

    /** {@code [3, size, size]} bytes; the image itself if it has that size already. */
    static byte[] toSquare(ImageDecoder.Pixels image, int size) {
        int h = image.height();
        int w = image.width();
        if (h == size && w == size) {
            return image.rgb();
        }
        double scale = (double) Math.min(h, w) / size;
        Taps columns = new Taps(w, size, scale, (w - size * scale) / 2);
        Taps rows = new Taps(h, size, scale, (h - size * scale) / 2);
        byte[] out = new byte[3 * size * size];
        float[] narrow = new float[h * size];
        for (int c = 0; c < 3; c++) {
            for (int y = 0; y < h; y++) {
                int line = (c * h + y) * w;
                for (int x = 0; x < size; x++) {
                    float sum = 0;
                    for (int k = 0; k < columns.weights[x].length; k++) {
                        sum += columns.weights[x][k] * (image.rgb()[line + columns.first[x] + k] & 0xff);
                    }
                    narrow[y * size + x] = sum;
                }
            }
            for (int y = 0; y < size; y++) {
                for (int x = 0; x < size; x++) {
                    float sum = 0;
                    for (int k = 0; k < rows.weights[y].length; k++) {
                        sum += rows.weights[y][k] * narrow[(rows.first[y] + k) * size + x];
                    }
                    out[(c * size + y) * size + x] = (byte) Math.clamp(Math.round(sum), 0, 255);
                }
            }
        }
        return out;
    }

    /** Which source pixels, with which weights (sum 1), make each of {@code to} pixels. */
    private static final class Taps {
        private final int[] first;
        private final float[][] weights;

        Taps(int from, int to, double scale, double offset) {
            first = new int[to];
            weights = new float[to][];
            double reach = Math.max(scale, 1);
            for (int i = 0; i < to; i++) {
                double centre = offset + (i + 0.5) * scale;
                int begin = Math.clamp((long) Math.floor(centre - reach + 0.5), 0, from - 1);
                int end = Math.clamp((long) Math.floor(centre + reach + 0.5), begin + 1, from);
                first[i] = begin;
                weights[i] = new float[end - begin];
                double sum = 0;
                for (int k = begin; k < end; k++) {
                    double weight = Math.max(0, 1 - Math.abs(k + 0.5 - centre) / reach);
                    weights[i][k - begin] = (float) weight;
                    sum += weight;
                }
                for (int k = 0; k < end - begin; k++) {
                    weights[i][k] /= (float) sum;
                }
            }
        }
    }
}
