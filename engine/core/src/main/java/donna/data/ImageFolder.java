package donna.data;

import donna.tensor.DonnaException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * Reads labelled JPEG or PNG files, from a folder or straight from a tar or tar.gz file: {@code train/CLASS/NAME.jpg} and {@code test/CLASS/NAME.jpg}
 * ({@code val} where there is no {@code test}), and the other layouts that {@link ImageLayout} knows. Classes are taken over all splits. Images are in a mixed order that depends on their paths only, so that any slice holds all
 * classes. Decoding runs on its own threads and does not change the result.
 */
public final class ImageFolder {
    /** Share of images that may be broken: they are named and left out; more is an error. */
    private static final double MAX_BROKEN = 0.01;

    private static final int NAMED = 5;

    /** Changes with whatever of this program changes decoded images. */
    private static final String FORM = "2";

    /** What images for the final numbers are called, the usual name first. */
    private static final List<String> HELD_BACK = List.of("test", "val", "validation", "valid");

    private ImageFolder() {}

    /**
     * How images are brought into one size and where they are kept.
     *
     * @param size side of the square that images are cut to, in pixels; 0 takes them as they are, which
     *     must then be of one size
     * @param resize length to which the shorter side is scaled before, not below {@code size}
     * @param threads that decode
     * @param cache folder for decoded images, mapped into memory; empty keeps them on the heap, at most 2 GiB
     */
    public record Options(int size, int resize, int threads, Optional<Path> cache) {
        public Options {
            if (size < 0 || resize < size || resize > 8192 || threads < 1 || threads > 1024) {
                throw new DonnaException.InvalidInput("image folder: size " + size + ", resize " + resize + " and " + threads
                        + " threads; expected a size from 0, a resize from the size to 8192, and 1 to 1024 threads");
            }
        }
    }

    /**
     * Opens one part; the caller closes it.
     *
     * @param source a folder or a tar file
     * @param log receives a line when images are decoded, and one that names broken images
     * @throws DonnaException.InvalidInput if there are no images, they differ in size, more than 1 % is broken, or
     *     the cache cannot be written
     * @throws DonnaException.Unavailable if no decoder is there
     */
    public static Dataset open(String name, Path source, Split split, Options options, Consumer<String> log) {
        ImageSource files = ImageSource.of(source);
        Optional<Path> cached =
                options.cache().map(folder -> folder.resolve(key(source, files, split, options) + ".images"));
        Optional<Dataset> known = cached.flatMap(file -> ImageCache.open(name, file));
        if (known.isPresent()) {
            return known.get();
        }
        ImageSource.Listing listing = files.list();
        List<ImageSource.Entry> all = listing.entries();
        List<String> classes = listing.classes();
        Map<String, Integer> labelOf = new HashMap<>();
        classes.forEach(c -> labelOf.put(c, labelOf.size()));
        String word = wordOf(split, all);
        List<ImageSource.Entry> wanted = mixed(all.stream()
                .filter(e -> e.split().equals(word))
                .sorted(Comparator.comparing(ImageSource.Entry::path))
                .toList());
        check(source, word, wanted);
        log.accept("decoding " + wanted.size() + " images of " + source + " (" + word + ") on " + options.threads()
                + " threads with " + ImageDecoder.choice(wanted.getFirst().ending()));
        try (ImageDecoding decoding = new ImageDecoding(source, wanted, options, cached)) {
            decoding.run(files);
            TreeMap<Integer, String> broken = decoding.broken();
            report(source, wanted, broken, log);
            int[] labels = new int[wanted.size() - broken.size()];
            int kept = 0;
            for (int i = 0; i < wanted.size(); i++) {
                if (!broken.containsKey(i)) {
                    labels[kept++] = labelOf.get(wanted.get(i).className());
                }
            }
            ImageCache.Content content = new ImageCache.Content(decoding.height(), decoding.width(), labels, classes);
            decoding.dropBroken();
            if (cached.isPresent()) {
                decoding.finish(content);
                return ImageCache.open(name, cached.get())
                        .orElseThrow(() -> new DonnaException.InvalidInput(
                                cached.get() + ": was changed while it was written; choose another cache folder"));
            }
            long bytes = 3L * labels.length * content.height() * content.width();
            MemorySegment pixels = decoding.pixels().asSlice(0, bytes);
            return new MemoryDataset(name, 3, content.height(), content.width(), classes, labels, pixels, () -> {});
        }
    }

    /**
     * Whether images of exactly these classes lie at {@code source}, a folder or a tar file.
     *
     * @throws DonnaException.InvalidInput if a tar file is damaged
     */
    public static boolean isAt(Path source, List<String> classes) {
        if (!Files.exists(source)) {
            return false;
        }
        Set<String> found = ImageSource.of(source).list().entries().stream()
                .map(ImageSource.Entry::className)
                .collect(Collectors.toSet());
        return found.equals(Set.copyOf(classes));
    }

    private static List<ImageSource.Entry> mixed(List<ImageSource.Entry> sorted) {
        return Arrays.stream(EpochOrder.permutation(sorted.size(), 0, 0))
                .mapToObj(sorted::get)
                .toList();
    }

    private static String wordOf(Split split, List<ImageSource.Entry> all) {
        Set<String> words = all.stream().map(ImageSource.Entry::split).collect(Collectors.toSet());
        return split == Split.TRAIN ? split.word() : HELD_BACK.stream().filter(words::contains).findFirst().orElse(split.word());
    }

    private static void check(Path source, String word, List<ImageSource.Entry> wanted) {
        if (wanted.isEmpty()) {
            throw new DonnaException.InvalidInput(source + ": holds no image " + word + "/CLASS/NAME.jpg or .png");
        }
        Set<String> seen = new HashSet<>();
        for (ImageSource.Entry e : wanted) {
            if (!seen.add(e.path())) {
                throw new DonnaException.InvalidInput(source + ": holds '" + e.path() + "' twice");
            }
        }
    }

    private static void report(
            Path source, List<ImageSource.Entry> wanted, TreeMap<Integer, String> broken, Consumer<String> log) {
        if (broken.isEmpty()) {
            return;
        }
        String named = broken.entrySet().stream()
                .limit(NAMED)
                .map(e -> wanted.get(e.getKey()).path() + " (" + e.getValue() + ")")
                .collect(Collectors.joining(", "));
        String message = source + ": " + broken.size() + " of " + wanted.size() + " images are broken: " + named
                + (broken.size() > NAMED ? ", ..." : "");
        if (broken.size() > wanted.size() * MAX_BROKEN) {
            throw new DonnaException.InvalidInput(message + "; at most 1 % may be, repair or remove them");
        }
        log.accept(message + "; left out");
    }

    /** A name that changes with whatever changes the result. */
    private static String key(Path source, ImageSource files, Split split, Options options) {
        try {
            MessageDigest sha = MessageDigest.getInstance("SHA-256");
            String decoders = ImageDecoder.all().stream()
                    .map(ImageDecoder::name)
                    .sorted()
                    .toList()
                    .toString();
            String all = String.join(
                    "\n",
                    FORM,
                    source.toAbsolutePath().toString(),
                    split.word(),
                    options.size() + " of " + options.resize(),
                    decoders,
                    files.fingerprint());
            return HexFormat.of().formatHex(sha.digest(all.getBytes(StandardCharsets.UTF_8)), 0, 16);
        } catch (NoSuchAlgorithmException e) {
            throw new DonnaException.Unavailable("this Java has no SHA-256; use a complete JDK 25", e);
        }
    }
}
