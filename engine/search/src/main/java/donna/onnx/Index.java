package donna.onnx;

import donna.tensor.DonnaException;
import java.util.Arrays;
import java.util.function.IntUnaryOperator;

/** Arithmetic of row-major indices. */
final class Index {
    /** Most elements of a constant that is worked out while a file is read; stored ones are bounded by the file. */
    private static final int MOST = 1 << 26;

    private Index() {}

    /** @throws DonnaException.ShapeMismatch above 2^31 - 1 */
    static int elements(int... dims) {
        return product(dims, Integer.MAX_VALUE);
    }

    /**
     * As {@link #elements}, of a constant that is to be made.
     *
     * @throws DonnaException.ShapeMismatch above {@link #MOST}
     */
    static int size(int... dims) {
        return product(dims, MOST);
    }

    private static int product(int[] dims, long most) {
        long n = 1;
        for (int d : dims) {
            n *= d;
            if (d < 0 || n > most) {
                throw new DonnaException.ShapeMismatch(
                        "a tensor of " + Arrays.toString(dims) + " is out of bounds; at most " + most + " elements are allowed");
            }
        }
        return (int) n;
    }

    static int[] strides(int[] dims) {
        int[] strides = new int[dims.length];
        int n = 1;
        for (int i = dims.length - 1; i >= 0; i--) {
            strides[i] = n;
            n *= dims[i];
        }
        return strides;
    }

    /** Where element {@code i} of a tensor of {@code dims} lies if dimension {@code d} moves by {@code strides[d]}. */
    static int offset(int i, int[] dims, int[] strides) {
        int at = 0;
        int rest = i;
        for (int d = dims.length - 1; d >= 0; d--) {
            at += rest % dims[d] * strides[d];
            rest /= dims[d];
        }
        return at;
    }

    /** Maps elements of {@code target} to those of {@code source} that are repeated there. */
    static IntUnaryOperator broadcast(int[] source, int[] target) {
        int[] own = strides(source);
        int[] strides = new int[target.length];
        int shift = target.length - source.length;
        for (int d = 0; d < source.length; d++) {
            strides[d + shift] = source[d] == 1 ? 0 : own[d];
        }
        return i -> offset(i, target, strides);
    }

    /**
     * The common shape that both broadcast to.
     *
     * @throws DonnaException.ShapeMismatch if there is none
     */
    static int[] common(int[] a, int[] b) {
        int rank = Math.max(a.length, b.length);
        int[] out = new int[rank];
        for (int i = 0; i < rank; i++) {
            int x = i < rank - a.length ? 1 : a[i - rank + a.length];
            int y = i < rank - b.length ? 1 : b[i - rank + b.length];
            if (x != y && x != 1 && y != 1) {
                throw new DonnaException.ShapeMismatch(
                        "the shapes " + Arrays.toString(a) + " and " + Arrays.toString(b) + " do not fit together");
            }
            out[i] = x == 1 ? y : x;
        }
        return out;
    }

    /**
     * Resolves an axis that may count from the end.
     *
     * @throws DonnaException.ShapeMismatch if there is no such axis
     */
    static int axis(long axis, int rank) {
        if (axis < -rank || axis >= rank) {
            throw new DonnaException.ShapeMismatch("axis " + axis + " of a tensor of rank " + rank + "; expected " + -rank + " to " + (rank - 1));
        }
        return (int) (axis < 0 ? axis + rank : axis);
    }

    /** The sorted distinct axes. */
    static int[] axes(long[] axes, int rank) {
        return Arrays.stream(axes).mapToInt(a -> axis(a, rank)).sorted().distinct().toArray();
    }

    /**
     * The shape that a Reshape asks for: 0 keeps a dimension, -1 is worked out.
     *
     * @throws DonnaException.ShapeMismatch if the elements do not fit
     */
    static int[] reshape(int[] source, long[] wish, boolean zeroIsZero) {
        int[] out = new int[wish.length];
        long known = 1;
        int open = -1;
        for (int i = 0; i < wish.length; i++) {
            if (wish[i] == -1 && open < 0) {
                open = i;
                continue;
            }
            boolean keeps = wish[i] == 0 && !zeroIsZero && i < source.length;
            long d = keeps ? source[i] : wish[i];
            if (d < 0 || d > Integer.MAX_VALUE) {
                throw new DonnaException.ShapeMismatch("a target shape of " + Arrays.toString(wish) + "; expected sizes, 0 and at most one -1");
            }
            out[i] = (int) d;
            known = Math.multiplyExact(known, d);
        }
        long all = elements(source);
        if (open >= 0) {
            out[open] = known == 0 ? 0 : (int) (all / known);
            known *= out[open];
        }
        if (known != all) {
            throw new DonnaException.ShapeMismatch(
                    Arrays.toString(source) + " has " + all + " elements, which the target " + Arrays.toString(wish) + " cannot hold");
        }
        return out;
    }

    /** One dimension of a Slice: where it begins, how many elements it takes, by which step. */
    record Cut(int start, int count, int step) {
        /** By ONNX's rules: negative counts from the end, and what leaves the dimension is cut off. */
        static Cut of(int size, long start, long end, long step) {
            if (step == 0 || step != (int) step) {
                throw new DonnaException.ShapeMismatch("a slice has step " + step + "; expected a small whole number, not 0");
            }
            long first = start < 0 ? start + size : start;
            long last = end < 0 ? end + size : end;
            if (step > 0) {
                first = Math.clamp(first, 0, size);
                last = Math.clamp(last, 0, size);
            } else {
                first = Math.clamp(first, 0, size - 1);
                last = Math.clamp(last, -1, size);
            }
            long count = Math.max(0, (last - first + step - Long.signum(step)) / step);
            return new Cut((int) first, (int) count, (int) step);
        }
    }
}
