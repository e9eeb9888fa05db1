package donna.ffi;

/**
 * A convolution of images in NHWC with weights in {@code [channelsOut, kernelH, kernelW, channelsIn / groups]}; sums are F32.
 *
 * @param element of images and weights
 * @param tensorFloat whether F32 may be rounded to TF32 (ten bits of mantissa) for the tensor cores
 * @param height of the images that go in
 * @param channelsIn of the images that go in
 * @param channelsOut of the images that come out
 */
public record ConvolutionSpec(
        CudaElement element, boolean tensorFloat, int images, int height, int width, int channelsIn, int channelsOut, int kernelH, int kernelW,
        int strideH, int strideW, int padH, int padW, int dilationH, int dilationW, int groups) {
    /** Which of the three products of training it is. */
    public enum Pass {
        /** {@code (src, weight) -> dst}. */
        FORWARD,
        /** {@code (dDst, weight) -> dSrc}. */
        BACKWARD_DATA,
        /** {@code (src, dDst) -> dWeight}. */
        BACKWARD_WEIGHT
    }

    /** Height of the images that come out. */
    public int heightOut() {
        return out(height, kernelH, strideH, padH, dilationH);
    }

    /** Width of the images that come out. */
    public int widthOut() {
        return out(width, kernelW, strideW, padW, dilationW);
    }

    private static int out(int in, int kernel, int stride, int pad, int dilation) {
        return (in + 2 * pad - dilation * (kernel - 1) - 1) / stride + 1;
    }
}
