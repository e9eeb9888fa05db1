package donna.format;

import donna.format.TorchVocabulary.Storage;
import donna.format.TorchVocabulary.View;
import donna.tensor.DonnaException;
import donna.tensor.Shape;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/**
 * Reads the state dict of a file that {@code torch.save} wrote, in its zip form or the stream of pickles before PyTorch 1.6. The pickle is read by a
 * reader that knows tensors and plain containers and runs nothing (a general one would have to be closed opcode by opcode). Source: torch/serialization.py.
 */
public final class TorchFile {
    private static final BigInteger MAGIC = new BigInteger("1950a86a20f9469cfc6c", 16);
    private static final long LEGACY_PROTOCOL = 1001;

    /** Keys under which training scripts keep the state dict, in the order in which they are tried. */
    private static final List<String> STATE_DICTS = List.of("state_dict", "model", "model_state_dict", "net");

    /** What {@code DataParallel} puts before every name. */
    private static final String PARALLEL = "module.";

    /** Tensors may share storages, but not so that a small file becomes a large state dict. */
    private static final int MAX_GROWTH = 4;

    private TorchFile() {}

    /**
     * The tensors by name, in the file's order: those of the dict that the file holds, or of its entry {@code state_dict}, {@code model},
     * {@code model_state_dict} or {@code net}. Where all names begin with {@code module.}, that is left out. Element types are widened as in
     * {@link Safetensors#read}.
     *
     * @throws DonnaException.InvalidInput if the file is missing, truncated or altered, or holds anything but tensors, numbers, texts and plain containers
     */
    public static Map<String, HostTensor> read(Path file) {
        try {
            long size = Files.size(file);
            return isZip(file) ? zip(file, size) : legacy(file, size);
        } catch (NoSuchFileException e) {
            throw new DonnaException.InvalidInput(file + ": there is no such file", e);
        } catch (ZipException e) {
            throw new DonnaException.InvalidInput(file + ": is no readable zip (" + e.getMessage() + "); it is truncated or altered", e);
        } catch (EOFException e) {
            throw new DonnaException.InvalidInput(file + ": ends in the middle; it is truncated", e);
        } catch (IOException e) {
            throw new DonnaException.InvalidInput(file + ": cannot be read (" + e.getMessage() + ")", e);
        }
    }

