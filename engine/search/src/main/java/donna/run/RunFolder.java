package donna.run;

import donna.format.HostTensor;
import donna.format.Safetensors;
import donna.jobs.Store;
import donna.spec.Json;
import donna.tensor.DonnaException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;

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
    private static final String LOCK = "lock";

    private final Path root;
    private final FileChannel lockFile;
    private final FileLock lock;

    /** An artefact on disk. */
    private record Envelope(String inputs, long seed, String version, double seconds, Object value) {}

    /**
     * What a step gave.
     *
     * @param seconds it took when it was made
     * @param hash of its inputs
     */
    public record Artefact<T>(T value, double seconds, String hash) {}

    private RunFolder(Path root, FileChannel lockFile, FileLock lock) {
        this.root = root;
        this.lockFile = lockFile;
        this.lock = lock;
    }

    /**
     * Opens or creates a run folder and locks it.
     *
     * @throws DonnaException.InvalidInput if another process has it, or it cannot be written
     */
    public static RunFolder open(Path root) {
        try {
            Files.createDirectories(root);
            Path file = root.resolve(LOCK);
            FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
            FileLock lock = tryLock(channel);
            if (lock == null) {
                channel.close();
                throw new DonnaException.InvalidInput("run folder " + root + ": process " + Files.readString(file).strip()
                        + " works in it; wait for it, stop it, or name another folder with --run");
            }
            channel.truncate(0);
            channel.write(ByteBuffer.wrap((ProcessHandle.current().pid() + "\n").getBytes(StandardCharsets.UTF_8)));
            return new RunFolder(root, channel, lock);
        } catch (IOException e) {
            throw new DonnaException.InvalidInput("run folder " + root + " cannot be written: " + e + "; name another folder with --run", e);
        }
    }

    private static FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) {
            return null;
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
     */
    public <T> Artefact<T> artefact(String name, long seed, Object inputs, Class<T> type, Supplier<T> make) {
        String hash = Json.hash(inputs);
        Path file = root.resolve(name);
        if (Files.exists(file)) {
            Envelope e = Json.read(file, Envelope.class);
            if (e.inputs().equals(hash)) {
                return new Artefact<>(Json.parse(Json.text(e.value()), type), e.seconds(), hash);
            }
        }
        long start = System.nanoTime();
        T value = make.get();
        double seconds = (System.nanoTime() - start) / 1e9;
        Json.write(file, new Envelope(hash, seed, VERSION, seconds, value));
        return new Artefact<>(value, seconds, hash);
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
        Safetensors s = Safetensors.read(file);
        return Optional.of(new Piece(s.tensors(), s.metadata()));
    }

    @Override
    public void save(String key, Piece piece) {
        Safetensors.write(file(key), piece.tensors(), piece.info());
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

    /** Deletes everything but the lock: {@code --fresh}. */
    public void clear() {
        try (Stream<Path> all = Files.walk(root)) {
            for (Path p : all.sorted(Comparator.reverseOrder()).toList()) {
                if (!p.equals(root) && !p.equals(root.resolve(LOCK))) {
                    Files.delete(p);
                }
            }
        } catch (IOException e) {
            throw new DonnaException.InvalidInput("run folder " + root + " cannot be cleared: " + e, e);
        }
    }

    @Override
    public void close() {
        try {
            lock.release();
            lockFile.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
