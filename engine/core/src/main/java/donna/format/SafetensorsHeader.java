package donna.format;

import donna.tensor.DonnaException;
import donna.tensor.Shape;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What a safetensors file says about its tensors, checked against the bytes that are there. */
record SafetensorsHeader(List<Entry> entries, Map<String, String> metadata) {
    /** Far more dimensions than any model has. */
    private static final int MAX_RANK = 32;

    /** One tensor; {@code begin} and {@code end} count from the end of the header. */
    record Entry(String name, StoredType dtype, Shape shape, long begin, long end) {
        long bytes() {
            return end - begin;
        }

        HostTensor toTensor(Path file, byte[] raw) {
            return dtype.toTensor(file + ": tensor '" + name + "'", shape, raw);
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
        StoredType type = Arrays.stream(StoredType.values())
                .filter(t -> t.name().equals(dtype))
                .findFirst()
                .orElseThrow(() -> new DonnaException.InvalidInput(file + ": tensor '" + name + "' is of type '" + dtype
                        + "', expected one of " + Arrays.toString(StoredType.values())));
        long bytes = type.size();
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
                name, type, new Shape(shape.stream().mapToInt(Long::intValue).toArray()), begin, end);
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
