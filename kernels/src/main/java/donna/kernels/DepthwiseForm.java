package donna.kernels;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * What a depthwise kernel is compiled for: the geometry of the convolution and the share of a thread. The shares are those that need no more registers than
 * half a thousand threads of a multiprocessor have.
 *
 * @param side taps of a side of the window
 * @param channels neighbouring channels of a thread
 * @param strip neighbouring pixels of a row that a thread has in hand
 */
public record DepthwiseForm(int side, int stride, int channels, int strip) {
    private static final List<Integer> SIDES = List.of(3, 5, 7);
    private static final List<Integer> STRIDES = List.of(1, 2);

    /** What loading and storing a pixel costs, in multiply-adds. */
    private static final int PIXEL = 8;

    /** Whether there are kernels for windows of {@code height} by {@code width} taps. */
    public static boolean covers(int height, int width, int stride) {
        return height == width && SIDES.contains(height) && STRIDES.contains(stride);
    }

    private static List<Integer> strips(KernelFile file, int side, int stride, int channels) {
        return switch (file) {
            case DEPTHWISE_STRIPS -> side == 7 || stride == 2 && channels == 2 ? List.of(4) : List.of(4, 7);
            case DEPTHWISE_SPREAD -> stride == 1 ? List.of() : side == 3 ? List.of(4, 8) : List.of(4);
            case DEPTHWISE_TAPS -> stride == 2 || side == 3 ? List.of(4) : side == 5 ? List.of(4, 7) : List.of(3);
            default -> List.of();
        };
    }

    /** The forms for images of {@code channels} channels: two at a time where both fit into one access of 4 bytes and the taps into registers. */
    public static List<DepthwiseForm> forms(KernelFile file, Storage storage, int side, int stride, int channels) {
        int each = storage.bytes() == 2 && side == 3 && channels % 2 == 0 ? 2 : 1;
        return strips(file, side, stride, each).stream().map(strip -> new DepthwiseForm(side, stride, each, strip)).toList();
    }

    /** The form that does the least work on rows of {@code width} pixels. */
    public static DepthwiseForm choose(KernelFile file, Storage storage, int side, int stride, int channels, int width) {
        return forms(file, storage, side, stride, channels).stream().min(Comparator.comparingInt(f -> f.work(width))).orElseThrow();
    }

    private int work(int width) {
        int needed = (strip - 1) * stride + side;
        return Math.ceilDiv(width, strip) * (strip * side * side + PIXEL * (needed + strip));
    }

    /** All that {@link #choose} may choose; nothing of files that have no forms. */
    static List<DepthwiseForm> all(KernelFile file, Storage storage) {
        List<DepthwiseForm> all = new ArrayList<>();
        for (int side : SIDES) {
            for (int stride : STRIDES) {
                all.addAll(forms(file, storage, side, stride, 1));
                all.addAll(forms(file, storage, side, stride, 2));
            }
        }
        return all.stream().distinct().toList();
    }

    /** What the compiler is told. */
    public List<String> macros() {
        return List.of("SIDE=" + side, "STRIDE=" + stride, "CHANNELS=" + channels, "STRIP=" + strip);
    }
}
