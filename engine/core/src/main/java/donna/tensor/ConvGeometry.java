package donna.tensor;

/**
 * How a two-dimensional convolution or pooling window moves: the same in both directions.
 *
 * @param stride step in pixels
 * @param padding zeros (convolution) or ignored pixels (pooling) on every side
 * @param dilation distance of neighbouring taps
 * @param groups number of channel groups; equal to the channels for a depthwise convolution
 */
public record ConvGeometry(int stride, int padding, int dilation, int groups) {
    public ConvGeometry {
        if (stride < 1 || padding < 0 || dilation < 1 || groups < 1) {
            throw new DonnaException.ShapeMismatch("convolution: stride " + stride + ", padding " + padding
                    + ", dilation " + dilation + ", groups " + groups + "; expected at least 1, 0, 1, 1");
        }
    }

    /** Stride 1, no padding, dense. */
    public static final ConvGeometry POINTWISE = new ConvGeometry(1, 0, 1, 1);

    /** Padding that keeps the size at stride 1 (odd kernels). */
    public static ConvGeometry same(int kernel, int stride, int groups) {
        return new ConvGeometry(stride, kernel / 2, 1, groups);
    }

    /**
     * Output size along one direction for input size {@code size} and {@code kernel} taps; below 1 if the window does
     * not fit.
     */
    public int outputSize(int size, int kernel) {
        return Math.floorDiv(size + 2 * padding - dilation * (kernel - 1) - 1, stride) + 1;
    }
}
