package donna.cpu.kernel;

import donna.tensor.ConvGeometry;
import java.util.stream.IntStream;

/**
 * One direction of a depthwise pass, forward or backward, as one rule: output {@code o} sums over the taps of its class
 * the source at {@code base[o] + shift}. Outputs of a class are {@code classes} apart and their bases {@code baseStep}
 * apart.
 *
 * <p>Forward there is one class: {@code base = o * stride - padding}, {@code shift = tap * dilation}. Backward, with
 * {@code o + padding = stride * q + class}, a tap belongs to the class {@code tap * dilation mod stride},
 * {@code base = q} and {@code shift = -floor(tap * dilation / stride)}.
 */
final class Axis {
    final int out;
    final int src;
    final int classes;
    final int baseStep;

    /** Per class: its taps in ascending order, and the source shift of each. */
    final int[][] taps;

    final int[][] shifts;

    /** Per class: first output and number of outputs. */
    final int[] first;

    final int[] count;

    /** Per output: its class, its base, and the range of its class's taps whose source exists. */
    final int[] classOf;

    final int[] base;
    final int[] firstTap;
    final int[] endTap;

    private Axis(int out, int src, int classes, int baseStep) {
        this.out = out;
        this.src = src;
        this.classes = classes;
        this.baseStep = baseStep;
        taps = new int[classes][];
        shifts = new int[classes][];
        first = new int[classes];
        count = new int[classes];
        classOf = new int[out];
        base = new int[out];
        firstTap = new int[out];
        endTap = new int[out];
    }

    /** From a convolution's source to its result. */
    static Axis forward(int src, int kernel, ConvGeometry g) {
        Axis axis = new Axis(g.outputSize(src, kernel), src, 1, g.stride());
        axis.taps[0] = IntStream.range(0, kernel).toArray();
        axis.shifts[0] = IntStream.range(0, kernel).map(t -> t * g.dilation()).toArray();
        for (int o = 0; o < axis.out; o++) {
            axis.place(o, 0, o * g.stride() - g.padding());
        }
        return axis;
    }

    /** From the gradient of a convolution's result to that of its source of {@code src} pixels. */
    static Axis backward(int src, int kernel, ConvGeometry g) {
        Axis axis = new Axis(src, g.outputSize(src, kernel), g.stride(), 1);
        for (int c = 0; c < axis.classes; c++) {
            int of = c;
            axis.taps[c] = IntStream.range(0, kernel)
                    .filter(t -> t * g.dilation() % g.stride() == of)
                    .toArray();
            axis.shifts[c] = IntStream.of(axis.taps[c])
                    .map(t -> -(t * g.dilation() / g.stride()))
                    .toArray();
        }
        for (int o = 0; o < axis.out; o++) {
            axis.place(o, (o + g.padding()) % g.stride(), (o + g.padding()) / g.stride());
        }
        return axis;
    }

    private void place(int o, int c, int at) {
        classOf[o] = c;
        base[o] = at;
        first[c] = count[c] == 0 ? o : first[c];
        count[c]++;
        int[] s = shifts[c];
        int from = 0;
        while (from < s.length && !inside(at + s[from])) {
            from++;
        }
        int to = s.length;
        while (to > from && !inside(at + s[to - 1])) {
            to--;
        }
        firstTap[o] = from;
        endTap[o] = to;
    }

    private boolean inside(int position) {
        return position >= 0 && position < src;
    }
}