    private static boolean isZip(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] start = in.readNBytes(2);
            return start.length == 2 && start[0] == 'P' && start[1] == 'K';
        }
    }

    private static Map<String, HostTensor> zip(Path file, long size) throws IOException {
        try (ZipFile zip = new ZipFile(file.toFile())) {
            String root = zip.stream()
                    .map(ZipEntry::getName)
                    .filter(n -> n.endsWith("/data.pkl") && n.indexOf('/') == n.lastIndexOf('/'))
                    .map(n -> n.substring(0, n.indexOf('/') + 1))
                    .findFirst()
                    .orElseThrow(() -> new DonnaException.InvalidInput(file + ": is a zip without NAME/data.pkl; expected what torch.save writes"));
            Optional<ZipEntry> order = Optional.ofNullable(zip.getEntry(root + "byteorder"));
            if (order.isPresent() && !new String(content(file, zip, order.get(), order.get().getSize()), StandardCharsets.US_ASCII).equals("little")) {
                throw new DonnaException.InvalidInput(file + ": is not in little-endian order; save it on a machine of the usual kind");
            }
            TorchVocabulary words = new TorchVocabulary(file.toString(), size);
            ZipEntry pickle = zip.getEntry(root + "data.pkl");
            Object dict;
            try (InputStream in = new BufferedInputStream(zip.getInputStream(pickle))) {
                dict = Pickle.read(in, file.toString(), words);
            }
            Map<String, View> views = stateDict(file, dict);
            Map<String, byte[]> bytes = new HashMap<>();
            for (View v : views.values()) {
                Storage s = v.storage();
                if (!bytes.containsKey(s.key())) {
                    ZipEntry entry = Optional.ofNullable(zip.getEntry(root + "data/" + s.key()))
                            .orElseThrow(() -> new DonnaException.InvalidInput(file + ": lacks storage '" + Pickle.printable(s.key()) + "'; it is altered"));
                    bytes.put(s.key(), content(file, zip, entry, s.bytes()));
                }
            }
            return tensors(file, views, bytes);
        }
    }

    /** An entry's bytes, which must be {@code expected} many, and no more are read than that. */
    private static byte[] content(Path file, ZipFile zip, ZipEntry entry, long expected) throws IOException {
        if (entry.getSize() != expected || expected > Integer.MAX_VALUE - 16 || entry.getMethod() != ZipEntry.STORED) {
            throw new DonnaException.InvalidInput(file + ": '" + Pickle.printable(entry.getName()) + "' has " + entry.getSize() + " bytes, expected " + expected
                    + ", uncompressed as torch.save writes them; it is truncated or altered");
        }
        byte[] raw = new byte[(int) expected];
        try (InputStream in = zip.getInputStream(entry)) {
            if (in.readNBytes(raw, 0, raw.length) < raw.length) {
                throw new EOFException();
            }
        }
        return raw;
    }

    /** Magic number, protocol, facts about the machine, state dict, keys of the storages; then each storage's length and bytes in that order. */
    private static Map<String, HostTensor> legacy(Path file, long size) throws IOException {
        String what = file.toString();
        TorchVocabulary words = new TorchVocabulary(what, size);
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
            int first = peek(in);
            if (first != 0x80 || !MAGIC.equals(Pickle.read(in, what, words))) {
                throw new DonnaException.InvalidInput(what + ": begins neither as a zip nor with torch's number; expected what torch.save writes");
            }
            Object protocol = Pickle.read(in, what, words);
            if (!protocol.equals(LEGACY_PROTOCOL)) {
                throw new DonnaException.InvalidInput(what + ": is of another torch protocol than " + LEGACY_PROTOCOL);
            }
            Object machine = Pickle.read(in, what, words);
            if (!(machine instanceof Map<?, ?> facts) || !Boolean.TRUE.equals(facts.get("little_endian"))) {
                throw new DonnaException.InvalidInput(what + ": is not in little-endian order; save it on a machine of the usual kind");
            }
            Map<String, View> views = stateDict(file, Pickle.read(in, what, words));
            Object keys = Pickle.read(in, what, words);
            Map<String, byte[]> bytes = new HashMap<>();
            for (Object key : keys instanceof List<?> list ? list : List.of()) {
                Storage s = words.storages().get(key instanceof String k ? k : "");
                if (s == null || bytes.containsKey(s.key())) {
                    throw new DonnaException.InvalidInput(what + ": lists a storage that no tensor has, or one twice; it is altered");
                }
                bytes.put(s.key(), storage(what, in, s));
            }
            return tensors(file, views, bytes);
        }
    }

    private static int peek(InputStream in) throws IOException {
        in.mark(1);
        int first = in.read();
        in.reset();
        return first;
    }

    private static byte[] storage(String what, InputStream in, Storage s) throws IOException {
        DataInputStream data = new DataInputStream(in);
        long elements = Long.reverseBytes(data.readLong());
        if (elements != s.elements()) {
            throw new DonnaException.InvalidInput(
                    what + ": storage '" + Pickle.printable(s.key()) + "' has " + elements + " elements, its tensors expect " + s.elements() + "; it is altered");
        }
        byte[] raw = new byte[Math.toIntExact(s.bytes())];
        data.readFully(raw);
        return raw;
    }

    private static Map<String, View> stateDict(Path file, Object content) {
        Optional<Map<String, View>> found = TorchVocabulary.tensors(content);
        for (String key : STATE_DICTS) {
            found = found.or(() -> content instanceof Map<?, ?> map ? TorchVocabulary.tensors(map.get(key)) : Optional.empty());
        }
        Map<String, View> views = found.orElseThrow(() -> new DonnaException.InvalidInput(
                file + ": holds no dict of tensors, neither itself nor under " + String.join(", ", STATE_DICTS) + "; save model.state_dict()"));
        boolean parallel = views.keySet().stream().allMatch(n -> n.startsWith(PARALLEL));
        Map<String, View> out = new LinkedHashMap<>();
        views.forEach((name, v) -> out.put(parallel ? name.substring(PARALLEL.length()) : name, v));
        return out;
    }

    private static Map<String, HostTensor> tensors(Path file, Map<String, View> views, Map<String, byte[]> bytes) {
        Map<String, HostTensor> out = new LinkedHashMap<>();
        long stored = bytes.values().stream().mapToLong(b -> b.length).sum();
        long total = 0;
        for (Map.Entry<String, View> e : views.entrySet()) {
            View v = e.getValue();
            byte[] storage = bytes.get(v.storage().key());
            if (storage == null) {
                throw new DonnaException.InvalidInput(file + ": lacks the bytes of tensor '" + Pickle.printable(e.getKey()) + "'; it is truncated or altered");
            }
            Shape shape = new Shape(v.shape());
            total += shape.elements() * v.storage().type().size();
            if (total > MAX_GROWTH * stored) {
                throw new DonnaException.InvalidInput(file + ": its tensors take more than " + MAX_GROWTH + " times the " + stored
                        + " bytes it holds; save each tensor with memory of its own");
            }
            byte[] raw = TorchVocabulary.gather(v, storage);
            out.put(e.getKey(), v.storage().type().toTensor(file + ": tensor '" + Pickle.printable(e.getKey()) + "'", shape, raw));
        }
        return Collections.unmodifiableMap(out);
    }
}
