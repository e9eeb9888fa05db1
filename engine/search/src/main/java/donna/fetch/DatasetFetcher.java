package donna.fetch;

import donna.tensor.DonnaException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Keeps fetched data sets, one folder each. A folder is complete and verified or not there at all, and two
 * processes that want the same data set fetch it once. Thread-safe.
 */
public final class DatasetFetcher {
    private static final Object ONE_AT_A_TIME = new Object();

    private final Path cache;
    private final Consumer<String> log;

    /**
     * @param cache folder that holds the data sets; made when needed
     * @param log receives a line for each step and each source that failed
     */
    public DatasetFetcher(Path cache, Consumer<String> log) {
        this.cache = cache;
        this.log = log;
    }

    /** The user's own: {@code $XDG_CACHE_HOME/donna/datasets}, or {@code ~/.cache/donna/datasets}. */
    public static Path userCache() {
        String xdg = System.getenv("XDG_CACHE_HOME");
        Path base = xdg == null || xdg.isBlank() ? Path.of(System.getProperty("user.home"), ".cache") : Path.of(xdg);
        return base.resolve("donna").resolve("datasets");
    }

    /**
     * What is known and what is here.
     *
     * @param folder where it lies, if it is here with every file (digests are checked when it is used)
     */
    public record Entry(KnownDataset dataset, Optional<Path> folder) {}

    /** Every data set that can be fetched. */
    public List<Entry> list() {
        return KnownDataset.all().stream()
                .map(d -> new Entry(
                        d, Optional.of(folder(d)).filter(f -> missing(d, f).isEmpty())))
                .toList();
    }

    /**
     * The folder of a data set, fetched and verified if it is not here yet.
     *
     * @param from a folder, a tar file or an http(s) address to try before the sources that are known
     * @throws DonnaException.InvalidInput if there is no such data set, or the cache cannot be written
     * @throws DonnaException.Unavailable if no source gave it; the message says why for each
     */
    public Path fetch(String name, Optional<String> from) {
        return fetch(KnownDataset.of(name), from, Source.of(name));
    }

    Path fetch(KnownDataset dataset, Optional<String> from, List<Source> known) {
        Path target = folder(dataset);
        if (isComplete(dataset, target)) {
            return target;
        }
        synchronized (ONE_AT_A_TIME) {
            try {
                Files.createDirectories(cache);
                Path lock = cache.resolve("." + dataset.name() + ".lock");
                try (FileChannel channel =
                        FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
                    channel.lock();
                    if (!isComplete(dataset, target)) {
                        log.accept("fetching " + dataset.name() + " into " + target);
                        removeLeftovers(dataset);
                        install(dataset, from, known, target);
                    }
                }
            } catch (AccessDeniedException e) {
                throw new DonnaException.InvalidInput(
                        "data set '" + dataset.name() + "' cannot be kept in " + cache + ": no permission for "
                                + e.getMessage() + "; choose another folder with XDG_CACHE_HOME",
                        e);
            } catch (IOException e) {
                throw new DonnaException.InvalidInput(
                        "data set '" + dataset.name() + "' cannot be kept in " + cache + " ("
                                + e.getClass().getSimpleName() + ": " + e.getMessage()
                                + "); check that the disk has room and the folder may be written to, or choose another"
                                + " with XDG_CACHE_HOME",
                        e);
            }
        }
        return target;
    }

    private Path folder(KnownDataset dataset) {
        return cache.resolve(dataset.name());
    }

    /** Whether a folder holds every file with the right content; what is wrong is logged. */
    boolean isComplete(KnownDataset dataset, Path folder) {
        if (!missing(dataset, folder).isEmpty()) {
            return false;
        }
        try {
            verify(dataset, folder);
            return true;
        } catch (DonnaException.InvalidInput e) {
            log.accept(e.getMessage());
            return false;
        }
    }

    private static List<String> missing(KnownDataset dataset, Path folder) {
        return dataset.files().stream()
                .filter(f -> f.in(folder).isEmpty())
                .map(DatasetFile::name)
                .toList();
    }

    private static void verify(KnownDataset dataset, Path folder) {
        dataset.files().forEach(f -> f.in(folder).ifPresent(f::verify));
    }

    private void install(KnownDataset dataset, Optional<String> from, List<Source> known, Path target)
            throws IOException {
        List<Source> sources = new ArrayList<>();
        from.map(Source::given).ifPresent(sources::add);
        sources.addAll(known);
        List<String> refused = new ArrayList<>();
        for (Source source : sources) {
            log.accept("trying " + source.title());
            Path staging = Files.createTempDirectory(cache, staging(dataset));
            try {
                source.bring(dataset.files(), staging);
                List<String> missing = missing(dataset, staging);
                if (!missing.isEmpty()) {
                    throw new DonnaException.Unavailable("it does not hold " + String.join(", ", missing));
                }
                verify(dataset, staging);
                replace(staging, target);
                log.accept("verified " + dataset.files().size() + " files of " + dataset.name() + " by SHA-256");
                return;
            } catch (DonnaException e) {
                refused.add(source.title() + ": " + e.getMessage());
                log.accept("not " + refused.getLast());
            } finally {
                deleteTree(staging);
            }
        }
        throw new DonnaException.Unavailable("data set '" + dataset.name() + "' could not be fetched. Tried: "
                + String.join("; ", refused) + ". Give a folder, a tar file or a mirror's address that holds "
                + String.join(
                        ", ", dataset.files().stream().map(DatasetFile::name).toList()));
    }

    private static String staging(KnownDataset dataset) {
        return "." + dataset.name() + "-staging-";
    }

    /** What a fetch that was killed left; the lock says that nobody else is fetching this data set. */
    private void removeLeftovers(KnownDataset dataset) throws IOException {
        try (Stream<Path> all = Files.list(cache)) {
            for (Path p : all.toList()) {
                if (p.getFileName().toString().startsWith(staging(dataset))) {
                    deleteTree(p);
                }
            }
        }
    }

    private static void replace(Path staging, Path target) throws IOException {
        deleteTree(target);
        try (Stream<Path> all = Files.list(staging)) {
            for (Path p : all.toList()) {
                try (FileChannel channel = FileChannel.open(p, StandardOpenOption.WRITE)) {
                    channel.force(true);
                }
            }
        }
        Files.move(staging, target, StandardCopyOption.ATOMIC_MOVE);
    }

    /** Removes a folder with everything in it; links are removed, not followed. Nothing happens if it is not there. */
    static void deleteTree(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path p : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(p);
            }
        }
    }
}
