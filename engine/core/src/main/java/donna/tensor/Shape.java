package donna.tensor;

import java.util.Arrays;

/**
 * Dimensions of a tensor, outermost first: images are {@code [N, C, H, W]}, features {@code [N, C]}, a scalar is {@code
 * [1]}. Immutable; every dimension is at least 1.
 */
public record Shape(int... dims) {
    /** The shape of a scalar. */
    public static final Shape SCALAR = new Shape(1);

    public Shape {
        dims = dims.clone();
        for (int d : dims) {
            if (d < 1) {
                throw new DonnaException.ShapeMismatch("shape " + Arrays.toString(dims)
                        + " has a dimension below 1; every dimension must be at least 1");
            }
        }
    }

    public static Shape of(int... dims) {
        return new Shape(dims);
    }

    /** A copy of the dimensions. */
    @Override
    public int[] dims() {
        return dims.clone();
    }

    public int rank() {
        return dims.length;
    }

    /** Dimension {@code i}; negative counts from the end. */
    public int dim(int i) {
        return dims[i < 0 ? dims.length + i : i];
    }

    /** Number of elements. */
    public long elements() {
        long n = 1;
        for (int d : dims) {
            n = Math.multiplyExact(n, d);
        }
        return n;
    }

    /** The same shape with dimension {@code i} replaced. */
    public Shape with(int i, int value) {
        int[] d = dims.clone();
        d[i < 0 ? d.length + i : i] = value;
        return new Shape(d);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Shape s && Arrays.equals(dims, s.dims);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(dims);
    }

    @Override
    public String toString() {
        return Arrays.toString(dims);
    }
}
