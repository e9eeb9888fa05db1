package donna.run;

import donna.format.HostTensor;
import donna.format.Safetensors;
import donna.jobs.Store;
import donna.spec.Json;
import donna.tensor.DonnaException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

/**
 * All state of one run. Every artefact names the hash of its inputs, the seed and the version; one whose hash still fits is read instead of made again, so
 * that resuming is not a feature but how it works. A lock keeps a second process out. Thread-safe. Owner: closes it.
 */
public final class RunFolder implements Store, AutoCloseable {
    /** The version that artefacts name. */
    public static final String VERSION = Optional.ofNullable(RunFolder.class.getModule().getDescriptor())
            .flatMap(d -> d.rawVersion())
            .orElse("0.1.0");

    private static final String INPUTS = "inputs";
    private static final String CHECKSUM = "crc32c";

    /** Marks a folder as a run's. */
    static final String SPEC = "spec.resolved.json";

    private final Path root;
    private final RunLock lock;

    /**
     * An artefact on disk.
     *
     * @param sha256 of the value, so that an altered file is found out
     */
    private record Envelope(String inputs, long seed, String version, double seconds, String sha256, Object value) {}

    /**
     * What a step gave.
     *
     * @param seconds it took when it was made
     * @param hash of its inputs
     */
    public record Artefact<T>(T value, double seconds, String hash) {}

    private RunFolder(Path root, RunLock lock) {
        this.root = root;
        this.lock = lock;
    }

    /**
     * Opens or creates a run folder, locks it, and removes what a killed process left half-written in it.
     *
     * @throws DonnaException.InvalidInput if it is open already, here or in another process, or it cannot be written
     */
    public static RunFolder open(Path root) {
        RunLock lock = RunLock.take(root);
        try {
            RunFolder folder = new RunFolder(root, lock);
            folder.sweep();
            return folder;
        } catch (RuntimeException e) {
            lock.close();
            throw e;
        }
    }

    /** Removes the temporary files of writes that never came to their end; only in a folder that is a run's. */
    private void sweep() {
        if (Files.exists(root.resolve(SPEC))) {
            delete(root, p -> p.getFileName().toString().matches("\\..*\\.tmp"));
        }
    }

    public Path root() {
        return root;
    }

    public Path path(String name) {
        return root.resolve(name);
    }

    /**
     * The artefact {@code name}: read if it was made from the same inputs, otherwise made, written and returned.
     *
     * @param inputs everything the value depends on; hashed
     * @throws DonnaException.InvalidInput if the file was altered or cut short
     */
    public <T> Artefact<T> artefact(String name, long seed, Object inputs, Class<T> type, Supplier<T> make) {
        String hash = Json.hash(inputs);
        Path file = root.resolve(name);
        if (Files.exists(file)) {
            Envelope e = Json.read(file, Envelope.class);
            if (hash.equals(e.inputs())) {
                return new Artefact<>(value(file, e, type), e.seconds(), hash);
            }
        }
        long start = System.nanoTime();
        T value = make.get();
        double seconds = (System.nanoTime() - start) / 1e9;
        Json.write(file, new Envelope(hash, seed, VERSION, seconds, Json.hash(value), value));
        return new Artefact<>(value, seconds, hash);
    }

    /** The artefact {@code name}, if there is one that was made from these inputs. */
    <T> Optional<T> kept(String name, Object inputs, Class<T> type) {
        Path file = root.resolve(name);
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        Envelope e = Json.read(file, Envelope.class);
        return Json.hash(inputs).equals(e.inputs()) ? Optional.of(value(file, e, type)) : Optional.empty();
    }

    /** Writes the artefact {@code name}, which grows from run to run over the same inputs. */
    void keep(String name, long seed, Object inputs, Object value) {
        Json.write(root.resolve(name), new Envelope(Json.hash(inputs), seed, VERSION, 0, Json.hash(value), value));
    }

    /**
     * The artefact {@code name} as it is, whatever it was made from.
     *
     * @throws DonnaException.InvalidInput if the run has none
     */
    <T> T stored(String name, Class<T> type) {
        Path file = root.resolve(name);
        if (!Files.exists(file)) {
            throw new DonnaException.InvalidInput(
                    root + " has no " + name + ": its search has not come so far; finish it with 'donna resume " + root + "'");
        }
        return value(file, Json.read(file, Envelope.class), type);
    }

