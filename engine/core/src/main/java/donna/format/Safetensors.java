package donna.format;

import donna.tensor.DonnaException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The content of a safetensors file: eight bytes of header length, a JSON header, the tensors' bytes one after
 * another. Source: the format's specification (huggingface/safetensors). Immutable and thread-safe.
 *
 * @param tensors by name, in the file's order
 * @param metadata free text by key
 */
public record Safetensors(Map<String, HostTensor> tensors, Map<String, String> metadata) {
    public Safetensors {
        tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
        metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
    }

    /**
     * The tensor of that name.
     *
     * @throws DonnaException.InvalidInput if there is none
     */
    public HostTensor tensor(String name) {
        HostTensor t = tensors.get(name);
        if (t == null) {
            throw new DonnaException.InvalidInput("no tensor '" + name + "' in the file; it holds " + tensors.keySet());
        }
        return t;
    }

    /**
     * Writes a file whole or not at all. Equal content gives equal bytes whatever the maps' order: tensors go by
     * element size (largest first) and name, metadata by key.
     *
     * @throws DonnaException.InvalidInput if it cannot be written
     */
    public static void write(Path file, Map<String, HostTensor> tensors, Map<String, String> metadata) {
        List<Map.Entry<String, HostTensor>> order = new ArrayList<>(tensors.entrySet());
        order.sort(Comparator.comparingInt((Map.Entry<String, HostTensor> e) ->
                        -e.getValue().dtype().bytes())
                .thenComparing(Map.Entry::getKey));
        byte[] header = header(order, metadata);
        AtomicFile.write(file, out -> {
            writeLength(out, header.length);
            out.write(header);
            for (Map.Entry<String, HostTensor> e : order) {
                out.write(e.getValue().bytes());
            }
        });
    }

    private static byte[] header(List<Map.Entry<String, HostTensor>> order, Map<String, String> metadata) {
        StringBuilder json = new StringBuilder("{");
        if (!metadata.isEmpty()) {
            json.append("\"__metadata__\":{");
            String comma = "";
            for (Map.Entry<String, String> e : new TreeMap<>(metadata).entrySet()) {
                json.append(comma);
                HeaderText.quote(json, e.getKey());
                json.append(':');
                HeaderText.quote(json, e.getValue());
                comma = ",";
            }
            json.append('}');
        }
        long at = 0;
        for (Map.Entry<String, HostTensor> e : order) {
            HostTensor t = e.getValue();
            json.append(json.length() > 1 ? "," : "");
            HeaderText.quote(json, e.getKey());
            json.append(":{\"dtype\":\"").append(t.dtype()).append("\",\"shape\":");
            json.append(t.shape().toString().replace(" ", ""));
            json.append(",\"data_offsets\":[")
                    .append(at)
                    .append(',')
                    .append(at + t.bytes().length)
                    .append("]}");
            at += t.bytes().length;
        }
        json.append('}');
        byte[] text = json.toString().getBytes(StandardCharsets.UTF_8);
        String padding = " ".repeat((8 - text.length % 8) % 8);
        return json.append(padding).toString().getBytes(StandardCharsets.UTF_8);
    }

    private static void writeLength(OutputStream out, long length) throws IOException {
        byte[] raw = new byte[8];
        HostTensor.little(raw).putLong(length);
        out.write(raw);
    }

    /**
     * Reads a file. Types that the engine does not hold are widened where that is exact: F16 and BF16 to F32, BOOL
     * to U8, other integers to I32 if every value fits.
     *
     * @throws DonnaException.InvalidInput if it is missing, truncated or altered, or holds a type or value that
     *     cannot be kept
     */
    public static Safetensors read(Path file) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            long size = channel.size();
            long length = size < 8 ? -1 : bytes(file, channel, 0, 8).getLong();
            if (length < 2 || length > HeaderText.MAX_BYTES || 8 + length > size) {
                throw new DonnaException.InvalidInput(file + ": " + size + " bytes with a header of " + length
                        + "; expected a safetensors file with a header of 2 to " + HeaderText.MAX_BYTES
                        + " bytes within it; it is truncated, altered or of another kind");
            }
            SafetensorsHeader header = SafetensorsHeader.parse(
                    file, bytes(file, channel, 8, (int) length).array(), size - 8 - length);
            Map<String, HostTensor> tensors = new LinkedHashMap<>();
            for (SafetensorsHeader.Entry e : header.entries()) {
                byte[] raw = bytes(file, channel, 8 + length + e.begin(), (int) e.bytes())
                        .array();
                tensors.put(e.name(), e.toTensor(file, raw));
            }
            return new Safetensors(tensors, header.metadata());
        } catch (NoSuchFileException e) {
            throw new DonnaException.InvalidInput(file + ": there is no such file", e);
        } catch (IOException e) {
            throw new DonnaException.InvalidInput(file + ": cannot be read (" + e.getMessage() + ")", e);
        }
    }

    private static ByteBuffer bytes(Path file, FileChannel channel, long at, int count) throws IOException {
        ByteBuffer b = ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
        while (b.hasRemaining()) {
            if (channel.read(b, at + b.position()) < 0) {
                throw new DonnaException.InvalidInput(file + ": expected " + count + " bytes at " + at + ", found "
                        + b.position() + "; it was cut while it was read");
            }
        }
        return b.flip();
    }
}
