package donna.kernels;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What {@link Kernel#DEPTHWISE_STRIPS} and {@link Kernel#DEPTHWISE_BANDS} do beside the convolution, and are compiled for.
 *
 * @param before number of the activation of the batch norm that makes what is convolved, of {@link #MOST_BEFORE} at most and for the latter kernel only;
 *     {@link #RAW} if it is there already
 * @param after number of the activation of a sum and its channel's bias, with which it is stored; {@link #RAW} for the sum as it is
 * @param statistics whether it leaves sums of what it stores, for {@link Kernel#BATCH_NORM_MOMENTS}
 */
public record DepthwiseFusion(int before, int after, boolean statistics) {
    /** In place of an activation's number: nothing is done. */
    public static final int RAW = -1;

    /** The convolution alone. */
    public static final DepthwiseFusion NONE = new DepthwiseFusion(RAW, RAW, false);

    /** Number of the last activation that a kernel has room for before a convolution. */
    public static final int MOST_BEFORE = 4;

    /** Number of the activation with the longest arithmetic. */
    private static final int LONGEST = 7;

    /** The convolution alone, and beside what needs most registers. */
    static List<DepthwiseFusion> largest() {
        return List.of(NONE, new DepthwiseFusion(RAW, LONGEST, false), new DepthwiseFusion(RAW, RAW, true));
    }

    static List<String> before(int act) {
        return act == RAW ? List.of() : List.of("BEFORE=" + act);
    }

    /** With a batch norm before, of the activations with the longest arithmetic. */
    static Stream<DepthwiseFusion> largestBefore() {
        return IntStream.rangeClosed(MOST_BEFORE - 1, MOST_BEFORE).mapToObj(act -> new DepthwiseFusion(act, RAW, true));
    }

    /** What the compiler is told, beside the form's macros. */
    List<String> macros() {
        List<String> macros = new ArrayList<>(before(before));
        if (after != RAW) {
            macros.add("AFTER=" + after);
        }
        if (statistics) {
            macros.add("STATISTICS=1");
        }
        return macros;
    }
}
