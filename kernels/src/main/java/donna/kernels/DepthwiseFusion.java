package donna.kernels;

import java.util.List;

/**
 * What {@link Kernel#DEPTHWISE_STRIPS} does beside the convolution, and is compiled for.
 *
 * @param after number of the activation of a sum and its channel's bias, with which it is stored; {@link #RAW} for the sum as it is
 */
public record DepthwiseFusion(int after) {
    /** In place of an activation's number: nothing is done. */
    public static final int RAW = -1;

    /** The convolution alone. */
    public static final DepthwiseFusion NONE = new DepthwiseFusion(RAW);

    /** Numbers of swish and of the activation with the longest arithmetic. */
    private static final List<Integer> LONG = List.of(3, 7);

    /** The convolution alone, and beside what needs most registers. */
    static List<DepthwiseFusion> largest() {
        return List.of(NONE, new DepthwiseFusion(LONG.getFirst()), new DepthwiseFusion(LONG.getLast()));
    }

    /** What the compiler is told, beside the form's macros. */
    List<String> macros() {
        return after == RAW ? List.of() : List.of("AFTER=" + after);
    }
}
