package donna.tensor;

/** What a tensor is, without its values: element type, shape and memory order. */
public record TensorSpec(DType dtype, Shape shape, Layout layout) {
    public TensorSpec {
        if (layout.block() > 1 && shape.rank() != 4) {
            throw new DonnaException.ShapeMismatch("a blocked layout takes [N, C, H, W]; got " + shape);
        }
    }

    /** Single precision, row-major. */
    public static TensorSpec f32(int... dims) {
        return new TensorSpec(DType.F32, new Shape(dims), Layout.PLAIN);
    }

    public static TensorSpec of(DType dtype, Shape shape) {
        return new TensorSpec(dtype, shape, Layout.PLAIN);
    }

    public TensorSpec with(Layout other) {
        return new TensorSpec(dtype, shape, other);
    }

    /** Bytes stored, padding of a blocked layout included. */
    public long bytes() {
        return layout.elements(shape) * dtype.bytes();
    }

    @Override
    public String toString() {
        return dtype + " " + shape + (layout.block() > 1 ? " " + layout : "");
    }
}
