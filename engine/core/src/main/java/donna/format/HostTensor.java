package donna.format;

import donna.tensor.DType;
import donna.tensor.DonnaException;
import donna.tensor.Shape;
import donna.tensor.Tensor;
import donna.tensor.TensorSpec;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The values of a tensor in host memory, as files hold them: row-major, little-endian. Treat it as immutable:
 * {@link #bytes} is not copied.
 *
 * @param shape rank 0 is a single number, as files write it
 * @param bytes {@code shape.elements() * dtype.bytes()} of them
 */
public record HostTensor(DType dtype, Shape shape, byte[] bytes) {
    /** @throws DonnaException.ShapeMismatch if the number of bytes does not fit the shape */
    public HostTensor {
        if (bytes.length != Math.multiplyExact(shape.elements(), (long) dtype.bytes())) {
            throw new DonnaException.ShapeMismatch("tensor " + dtype + " " + shape + " takes "
                    + shape.elements() * dtype.bytes() + " bytes, got " + bytes.length);
        }
    }

    /** Single precision. */
    public static HostTensor of(Shape shape, float[] values) {
        byte[] raw = new byte[Math.multiplyExact(values.length, 4)];
        little(raw).asFloatBuffer().put(values);
        return new HostTensor(DType.F32, shape, raw);
    }

    /** 32-bit integers. */
    public static HostTensor of(Shape shape, int[] values) {
        byte[] raw = new byte[Math.multiplyExact(values.length, 4)];
        little(raw).asIntBuffer().put(values);
        return new HostTensor(DType.I32, shape, raw);
    }

    /** Double precision. */
    public static HostTensor of(Shape shape, double[] values) {
        byte[] raw = new byte[Math.multiplyExact(values.length, 8)];
        little(raw).asDoubleBuffer().put(values);
        return new HostTensor(DType.F64, shape, raw);
    }

    /** The values of a device's tensor, whatever its layout; every type it can hold is kept exactly. */
    public static HostTensor of(Tensor tensor) {
        TensorSpec spec = tensor.spec();
        return switch (spec.dtype()) {
            case F32 -> of(spec.shape(), tensor.toFloats());
            case F64 -> of(spec.shape(), tensor.toDoubles());
            case I32 ->
                of(
                        spec.shape(),
                        Arrays.stream(tensor.toDoubles()).mapToInt(d -> (int) d).toArray());
            case U8 -> {
                double[] values = tensor.toDoubles();
                byte[] raw = new byte[values.length];
                for (int i = 0; i < raw.length; i++) {
                    raw[i] = (byte) (int) values[i];
                }
                yield new HostTensor(DType.U8, spec.shape(), raw);
            }
        };
    }

    /**
     * The values of a single-precision tensor, row-major.
     *
     * @throws DonnaException.ShapeMismatch for another type
     */
    public float[] floats() {
        if (dtype != DType.F32) {
            throw new DonnaException.ShapeMismatch("tensor " + this + " was read as F32");
        }
        float[] values = new float[bytes.length / 4];
        little(bytes).asFloatBuffer().get(values);
        return values;
    }

    /** The values of any type, row-major; exact, since every type fits into a double. */
    public double[] doubles() {
        double[] values = new double[bytes.length / dtype.bytes()];
        ByteBuffer b = little(bytes);
        for (int i = 0; i < values.length; i++) {
            values[i] = switch (dtype) {
                case F32 -> b.getFloat(4 * i);
                case F64 -> b.getDouble(8 * i);
                case I32 -> b.getInt(4 * i);
                case U8 -> b.get(i) & 0xff;
            };
        }
        return values;
    }

    /**
     * Writes the values into a tensor of the same element type and number of elements.
     *
     * @throws DonnaException.ShapeMismatch if the shapes differ (a single number may be {@code []} here and {@code
     *     [1]} there)
     */
    public void copyTo(Tensor tensor) {
        boolean scalar = shape.elements() == 1 && tensor.shape().elements() == 1;
        if (dtype != tensor.spec().dtype() || !(scalar || shape.equals(tensor.shape()))) {
            throw new DonnaException.ShapeMismatch("stored tensor " + this + " does not fit into " + tensor.spec());
        }
        if (dtype == DType.F32) {
            tensor.set(floats());
        } else {
            tensor.set(doubles());
        }
    }

    static ByteBuffer little(byte[] raw) {
        return ByteBuffer.wrap(raw).order(ByteOrder.LITTLE_ENDIAN);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof HostTensor t
                && dtype == t.dtype
                && shape.equals(t.shape)
                && Arrays.equals(bytes, t.bytes);
    }

    @Override
    public int hashCode() {
        return 31 * (31 * dtype.hashCode() + shape.hashCode()) + Arrays.hashCode(bytes);
    }

    @Override
    public String toString() {
        return dtype + " " + shape;
    }
}
