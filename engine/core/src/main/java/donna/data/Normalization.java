package donna.data;

import donna.tensor.DonnaException;
import java.util.Arrays;

/**
 * How a byte becomes a float: {@code (x / 255 - mean[c]) / std[c]}, computed in single precision in this order, as
 * PyTorch does.
 *
 * @param mean one per channel, on the scale of 0 to 1
 * @param std one per channel, above 0
 */
public record Normalization(float[] mean, float[] std) {
    /** Of ImageNet's training images, as most published models take it. */
    public static final Normalization IMAGENET =
            new Normalization(new float[] {0.485f, 0.456f, 0.406f}, new float[] {0.229f, 0.224f, 0.225f});

    /** To -1 .. 1, as some transformers take it. */
    public static final Normalization HALF = new Normalization(new float[] {0.5f, 0.5f, 0.5f}, new float[] {0.5f, 0.5f, 0.5f});

    public Normalization {
        mean = mean.clone();
        std = std.clone();
        boolean ok = mean.length > 0 && mean.length == std.length;
        for (int c = 0; ok && c < std.length; c++) {
            ok = Float.isFinite(mean[c]) && Float.isFinite(std[c]) && std[c] > 0;
        }
        if (!ok) {
            throw new DonnaException.InvalidInput("normalization: mean " + Arrays.toString(mean) + ", std "
                    + Arrays.toString(std) + "; expected one finite mean and one std above 0 for each channel");
        }
    }

    /** Bytes to 0 .. 1, no more. */
    public static Normalization none(int channels) {
        float[] ones = new float[channels];
        Arrays.fill(ones, 1);
        return new Normalization(new float[channels], ones);
    }

    /** Mean and standard deviation of each channel over a whole data set, in double precision. */
    public static Normalization of(Dataset data) {
        long[] sum = new long[data.channels()];
        long[] squares = new long[data.channels()];
        byte[] image = new byte[data.imageBytes()];
        int plane = data.height() * data.width();
        for (int i = 0; i < data.size(); i++) {
            data.read(i, image, 0);
            for (int j = 0; j < image.length; j++) {
                int x = image[j] & 0xff;
                sum[j / plane] += x;
                squares[j / plane] += x * x;
            }
        }
        float[] mean = new float[sum.length];
        float[] std = new float[sum.length];
        double n = (double) data.size() * plane;
        for (int c = 0; c < sum.length; c++) {
            double m = sum[c] / n;
            mean[c] = (float) (m / 255);
            std[c] = (float) Math.max(Math.sqrt(Math.max(squares[c] / n - m * m, 0)) / 255, 1e-3);
        }
        return new Normalization(mean, std);
    }

    /** A copy of the means. */
    @Override
    public float[] mean() {
        return mean.clone();
    }

    /** A copy of the standard deviations. */
    @Override
    public float[] std() {
        return std.clone();
    }

    public int channels() {
        return mean.length;
    }

    /** The value of byte {@code x} in channel {@code c} at {@code c * 256 + x}. */
    float[] table() {
        float[] t = new float[mean.length * 256];
        for (int c = 0; c < mean.length; c++) {
            for (int x = 0; x < 256; x++) {
                t[c * 256 + x] = (x / 255f - mean[c]) / std[c];
            }
        }
        return t;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Normalization n && Arrays.equals(mean, n.mean) && Arrays.equals(std, n.std);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(mean) + Arrays.hashCode(std);
    }

    @Override
    public String toString() {
        return "mean " + Arrays.toString(mean) + ", std " + Arrays.toString(std);
    }
}
