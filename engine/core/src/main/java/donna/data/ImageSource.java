package donna.data;

import donna.tensor.DonnaException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Where the files {@code .../SPLIT/CLASS/NAME} of an image folder are: a folder or a tar archive. */
sealed interface ImageSource {
    /** Longest encoded image that is taken. */
    int MAX_ENCODED = 1 << 28;

    /**
     * One image file.
     *
     * @param path inside the source, with {@code /}
     */
    record Entry(String path, String split, String className) {
        String ending() {
            return path.substring(path.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
        }
    }

    /** Every image file of every split, in no particular order. */
    List<Entry> list();

    /** Text that changes when what {@link #read} gives may have changed; quick to find out. */
    String fingerprint();

    /** Gives the bytes of each of {@code wanted}, in the order that is quickest to read. */
    void read(List<Entry> wanted, BiConsumer<Entry, byte[]> sink);

    static ImageSource of(Path path) {
        if (Files.isDirectory(path)) {
            return new Folder(path);
        }
        if (Files.isRegularFile(path)) {
            return new Archive(path);
        }
        throw new DonnaException.InvalidInput(path + ": there is no such folder or tar file");
    }

    /** The entry of a path whose last three parts are split, class and an image's name; empty for any other. */
    private static Optional<Entry> entry(String path, List<ImageDecoder> decoders) {
        String[] parts = path.split("/");
        int n = parts.length;
        if (n < 3 || parts[n - 1].startsWith(".") || parts[n - 1].indexOf('.') < 0) {
            return Optional.empty();
        }
        Entry e = new Entry(path, parts[n - 3], parts[n - 2]);
        return Optional.of(e).filter(x -> decoders.stream().anyMatch(d -> d.handles(x.ending())));
    }

    /** Files below a folder; links are followed. */
    record Folder(Path root) implements ImageSource {
        private static final int DEPTH = 6;

        @Override
        public List<Entry> list() {
            List<ImageDecoder> decoders = ImageDecoder.all();
            List<Entry> found = new ArrayList<>();
            try (Stream<Path> all = Files.walk(root, DEPTH, FileVisitOption.FOLLOW_LINKS)) {
                for (Path p : (Iterable<Path>) all.filter(Files::isRegularFile)::iterator) {
                    String relative = root.relativize(p)
                            .toString()
                            .replace(p.getFileSystem().getSeparator(), "/");
                    entry(relative, decoders).ifPresent(found::add);
                }
            } catch (IOException e) {
                throw unreadable(root, e);
            } catch (UncheckedIOException e) {
                throw unreadable(root, e.getCause());
            }
            return found;
        }

        @Override
        public String fingerprint() {
            return list().stream()
                    .map(e -> e.path() + "\t" + stamp(root.resolve(e.path())))
                    .sorted()
                    .collect(Collectors.joining("\n"));
        }

        @Override
        public void read(List<Entry> wanted, BiConsumer<Entry, byte[]> sink) {
            for (Entry e : wanted) {
                Path p = root.resolve(e.path());
                try {
                    if (Files.size(p) > MAX_ENCODED) {
                        throw new DonnaException.InvalidInput(p + ": is larger than " + MAX_ENCODED + " bytes");
                    }
                    sink.accept(e, Files.readAllBytes(p));
                } catch (IOException x) {
                    throw unreadable(p, x);
                }
            }
        }
    }

    /** Files in a tar or tar.gz archive, read front to back; it is never unpacked to disk. */
    record Archive(Path file) implements ImageSource {
        @Override
        public List<Entry> list() {
            List<ImageDecoder> decoders = ImageDecoder.all();
            List<Entry> found = new ArrayList<>();
            try (TarReader tar = new TarReader(file)) {
                while (tar.next()) {
                    entry(tar.name(), decoders).ifPresent(found::add);
                }
            }
            return found;
        }

        @Override
        public String fingerprint() {
            return stamp(file);
        }

        @Override
        public void read(List<Entry> wanted, BiConsumer<Entry, byte[]> sink) {
            Map<String, Entry> open = new HashMap<>();
            wanted.forEach(e -> open.put(e.path(), e));
            try (TarReader tar = new TarReader(file)) {
                while (!open.isEmpty() && tar.next()) {
                    Entry e = open.remove(tar.name());
                    if (e != null) {
                        sink.accept(e, tar.content(MAX_ENCODED));
                    }
                }
            }
        }
    }

    private static String stamp(Path p) {
        try {
            return Files.size(p) + " " + Files.getLastModifiedTime(p).toMillis();
        } catch (IOException e) {
            throw unreadable(p, e);
        }
    }

    private static DonnaException unreadable(Path p, IOException e) {
        return new DonnaException.InvalidInput(
                p + ": cannot be read (" + e.getClass().getSimpleName() + ": " + e.getMessage() + ")", e);
    }
}
