package donna.onnx;

import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.ByteString;
import donna.tensor.DonnaException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/** Reads the tensors inside an ONNX file. Every real type becomes single precision, every other a 64-bit integer. */
final class TensorReader {
    private static final int MAX_RANK = 8;

    private final String where;
    private final TensorProto proto;
    private final int size;

    private TensorReader(String where, TensorProto proto) {
        this.where = where;
        this.proto = proto;
        try {
            this.size = Index.elements(dims(where, proto));
        } catch (DonnaException.ShapeMismatch e) {
            throw new DonnaException.InvalidInput(where + ": " + e.getMessage(), e);
        }
    }

    /**
     * @param where names the tensor in messages
     * @throws DonnaException.InvalidInput if its values lie outside the file, do not fit its shape, or are of a type that is no number
     */
    static Constant read(String where, TensorProto proto) {
        if (proto.getDataLocation() == TensorProto.DataLocation.EXTERNAL || proto.getExternalDataCount() > 0) {
            throw new DonnaException.InvalidInput(
                    where + " keeps its values in another file; save the model with all tensors inside it (in onnx: save_as_external_data=False)");
        }
        if (proto.hasSegment()) {
            throw new DonnaException.InvalidInput(where + " is a segment of a tensor; save the model with whole tensors");
        }
        return new TensorReader(where, proto).read();
    }

    private static int[] dims(String where, TensorProto proto) {
        long[] dims = proto.getDimsList().stream().mapToLong(Long::longValue).toArray();
        if (dims.length > MAX_RANK || Arrays.stream(dims).anyMatch(d -> d < 0 || d > Integer.MAX_VALUE)) {
            throw new DonnaException.InvalidInput(where + " has dimensions " + Arrays.toString(dims) + "; expected at most " + MAX_RANK + " of 0 to 2^31-1");
        }
        return Arrays.stream(dims).mapToInt(d -> (int) d).toArray();
    }

    private Constant read() {
        int[] dims = dims(where, proto);
        TensorProto.DataType type = TensorProto.DataType.forNumber(proto.getDataType());
        if (type == null) {
            throw new DonnaException.InvalidInput(where + " is of type " + proto.getDataType() + ", which ONNX does not define");
        }
        return switch (type) {
            case FLOAT -> new Constant.Reals(dims, floats(4, proto.getFloatDataCount(), (b, i) -> b.getFloat(4 * i), proto::getFloatData));
            case DOUBLE ->
                new Constant.Reals(dims, floats(8, proto.getDoubleDataCount(), (b, i) -> (float) b.getDouble(8 * i), i -> (float) proto.getDoubleData(i)));
            case FLOAT16 ->
                new Constant.Reals(dims, floats(2, proto.getInt32DataCount(), (b, i) -> Float.float16ToFloat(b.getShort(2 * i)),
                        i -> Float.float16ToFloat((short) proto.getInt32Data(i))));
            case BFLOAT16 ->
                new Constant.Reals(dims, floats(2, proto.getInt32DataCount(), (b, i) -> Float.intBitsToFloat(b.getShort(2 * i) << 16),
                        i -> Float.intBitsToFloat(proto.getInt32Data(i) << 16)));
            case INT64 -> new Constant.Integers(dims, longs(8, proto.getInt64DataCount(), (b, i) -> b.getLong(8 * i), proto::getInt64Data));
            case INT32 -> new Constant.Integers(dims, longs(4, proto.getInt32DataCount(), (b, i) -> b.getInt(4 * i), proto::getInt32Data));
            case INT16 -> new Constant.Integers(dims, longs(2, proto.getInt32DataCount(), (b, i) -> b.getShort(2 * i), proto::getInt32Data));
            case INT8 -> new Constant.Integers(dims, longs(1, proto.getInt32DataCount(), ByteBuffer::get, proto::getInt32Data));
            case UINT8, BOOL -> new Constant.Integers(dims, longs(1, proto.getInt32DataCount(), (b, i) -> b.get(i) & 0xff, proto::getInt32Data));
            default -> throw new DonnaException.InvalidInput(where + " is of type " + type + "; expected real numbers, whole numbers or truth values");
        };
    }

    private interface FromBytes<T> {
        T at(ByteBuffer bytes, int i);
    }

    private interface FromField<T> {
        T at(int i);
    }

    private float[] floats(int bytes, int stored, FromBytes<Float> raw, FromField<Float> field) {
        ByteBuffer b = data(bytes, stored);
        float[] out = new float[size];
        for (int i = 0; i < size; i++) {
            out[i] = b.hasRemaining() ? raw.at(b, i) : field.at(i);
        }
        return out;
    }

    private long[] longs(int bytes, int stored, FromBytes<? extends Number> raw, FromField<? extends Number> field) {
        ByteBuffer b = data(bytes, stored);
        long[] out = new long[size];
        for (int i = 0; i < size; i++) {
            out[i] = (b.hasRemaining() ? raw.at(b, i) : field.at(i)).longValue();
        }
        return out;
    }

    /** The raw bytes, empty where the values are in a field of their own. */
    private ByteBuffer data(int bytes, int stored) {
        ByteString raw = proto.getRawData();
        if (raw.isEmpty() ? stored != size : raw.size() != (long) size * bytes) {
            throw new DonnaException.InvalidInput(where + " has " + proto.getDimsList() + " = " + size + " elements and "
                    + (raw.isEmpty() ? stored + " values" : raw.size() + " bytes, expected " + (long) size * bytes) + "; the file is altered");
        }
        return raw.asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }
}
