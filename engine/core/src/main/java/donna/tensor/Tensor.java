package donna.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * A spec and the bytes that hold it: a range of a buffer. A tensor made by {@link #owning} closes its buffer; a {@link
 * #view} never does. The host-side accessors take and give row-major values whatever the layout; they are for set-up,
 * tests and results, not for inner loops.
 */
public final class Tensor implements AutoCloseable {
    private final TensorSpec spec;
    private final Buffer buffer;
    private final long offset;
    private final boolean owner;

    private Tensor(TensorSpec spec, Buffer buffer, long offset, boolean owner) {
        if (offset < 0 || offset + spec.bytes() > buffer.bytes()) {
            throw new DonnaException.ShapeMismatch("tensor " + spec + " takes " + spec.bytes() + " bytes at " + offset
                    + ", the buffer has " + buffer.bytes());
        }
        this.spec = spec;
        this.buffer = buffer;
        this.offset = offset;
        this.owner = owner;
    }

    /** A tensor that owns all of {@code buffer}. */
    public static Tensor owning(TensorSpec spec, Buffer buffer) {
        return new Tensor(spec, buffer, 0, true);
    }

    /** A tensor at {@code offset} bytes of a buffer that somebody else closes. */
    public static Tensor view(TensorSpec spec, Buffer buffer, long offset) {
        return new Tensor(spec, buffer, offset, false);
    }

    /** Samples {@code first .. first + count - 1} of the outermost dimension; shares the bytes. */
    public Tensor samples(int first, int count) {
        TensorSpec part = new TensorSpec(spec.dtype(), spec.shape().with(0, count), spec.layout());
        long each = spec.bytes() / spec.shape().dim(0);
        return new Tensor(part, buffer, offset + first * each, false);
    }

    public TensorSpec spec() {
        return spec;
    }

    public Shape shape() {
        return spec.shape();
    }

    public Buffer buffer() {
        return buffer;
    }

    /** Where the first element lies in the buffer, in bytes. */
    public long offset() {
        return offset;
    }

    /** Writes row-major values; {@code values.length} must be the number of elements. */
    public void set(double... values) {
        if (values.length != spec.shape().elements()) {
            throw new DonnaException.ShapeMismatch(values.length + " values for a tensor " + spec);
        }
        byte[] raw = new byte[Math.toIntExact(spec.bytes())];
        MemorySegment host = MemorySegment.ofArray(raw);
        forEachElement((i, at) -> put(host, at, values[i]));
        buffer.write(offset, host);
    }

    /** Writes row-major values. */
    public void set(float[] values) {
        if (spec.dtype() == DType.F32
                && spec.layout().block() == 1
                && values.length == spec.shape().elements()) {
            buffer.write(offset, MemorySegment.ofArray(values));
        } else {
            double[] d = new double[values.length];
            for (int i = 0; i < d.length; i++) {
                d[i] = values[i];
            }
            set(d);
        }
    }

    /** Fills every element. */
    public void fill(double value) {
        double[] v = new double[Math.toIntExact(spec.shape().elements())];
        Arrays.fill(v, value);
        set(v);
    }

    /** The values in row-major order. */
    public double[] toDoubles() {
        MemorySegment host = MemorySegment.ofArray(new byte[Math.toIntExact(spec.bytes())]);
        buffer.read(offset, host);
        double[] out = new double[Math.toIntExact(spec.shape().elements())];
        forEachElement((i, at) -> out[i] = take(host, at));
        return out;
    }

    /** The values in row-major order. */
    public float[] toFloats() {
        if (spec.dtype() == DType.F32 && spec.layout().block() == 1) {
            float[] out = new float[Math.toIntExact(spec.shape().elements())];
            buffer.read(offset, MemorySegment.ofArray(out));
            return out;
        }
        double[] d = toDoubles();
        float[] out = new float[d.length];
        for (int i = 0; i < d.length; i++) {
            out[i] = (float) d[i];
        }
        return out;
    }

    /** The only value of a scalar. */
    public double item() {
        if (spec.shape().elements() != 1) {
            throw new DonnaException.ShapeMismatch("item() takes a tensor of one element; this one is " + spec);
        }
        return toDoubles()[0];
    }

    private interface Visitor {
        void visit(int rowMajor, long stored);
    }

    private void forEachElement(Visitor v) {
        Shape s = spec.shape();
        if (spec.layout().block() == 1) {
            long n = s.elements();
            for (int i = 0; i < n; i++) {
                v.visit(i, i);
            }
            return;
        }
        int i = 0;
        for (int n = 0; n < s.dim(0); n++) {
            for (int c = 0; c < s.dim(1); c++) {
                for (int y = 0; y < s.dim(2); y++) {
                    for (int x = 0; x < s.dim(3); x++) {
                        v.visit(i++, spec.layout().index(s, n, c, y, x));
                    }
                }
            }
        }
    }

    private void put(MemorySegment host, long at, double value) {
        switch (spec.dtype()) {
            case F32 -> host.set(ValueLayout.JAVA_FLOAT_UNALIGNED, at * 4, (float) value);
            case F64 -> host.set(ValueLayout.JAVA_DOUBLE_UNALIGNED, at * 8, value);
            case I32 -> host.set(ValueLayout.JAVA_INT_UNALIGNED, at * 4, (int) value);
            case U8 -> host.set(ValueLayout.JAVA_BYTE, at, (byte) (int) value);
        }
    }

    private double take(MemorySegment host, long at) {
        return switch (spec.dtype()) {
            case F32 -> host.get(ValueLayout.JAVA_FLOAT_UNALIGNED, at * 4);
            case F64 -> host.get(ValueLayout.JAVA_DOUBLE_UNALIGNED, at * 8);
            case I32 -> host.get(ValueLayout.JAVA_INT_UNALIGNED, at * 4);
            case U8 -> host.get(ValueLayout.JAVA_BYTE, at) & 0xff;
        };
    }

    @Override
    public void close() {
        if (owner) {
            buffer.close();
        }
    }

    @Override
    public String toString() {
        return spec.toString();
    }
}