    private static <T> T value(Path file, Envelope e, Class<T> type) {
        try {
            T value = Optional.ofNullable(Json.parse(Json.text(e.value()), type))
                    .orElseThrow(() -> new DonnaException.InvalidInput("no value"));
            // Of the typed value, as it was written: a tree of maps keeps another order of keys.
            String found = Json.hash(value);
            if (!found.equals(e.sha256())) {
                throw new DonnaException.InvalidInput("SHA-256 " + found + ", expected " + e.sha256());
            }
            return value;
        } catch (DonnaException.InvalidInput broken) {
            throw new DonnaException.InvalidInput(
                    file + ": its value is not what this version writes (" + broken.getMessage() + "); delete it, and it is made again", broken);
        }
    }

    /**
     * {@code name} with a digest of what the thing called so depends on.
     *
     * @param inputs hashed
     */
    static String keyed(String name, Object inputs) {
        return name + "-" + Json.hash(inputs).substring(0, 12);
    }

    /** Writes a file without an envelope, such as the summary. */
    public void write(String name, Object value) {
        Json.write(root.resolve(name), value);
    }

    /** The piece under {@code key}, kept from the same inputs or made now. */
    public Piece piece(String key, Object inputs, Supplier<Piece> make) {
        String hash = Json.hash(inputs);
        Optional<Piece> kept = load(key).filter(p -> hash.equals(p.info().get(INPUTS)));
        if (kept.isPresent()) {
            return kept.get();
        }
        Piece made = make.get();
        Map<String, String> info = new LinkedHashMap<>(made.info());
        info.put(INPUTS, hash);
        info.put("version", VERSION);
        save(key, new Piece(made.tensors(), info));
        return made;
    }

    @Override
    public Optional<Piece> load(String key) {
        Path file = file(key);
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        try {
            Safetensors s = Safetensors.read(file);
            Map<String, String> info = new LinkedHashMap<>(s.metadata());
            String found = checksum(s.tensors());
            String expected = Optional.ofNullable(info.remove(CHECKSUM)).orElse("none");
            if (!found.equals(expected)) {
                throw new DonnaException.InvalidInput(file + ": its tensors have checksum " + found + ", expected " + expected + "; it was altered");
            }
            return Optional.of(new Piece(s.tensors(), info));
        } catch (DonnaException.InvalidInput e) {
            throw new DonnaException.InvalidInput(e.getMessage() + "; delete it, and it is made again", e);
        }
    }

    /** Of names and bytes, whatever their order in the map. */
    private static String checksum(Map<String, HostTensor> tensors) {
        CRC32C crc = new CRC32C();
        new TreeMap<>(tensors).forEach((name, t) -> {
            crc.update(name.getBytes(StandardCharsets.UTF_8));
            crc.update(t.bytes());
        });
        return "%08x".formatted(crc.getValue());
    }

    @Override
    public void save(String key, Piece piece) {
        Map<String, String> info = new LinkedHashMap<>(piece.info());
        info.put(CHECKSUM, checksum(piece.tensors()));
        Safetensors.write(file(key), piece.tensors(), info);
    }

    @Override
    public void remove(String key) {
        try {
            Files.deleteIfExists(file(key));
        } catch (IOException e) {
            throw new DonnaException.InvalidInput(file(key) + " cannot be deleted: " + e, e);
        }
    }

    private Path file(String key) {
        return root.resolve(key + ".safetensors");
    }

    /**
     * Deletes everything but the lock: {@code --fresh}.
     *
     * @throws DonnaException.InvalidInput if the folder holds something, but not a run
     */
    public void clear() {
        String[] names = Optional.ofNullable(root.toFile().list()).orElse(new String[0]);
        if (names.length > 1 && !Files.exists(root.resolve(SPEC))) {
            throw new DonnaException.InvalidInput("run folder " + root + " holds " + names.length + " files, but no " + SPEC
                    + ", so that it is no run and is left as it is; empty it yourself or name another folder with --run");
        }
        delete(root, p -> !p.equals(root) && !p.equals(root.resolve(RunLock.NAME)));
    }

    /** Deletes {@code folder} and what is in it, if it exists. */
    void removeAll(String folder) {
        if (Files.exists(root.resolve(folder))) {
            delete(root.resolve(folder), p -> true);
        }
    }

    /** Deletes files and folders below {@code top}, the deepest first. */
    private static void delete(Path top, Predicate<Path> which) {
        try (Stream<Path> all = Files.walk(top)) {
            for (Path p : all.filter(which).sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(p);
            }
        } catch (IOException | UncheckedIOException e) {
            throw new DonnaException.InvalidInput(top + ": cannot be cleared: " + e + "; check its permissions", e);
        }
    }

    @Override
    public void close() {
        lock.close();
    }
}
