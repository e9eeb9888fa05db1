package donna.onnx;

import java.util.Arrays;
import java.util.function.IntUnaryOperator;

/**
 * Numbers that a file holds or that follow from it: row-major, of any rank (0 is a single number), dimensions of 0
 * allowed. Treat as immutable: arrays are not copied.
 */
sealed interface Constant {
    /** What networks compute with; every real type of ONNX is read as single precision. */
    record Reals(int[] dims, float[] values) implements Constant {
        @Override
        public double at(int i) {
            return values[i];
        }

        @Override
        public Reals pick(int[] target, IntUnaryOperator from) {
            float[] out = new float[Index.size(target)];
            for (int i = 0; i < out.length; i++) {
                out[i] = values[from.applyAsInt(i)];
            }
            return new Reals(target, out);
        }
    }

    /** Shapes, axes, indices, and truth as 0 and 1. */
    record Integers(int[] dims, long[] values) implements Constant {
        static Integers of(long... values) {
            return new Integers(new int[] {values.length}, values);
        }

        @Override
        public double at(int i) {
            return values[i];
        }

        @Override
        public Integers pick(int[] target, IntUnaryOperator from) {
            long[] out = new long[Index.size(target)];
            for (int i = 0; i < out.length; i++) {
                out[i] = values[from.applyAsInt(i)];
            }
            return new Integers(target, out);
        }
    }

    int[] dims();

    /** Element {@code i} in row-major order. */
    double at(int i);

    /** The tensor whose element {@code i} is this one's element {@code from(i)}: any movement of data. */
    Constant pick(int[] target, IntUnaryOperator from);

    default int rank() {
        return dims().length;
    }

    default int size() {
        return Index.elements(dims());
    }

    default Constant reshaped(int[] target) {
        return switch (this) {
            case Reals r -> new Reals(target, r.values());
            case Integers n -> new Integers(target, n.values());
        };
    }

    default Constant transposed(int[] permutation) {
        int[] target = Arrays.stream(permutation).map(p -> dims()[p]).toArray();
        int[] own = Index.strides(dims());
        int[] strides = Arrays.stream(permutation).map(p -> own[p]).toArray();
        return pick(target, i -> Index.offset(i, target, strides));
    }

    /** Repeated along dimensions of 1 as ONNX broadcasts. */
    default Constant broadcast(int[] target) {
        return Arrays.equals(dims(), target) ? this : pick(target, Index.broadcast(dims(), target));
    }

    /** Whether all elements are equal, and there is one. */
    default boolean isUniform() {
        for (int i = 1; i < size(); i++) {
            if (Double.compare(at(i), at(0)) != 0) {
                return false;
            }
        }
        return size() > 0;
    }

    default float[] toFloats() {
        return switch (this) {
            case Reals r -> r.values();
            case Integers n -> {
                float[] out = new float[n.values().length];
                for (int i = 0; i < out.length; i++) {
                    out[i] = n.values()[i];
                }
                yield out;
            }
        };
    }

    default long[] toLongs() {
        return switch (this) {
            case Integers n -> n.values();
            case Reals r -> {
                long[] out = new long[r.values().length];
                for (int i = 0; i < out.length; i++) {
                    out[i] = (long) r.values()[i];
                }
                yield out;
            }
        };
    }

    /** Shape and first values, for messages. */
    default String text() {
        StringBuilder s = new StringBuilder(Arrays.toString(dims())).append(" {");
        for (int i = 0; i < Math.min(4, size()); i++) {
            s.append(i == 0 ? "" : ", ").append(this instanceof Integers n ? "" + n.values()[i] : "" + (float) at(i));
        }
        return s.append(size() > 4 ? ", ...}" : "}").toString();
    }
}
