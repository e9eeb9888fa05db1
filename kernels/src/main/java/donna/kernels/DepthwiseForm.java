package donna.kernels;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * What a depthwise kernel is compiled for: the geometry of the convolution and the share of a thread. The shares are those that need no more registers than
 * half a thousand threads of a multiprocessor have.
 *
 * @param side taps of a side of the window
 * @param channels neighbouring channels of a thread
 * @param strip neighbouring pixels of a row that a thread has in hand
 * @param ahead rows that are on their way to a thread; more than one only where an access has 4 bytes
 */
public record DepthwiseForm(int side, int stride, int channels, int strip, int ahead) {
    private static final List<Integer> SIDES = List.of(3, 5, 7);
    private static final List<Integer> STRIDES = List.of(1, 2);

    /** What it costs to load a pixel's channels and to store them, and to widen one of them, in multiply-adds. */
    private static final int LOAD = 8;

    private static final int STORE = 3;
    private static final int WIDEN = 1;

    /** Whether there are kernels for windows of {@code height} by {@code width} taps. */
    public static boolean covers(int height, int width, int stride) {
        return height == width && SIDES.contains(height) && STRIDES.contains(stride);
    }

    /** The strips with one channel of a thread, and with two of 16 bits each. */
    private static List<Integer> strips(KernelFile file, Storage storage, int side, int stride, int channels) {
        boolean one = channels == 1;
        return switch (file) {
            case DEPTHWISE_STRIPS -> switch (side) {
                case 3 -> List.of(4, 7);
                case 5 -> one ? List.of(4, 7) : List.of(4);
                default -> one ? List.of(4) : List.of();
            };
            case DEPTHWISE_SPREAD -> stride == 1 ? List.of() : switch (side) {
                case 3 -> List.of(4, 8);
                case 5 -> one ? List.of(4, 8) : List.of(4);
                default -> one ? List.of(4) : List.of();
            };
            case DEPTHWISE_TAPS -> switch (side) {
                case 3 -> List.of(4, 7);
                case 5 -> one && (stride == 2 || storage != Storage.F32) ? List.of(4, 7) : one || stride == 2 ? List.of(4) : List.of();
                default -> !one ? List.of() : stride == 2 && storage != Storage.F32 ? List.of(4) : List.of(3);
            };
            default -> List.of();
        };
    }

    /** As many as shared memory and registers have room for. */
    private static int ahead(KernelFile file, Storage storage, int side, int stride, int channels, int strip) {
        boolean small = storage.bytes() * channels < Float.BYTES;
        boolean large = storage == Storage.F32 && side > 3 && stride == 2;
        return switch (file) {
            case DEPTHWISE_STRIPS -> small || large ? 1 : stride == 2 && strip == 7 ? 2 : 3;
            case DEPTHWISE_SPREAD -> small ? 1 : 3;
            default -> 1;
        };
    }

    /** The forms for images of {@code channels} channels; a thread has two of them where they are of 16 bits each and an access has both. */
    public static List<DepthwiseForm> forms(KernelFile file, Storage storage, int side, int stride, int channels) {
        List<DepthwiseForm> forms = new ArrayList<>();
        for (int each = 1; each <= (storage.bytes() == 2 && channels % 2 == 0 ? 2 : 1); each++) {
            for (int strip : strips(file, storage, side, stride, each)) {
                forms.add(new DepthwiseForm(side, stride, each, strip, ahead(file, storage, side, stride, each, strip)));
            }
        }
        return forms;
    }

    /** The form that does the least work on rows of {@code width} pixels. */
    public static DepthwiseForm choose(KernelFile file, Storage storage, int side, int stride, int channels, int width) {
        return forms(file, storage, side, stride, channels).stream().min(Comparator.comparingDouble(f -> f.work(width))).orElseThrow();
    }

    /** Of one channel. */
    private double work(int width) {
        int needed = (strip - 1) * stride + side;
        return (double) Math.ceilDiv(width, strip) * (strip * (side * side * channels + STORE) + needed * (LOAD + WIDEN * channels)) / channels;
    }

    /** The macros of all that {@link #choose} may choose; nothing for files that have no forms. */
    static List<List<String>> variants(KernelFile file, Storage storage) {
        List<DepthwiseForm> all = new ArrayList<>();
        for (int side : SIDES) {
            for (int stride : STRIDES) {
                all.addAll(forms(file, storage, side, stride, 1));
                all.addAll(forms(file, storage, side, stride, 2));
            }
        }
        return all.stream().distinct().flatMap(form -> file != KernelFile.DEPTHWISE_STRIPS
                ? Stream.of(form.macros())
                : DepthwiseFusion.largest().stream().map(form::macros)).toList();
    }

    /** What the compiler is told. */
    public List<String> macros() {
        return List.of("SIDE=" + side, "STRIDE=" + stride, "CHANNELS=" + channels, "STRIP=" + strip, "AHEAD=" + ahead);
    }

    /** As {@link #macros()}, for a {@link Kernel#DEPTHWISE_STRIPS} that does more beside. */
    public List<String> macros(DepthwiseFusion fusion) {
        List<String> all = new ArrayList<>(macros());
        all.addAll(fusion.macros());
        return List.copyOf(all);
    }
}
