package donna.ffi;

/**
 * How a convolution's window moves, the same in both directions.
 *
 * @param stride step in pixels
 * @param dilation distance of neighbouring taps, 1 for a dense window
 * @param paddingBefore zeros above and left of the image
 * @param paddingAfter zeros below and right of it; negative where the last rows and columns are not reached
 */
public record Window(int stride, int dilation, int paddingBefore, int paddingAfter) {}
