package donna.format;

import donna.tensor.DType;
import donna.tensor.DonnaException;
import donna.tensor.Shape;
import java.nio.ByteBuffer;

/**
 * Element types that files of other tools hold. Types that the engine does not hold are widened where that is exact:
 * F16 and BF16 to F32, BOOL to U8, other integers to I32 if every value fits.
 */
enum StoredType {
    F64(8),
    F32(4),
    F16(2),
    BF16(2),
    I64(8),
    I32(4),
    I16(2),
    I8(1),
    U64(8),
    U32(4),
    U16(2),
    U8(1),
    BOOL(1);

    private final int size;

    StoredType(int size) {
        this.size = size;
    }

    /** Bytes of one element. */
    int size() {
        return size;
    }

    /**
     * @param what file and tensor, for messages
     * @param raw little-endian
     * @throws DonnaException.InvalidInput if an integer does not fit into 32 bits
     */
    HostTensor toTensor(String what, Shape shape, byte[] raw) {
        return switch (this) {
            case F32, F64, I32, U8 -> new HostTensor(DType.valueOf(name()), shape, raw);
            case BOOL -> new HostTensor(DType.U8, shape, raw);
            case F16, BF16 -> {
                float[] values = new float[raw.length / 2];
                ByteBuffer b = HostTensor.little(raw);
                for (int i = 0; i < values.length; i++) {
                    short bits = b.getShort(2 * i);
                    values[i] = this == F16 ? Float.float16ToFloat(bits) : Float.intBitsToFloat(bits << 16);
                }
                yield HostTensor.of(shape, values);
            }
            case I64, I16, I8, U64, U32, U16 -> {
                int[] values = new int[raw.length / size];
                for (int i = 0; i < values.length; i++) {
                    values[i] = integer(what, HostTensor.little(raw), i * size);
                }
                yield HostTensor.of(shape, values);
            }
        };
    }

    private int integer(String what, ByteBuffer b, int at) {
        boolean signed = name().startsWith("I");
        long value = switch (size) {
            case 1 -> b.get(at);
            case 2 -> signed ? b.getShort(at) : b.getShort(at) & 0xffffL;
            case 4 -> b.getInt(at) & 0xffffffffL;
            default -> b.getLong(at);
        };
        if (value != (int) value || !signed && value < 0) {
            throw new DonnaException.InvalidInput(what + " of type " + this + " holds "
                    + (signed ? Long.toString(value) : Long.toUnsignedString(value))
                    + ", which does not fit into 32 bits; store it as I32");
        }
        return (int) value;
    }
}
