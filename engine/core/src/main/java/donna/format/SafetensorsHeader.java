package donna.format;

import donna.tensor.DType;
import donna.tensor.DonnaException;
import donna.tensor.Shape;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What a safetensors file says about its tensors, checked against the bytes that are there. */
record SafetensorsHeader(List<Entry> entries, Map<String, String> metadata) {
    /** Element types of the format that can be kept, with their size in bytes. */
    private static final Map<String, Integer> SIZES = Map.ofEntries(
            Map.entry("F64", 8),
            Map.entry("F32", 4),
            Map.entry("F16", 2),
            Map.entry("BF16", 2),
            Map.entry("I64", 8),
            Map.entry("I32", 4),
            Map.entry("I16", 2),
            Map.entry("I8", 1),
            Map.entry("U64", 8),
            Map.entry("U32", 4),
            Map.entry("U16", 2),
            Map.entry("U8", 1),
            Map.entry("BOOL", 1));

    /** Far more dimensions than any model has. */
    private static final int MAX_RANK = 32;

    /** One tensor; {@code begin} and {@code end} count from the end of the header. */
    record Entry(String name, String dtype, Shape shape, long begin, long end) {
        long bytes() {
            return end - begin;
        }

        HostTensor toTensor(Path file, byte[] raw) {
            return switch (dtype) {
                case "F32", "F64", "I32", "U8" -> new HostTensor(DType.valueOf(dtype), shape, raw);
                case "BOOL" -> new HostTensor(DType.U8, shape, raw);
                case "F16", "BF16" -> {
                    float[] values = new float[raw.length / 2];
                    ByteBuffer b = HostTensor.little(raw);
                    for (int i = 0; i < values.length; i++) {
                        short bits = b.getShort(2 * i);
                        values[i] = dtype.equals("F16") ? Float.float16ToFloat(bits) : Float.intBitsToFloat(bits << 16);
                    }
                    yield HostTensor.of(shape, values);
                }
                default -> {
                    int size = SIZES.get(dtype);
                    int[] values = new int[raw.length / size];
                    for (int i = 0; i < values.length; i++) {
                        values[i] = integer(file, HostTensor.little(raw), i * size, size);
                    }
                    yield HostTensor.of(shape, values);
                }
            };
        }

        private int integer(Path file, ByteBuffer b, int at, int size) {
            boolean signed = dtype.startsWith("I");
            long value = switch (size) {
                case 1 -> b.get(at);
                case 2 -> signed ? b.getShort(at) : b.getShort(at) & 0xffffL;
                case 4 -> b.getInt(at) & 0xffffffffL;
                default -> b.getLong(at);
            };
            if (value != (int) value || !signed && value < 0) {
                throw new DonnaException.InvalidInput(file + ": tensor '" + name + "' of type " + dtype + " holds "
                        + (signed ? Long.toString(value) : Long.toUnsignedString(value))
                        + ", which does not fit into 32 bits; store it as I32");
            }
            return (int) value;
        }
    }

    static SafetensorsHeader parse(Path file, byte[] json, long dataBytes) {
        HeaderText text = new HeaderText(file, json);
        List<Entry> entries = new ArrayList<>();
        Map<String, String> metadata = new LinkedHashMap<>();
        Set<String> names = new HashSet<>();
        text.expect('{');
        if (!text.take('}')) {
            do {
                String name = text.string();
                if (!names.add(name)) {
                    throw text.error("a name other than '" + name + "', which was there before");
                }
                text.expect(':');
                if (name.equals("__metadata__")) {
                    metadata(text, metadata);
                } else {
                    entries.add(entry(file, text, name));
                }
            } while (text.take(','));
            text.expect('}');
        }
        text.expectEnd();
        checkCover(file, entries, dataBytes);
        return new SafetensorsHeader(entries, metadata);
    }

    private static void metadata(HeaderText text, Map<String, String> into) {
        text.expect('{');
        if (!text.take('}')) {
            do {
                String key = text.string();
                text.expect(':');
                if (into.put(key, text.string()) != null) {
                    throw text.error("a key other than '" + key + "', which was there before");
                }
            } while (text.take(','));
            text.expect('}');
        }
    }

    private static Entry entry(Path file, HeaderText text, String name) {
        String dtype = "";
        List<Long> shape = List.of();
        List<Long> offsets = List.of();
        Set<String> seen = new HashSet<>();
        text.expect('{');
        do {
            String key = text.string();
            text.expect(':');
            switch (key) {
                case "dtype" -> dtype = text.string();
                case "shape" -> shape = numbers(text);
                case "data_offsets" -> offsets = numbers(text);
                default -> throw text.error("dtype, shape or data_offsets before this, not '" + key + "'");
            }
            seen.add(key);
        } while (text.take(','));
        text.expect('}');
        if (seen.size() != 3 || offsets.size() != 2) {
            throw new DonnaException.InvalidInput(file + ": tensor '" + name + "' has " + seen + " and "
                    + offsets.size() + " offsets; expected dtype, shape and data_offsets with two numbers");
        }
        return checked(file, name, dtype, shape, offsets.get(0), offsets.get(1));
    }

    private static Entry checked(Path file, String name, String dtype, List<Long> shape, long begin, long end) {
        Integer size = SIZES.get(dtype);
        if (size == null) {
            throw new DonnaException.InvalidInput(file + ": tensor '" + name + "' is of type '" + dtype
                    + "', expected one of " + SIZES.keySet().stream().sorted().toList());
        }
        long bytes = size;
        boolean fits = end >= begin;
        for (long d : shape) {
            fits = fits && d >= 1 && d <= Integer.MAX_VALUE / bytes;
            bytes = fits ? bytes * d : bytes;
        }
        if (!fits || bytes != end - begin) {
            throw new DonnaException.InvalidInput(
                    file + ": tensor '" + name + "' " + dtype + " " + shape + " lies at " + begin + " to " + end
                            + "; expected dimensions of at least 1, at most 2 GiB, and exactly the bytes of its shape");
        }
        return new Entry(
                name, dtype, new Shape(shape.stream().mapToInt(Long::intValue).toArray()), begin, end);
    }

    private static List<Long> numbers(HeaderText text) {
        List<Long> list = new ArrayList<>();
        text.expect('[');
        if (!text.take(']')) {
            do {
                if (list.size() == MAX_RANK) {
                    throw text.error("at most " + MAX_RANK + " numbers");
                }
                list.add(text.wholeNumber());
            } while (text.take(','));
            text.expect(']');
        }
        return list;
    }

    /** The format allows neither holes nor overlaps: every byte belongs to one tensor. */
    private static void checkCover(Path file, List<Entry> entries, long dataBytes) {
        entries.sort(Comparator.comparingLong(Entry::begin));
        long at = 0;
        for (Entry e : entries) {
            if (e.begin() != at) {
                throw new DonnaException.InvalidInput(file + ": tensor '" + e.name() + "' begins at " + e.begin()
                        + ", expected " + at + ", where the one before it ends; it is altered");
            }
            at = e.end();
        }
        if (at != dataBytes) {
            throw new DonnaException.InvalidInput(file + ": its header asks for " + at + " bytes of tensors, found "
                    + dataBytes + "; it is truncated or altered");
        }
    }
}
