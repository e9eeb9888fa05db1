package donna.onnx;

import donna.tensor.ConvGeometry;
import java.util.Arrays;

/**
 * How the window of a convolution or pooling moves over {@code [N, C, H, W]}.
 *
 * @param kernelHeight taps, as is {@code kernelWidth}
 * @param top pixels added before the first row; the others likewise
 * @param partial further rows below and columns at the right where only a part of the last window has pixels
 */
record Window(
        int kernelHeight,
        int kernelWidth,
        int stride,
        int dilation,
        int groups,
        int top,
        int left,
        int bottom,
        int right,
        int[] partial) {

    /** Reads the attributes; {@code kernel} is that of the weight where the node does not say it. */
    static Window of(OnnxNode n, int[] src, int[] kernel) {
        long[] taps = n.integers("kernel_shape", Arrays.stream(kernel).asLongStream().toArray());
        long[] strides = n.integers("strides", 1, 1);
        long[] dilations = n.integers("dilations", 1, 1);
        long[] pads = n.integers("pads", 0, 0, 0, 0);
        boolean fits = taps.length == 2 && strides.length == 2 && dilations.length == 2 && pads.length == 4;
        if (!fits || src.length != 4) {
            throw n.error("has a window of " + Arrays.toString(taps) + " over " + Arrays.toString(src) + "; expected height and width over [N, C, H, W]");
        }
        if (kernel.length == 2 && (taps[0] != kernel[0] || taps[1] != kernel[1])) {
            throw n.error("has kernel_shape " + Arrays.toString(taps) + ", but a weight of " + Arrays.toString(kernel));
        }
        if (strides[0] != strides[1] || dilations[0] != dilations[1]) {
            throw n.error("has strides " + Arrays.toString(strides) + " and dilations " + Arrays.toString(dilations)
                    + "; expected the same for height and width");
        }
        long[][] all = {taps, strides, dilations, pads};
        for (long[] values : all) {
            if (Arrays.stream(values).anyMatch(v -> v < (values == pads ? 0 : 1) || v > 1 << 16)) {
                throw n.error("has " + Arrays.toString(values) + " for its window, which is out of bounds");
            }
        }
        long groups = n.integer("group", 1);
        if (groups < 1 || groups > src[1]) {
            throw n.error("has " + groups + " groups for " + src[1] + " channels");
        }
        String auto = n.text("auto_pad", "NOTSET");
        if (auto.startsWith("SAME_")) {
            for (int d = 0; d < 2; d++) {
                long covered = (Math.ceilDiv(src[2 + d], strides[d]) - 1) * strides[d] + (taps[d] - 1) * dilations[d] + 1;
                long total = Math.max(0, covered - src[2 + d]);
                pads[d] = auto.equals("SAME_UPPER") ? total / 2 : total - total / 2;
                pads[2 + d] = total - pads[d];
            }
        } else if (auto.equals("VALID")) {
            Arrays.fill(pads, 0);
        }
        int[] partial = new int[2];
        for (int d = 0; d < 2 && n.integer("ceil_mode", 0) == 1; d++) {
            partial[d] = partial(src[2 + d], taps[d], strides[d], dilations[d], pads[d], pads[2 + d]);
        }
        return new Window((int) taps[0], (int) taps[1], (int) strides[0], (int) dilations[0], (int) groups,
                (int) pads[0], (int) pads[1], (int) pads[2], (int) pads[3], partial);
    }

    /** What is missing to a whole last window: one that begins in the image or the padding before it counts. */
    private static int partial(int size, long taps, long stride, long dilation, long before, long after) {
        long covered = dilation * (taps - 1) + 1;
        long steps = Math.ceilDiv(size + before + after - covered, stride);
        if (steps * stride >= size + before) {
            steps--;
        }
        return (int) Math.max(0, steps * stride + covered - size - before - after);
    }

    boolean isSquare() {
        return kernelHeight == kernelWidth;
    }

    /** Whether every side has the same padding and no window is partial. */
    boolean isEven() {
        return top == left && top == bottom && top == right && partial[0] == 0 && partial[1] == 0;
    }

    boolean isPadded() {
        return top + left + bottom + right + partial[0] + partial[1] > 0;
    }

    /** For an image that has its padding already if {@code padding} is 0. */
    ConvGeometry geometry(int padding) {
        return new ConvGeometry(stride, padding, dilation, groups);
    }
}
