package donna.kernels;

import java.util.ArrayList;
import java.util.List;

/**
 * What {@link Kernel#DEPTHWISE_STRIPS} does beside the convolution, and is compiled for.
 *
 * @param after number of the activation of a sum and its channel's bias, with which it is stored; {@link #RAW} for the sum as it is
 * @param statistics whether it leaves sums of what it stores, for {@link Kernel#BATCH_NORM_MOMENTS}
 */
public record DepthwiseFusion(int after, boolean statistics) {
    /** In place of an activation's number: nothing is done. */
    public static final int RAW = -1;

    /** The convolution alone. */
    public static final DepthwiseFusion NONE = new DepthwiseFusion(RAW, false);

    /** Number of the activation with the longest arithmetic. */
    private static final int LONGEST = 7;

    /** The convolution alone, and beside what needs most registers. */
    static List<DepthwiseFusion> largest() {
        return List.of(NONE, new DepthwiseFusion(LONGEST, false), new DepthwiseFusion(RAW, true));
    }

    /** What the compiler is told, beside the form's macros. */
    List<String> macros() {
        List<String> macros = new ArrayList<>();
        if (after != RAW) {
            macros.add("AFTER=" + after);
        }
        if (statistics) {
            macros.add("STATISTICS=1");
        }
        return macros;
    }
}
