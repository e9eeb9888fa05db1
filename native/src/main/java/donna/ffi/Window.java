package donna.ffi;

/**
 * How a convolution's window moves; stride, dilation and padding before the image are the same in both directions.
 *
 * @param stride step in pixels
 * @param dilation distance of neighbouring taps, 1 for a dense window
 * @param padding zeros above and left of the image
 * @param paddingBelow zeros below it; negative where the last rows are not reached
 * @param paddingRight zeros right of it; negative where the last columns are not reached
 */
public record Window(int stride, int dilation, int padding, int paddingBelow, int paddingRight) {}
