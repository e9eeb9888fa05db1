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
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Where labelled image files are: a folder, a tar archive, or a folder of tar shards. */
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
            return ImageLayout.ending(path);
        }
    }

    /**
     * What a source holds.
     *
     * @param entries every image file of every split whose class is known, in no particular order
     * @param classes in the order of their labels
     */
    record Listing(List<Entry> entries, List<String> classes) {}

    /** Lists the files; reads lists of labels on the way. */
    Listing list();

    /** Text that changes when what {@link #read} gives may have changed; quick to find out. */
    String fingerprint();

    /** Gives the bytes of each of {@code wanted}, in the order that is quickest to read. */
    void read(List<Entry> wanted, BiConsumer<Entry, byte[]> sink);

    static ImageSource of(Path path) {
        if (Files.isDirectory(path)) {
            List<Path> shards = files(path, 2, p -> p.getFileName().toString().matches(".*\\.(tar|tar\\.gz|tgz)"));
            return shards.isEmpty() || Folder.holdsImages(path) ? new Folder(path) : new Archives(path, shards);
        }
        if (Files.isRegularFile(path)) {
            return new Archives(path.toAbsolutePath().getParent(), List.of(path.toAbsolutePath()));
        }
        throw new DonnaException.InvalidInput(path + ": there is no such folder or tar file");
    }

    /** Files below a folder; links are followed. */
    record Folder(Path root) implements ImageSource {
        private static final int DEPTH = 6;

        static boolean holdsImages(Path root) {
            List<ImageDecoder> decoders = ImageDecoder.all();
            try (Stream<Path> all = Files.walk(root, DEPTH, FileVisitOption.FOLLOW_LINKS)) {
                return all.anyMatch(p -> ImageLayout.isImage(relative(root, p), decoders) && Files.isRegularFile(p));
            } catch (IOException e) {
                throw unreadable(root, e);
            } catch (UncheckedIOException e) {
                throw unreadable(root, e.getCause());
            }
        }

        @Override
        public Listing list() {
            ImageLayout layout = new ImageLayout(root.toString());
            for (Path p : files(root, DEPTH, p -> true)) {
                String relative = relative(root, p);
                if (ImageLayout.isNote(relative)) {
                    layout.note(relative, content(p, ImageLayout.MAX_NOTE));
                } else {
                    layout.image(relative);
                }
            }
            return layout.listing();
        }

        @Override
        public String fingerprint() {
            List<ImageDecoder> decoders = ImageDecoder.all();
            return files(root, DEPTH, p -> ImageLayout.isNote(p.toString()) || ImageLayout.isImage(relative(root, p), decoders)).stream()
                    .map(p -> relative(root, p) + "\t" + stamp(p))
                    .sorted()
                    .collect(Collectors.joining("\n"));
        }

        @Override
        public void read(List<Entry> wanted, BiConsumer<Entry, byte[]> sink) {
            for (Entry e : wanted) {
                sink.accept(e, content(root.resolve(e.path()), MAX_ENCODED));
            }
        }

        private static byte[] content(Path p, int limit) {
            try {
                if (Files.size(p) > limit) {
                    throw new DonnaException.InvalidInput(p + ": is larger than " + limit + " bytes");
                }
                return Files.readAllBytes(p);
            } catch (IOException x) {
                throw unreadable(p, x);
            }
        }
    }

    /** Files in tar or tar.gz archives, read front to back and never unpacked to disk. With more than one archive, paths begin with the archive's. */
    record Archives(Path root, List<Path> files) implements ImageSource {
        @Override
        public Listing list() {
            ImageLayout layout = new ImageLayout(files.size() == 1 ? files.getFirst().toString() : root.toString());
            for (Path file : files) {
                try (TarReader tar = new TarReader(file)) {
                    while (tar.next()) {
                        if (ImageLayout.isShardLabel(tar.name())) {
                            layout.shardLabel(relative(root, file), prefix(file) + tar.name(), tar.content(ImageLayout.MAX_LABEL));
                        } else if (ImageLayout.isNote(tar.name())) {
                            layout.note(prefix(file) + tar.name(), tar.content(ImageLayout.MAX_NOTE));
                        } else {
                            layout.image(prefix(file) + tar.name());
                        }
                    }
                }
            }
            return layout.listing();
        }

        private String prefix(Path file) {
            return files.size() == 1 ? "" : relative(root, file) + "/";
        }

        @Override
        public String fingerprint() {
            return files.stream().map(f -> relative(root, f) + "\t" + stamp(f)).sorted().collect(Collectors.joining("\n"));
        }

        @Override
        public void read(List<Entry> wanted, BiConsumer<Entry, byte[]> sink) {
            Map<String, Entry> open = new HashMap<>();
            wanted.forEach(e -> open.put(e.path(), e));
            for (Path file : files) {
                try (TarReader tar = new TarReader(file)) {
                    while (!open.isEmpty() && tar.next()) {
                        Entry e = open.remove(prefix(file) + tar.name());
                        if (e != null) {
                            sink.accept(e, tar.content(MAX_ENCODED));
                        }
                    }
                }
            }
        }
    }

    private static List<Path> files(Path root, int depth, Predicate<Path> wanted) {
        List<Path> found = new ArrayList<>();
        try (Stream<Path> all = Files.walk(root, depth, FileVisitOption.FOLLOW_LINKS)) {
            for (Path p : (Iterable<Path>) all.filter(Files::isRegularFile).filter(wanted)::iterator) {
                found.add(p);
            }
        } catch (IOException e) {
            throw unreadable(root, e);
        } catch (UncheckedIOException e) {
            throw unreadable(root, e.getCause());
        }
        return found.stream().sorted().toList();
    }

    private static String relative(Path root, Path p) {
        return root.relativize(p).toString().replace(p.getFileSystem().getSeparator(), "/");
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
