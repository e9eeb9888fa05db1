package donna.data;

/**
 * Scales parts of images. The filter is a triangle that widens with the reduction, so that every source pixel counts: bilinear when enlarging, antialiased
 * when reducing; columns first, rounded to bytes, then rows. The same bytes as PIL's BILINEAR, whose fixed-point weights are used.
 */
final class Resampling {
    private static final int BITS = 22;

    private Resampling() {}

    /**
     * The shorter side scaled to {@code resize}, then the centre square of {@code size} cut out, both rounded as torchvision's {@code Resize} and
     * {@code CenterCrop}: {@code [3, size, size]} bytes; the image itself if it has that size already.
     *
     * @param resize not below {@code size}
     */
    static byte[] toSquare(ImageDecoder.Pixels image, int size, int resize) {
        int h = image.height();
        int w = image.width();
        int toH = h <= w ? resize : (int) ((double) resize * h / w);
        int toW = w <= h ? resize : (int) ((double) resize * w / h);
        byte[] scaled = image.rgb();
        if (toH != h || toW != w) {
            scaled = crop(scaled, 3, h, w, new ResizedCrop.Box(0, 0, h, w), toH, toW);
        }
        if (toH == size && toW == size) {
            return scaled;
        }
        ResizedCrop.Box centre = new ResizedCrop.Box((int) Math.rint((toH - size) / 2.0), (int) Math.rint((toW - size) / 2.0), size, size);
        return crop(scaled, 3, toH, toW, centre, size, size);
    }

    /** Part {@code box} of an image {@code [channels, height, width]} brought to {@code [channels, toHeight, toWidth]}; the image itself where that is all of it. */
    static byte[] crop(byte[] image, int channels, int height, int width, ResizedCrop.Box box, int toHeight, int toWidth) {
        boolean whole = box.height() == height && box.width() == width;
        byte[] part = whole ? image : new byte[channels * box.height() * box.width()];
        for (int c = 0; c < channels; c++) {
            for (int y = 0; y < box.height() && !whole; y++) {
                System.arraycopy(image, (c * height + box.top() + y) * width + box.left(), part, (c * box.height() + y) * box.width(), box.width());
            }
        }
        if (box.height() == toHeight && box.width() == toWidth) {
            return part;
        }
        Taps columns = new Taps(box.width(), toWidth);
        Taps rows = new Taps(box.height(), toHeight);
        return scaled(part, channels, box.height(), box.width(), columns, rows);
    }

    private static byte[] scaled(byte[] src, int channels, int h, int w, Taps columns, Taps rows) {
        int toW = columns.first.length;
        int toH = rows.first.length;
        byte[] dst = new byte[channels * toH * toW];
        byte[] narrow = new byte[h * toW];
        for (int c = 0; c < channels; c++) {
            for (int y = 0; y < h; y++) {
                int line = (c * h + y) * w;
                for (int x = 0; x < toW; x++) {
                    narrow[y * toW + x] = sum(src, line + columns.first[x], 1, columns.weights[x]);
                }
            }
            for (int y = 0; y < toH; y++) {
                for (int x = 0; x < toW; x++) {
                    dst[(c * toH + y) * toW + x] = sum(narrow, rows.first[y] * toW + x, toW, rows.weights[y]);
                }
            }
        }
        return dst;
    }

    private static byte sum(byte[] src, int from, int step, int[] weights) {
        int sum = 1 << (BITS - 1);
        for (int k = 0; k < weights.length; k++) {
            sum += weights[k] * (src[from + k * step] & 0xff);
        }
        return (byte) Math.clamp(sum >> BITS, 0, 255);
    }

    /** Which source pixels, with which weights (sum 1 in fixed point), make each of {@code to} pixels. */
    private static final class Taps {
        private final int[] first;
        private final int[][] weights;

        Taps(int from, int to) {
            double scale = (double) from / to;
            first = new int[to];
            weights = new int[to][];
            double reach = Math.max(scale, 1);
            for (int i = 0; i < to; i++) {
                double centre = (i + 0.5) * scale;
                int begin = Math.clamp((long) (centre - reach + 0.5), 0, from - 1);
                int end = Math.clamp((long) (centre + reach + 0.5), begin + 1, from);
                first[i] = begin;
                double[] exact = new double[end - begin];
                double sum = 0;
                for (int k = 0; k < exact.length; k++) {
                    exact[k] = Math.max(0, 1 - Math.abs((k + begin - centre + 0.5) * (1 / reach)));
                    sum += exact[k];
                }
                weights[i] = new int[exact.length];
                for (int k = 0; k < exact.length; k++) {
                    weights[i][k] = (int) (0.5 + exact[k] / sum * (1 << BITS));
                }
            }
        }
    }
}
