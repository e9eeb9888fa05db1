package donna.fetch;

import donna.data.CifarBinary;
import donna.data.Dataset;
import donna.data.IdxDataset;
import donna.data.ImageFolder;
import donna.data.Split;
import donna.tensor.DonnaException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Opens a data set by what a spec says of it. */
public final class Datasets {
    private static final String IMAGES = "image-folder";
    private static final Set<String> IDX = Stream.of("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
            .flatMap(f -> Stream.of(f, f + ".gz"))
            .collect(Collectors.toUnmodifiableSet());
    private static final Set<String> CIFAR = Stream.concat(
                    IntStream.rangeClosed(1, 100).mapToObj(k -> "data_batch_" + k + ".bin"),
                    Stream.of("test_batch.bin", "batches.meta.txt", "train.bin", "test.bin", "fine_label_names.txt"))
            .collect(Collectors.toUnmodifiableSet());

    private Datasets() {}

    /**
     * Opens one part of a data set; the caller closes it.
     *
     * @param name a {@link KnownDataset}'s name, or the kind of what lies at {@code path}: {@code idx} (four files
     *     named as MNIST's),
     *     {@code cifar-binary}, or {@code image-folder}; each a folder or a tar file, image folders also a folder of tar shards
     * @param path for a kind: where it lies; for a name: a folder, tar file or address to take it from (also an
     *     image folder of it), else it is fetched
     * @param imageSize side to which the images of an image folder are brought, in pixels; 0 leaves them as they are
     * @param resize length to which the shorter side is scaled before the centre square is cut out, not below {@code imageSize}
     * @param cache keeps what is fetched or decoded; {@link DatasetFetcher#userCache} unless there is a reason
     * @param log receives a line for each step
     * @throws DonnaException.InvalidInput if name, path or a file is not usable
     * @throws DonnaException.Unavailable if it could not be fetched
     */
    public static Dataset open(
            String name, Optional<String> path, Split split, int imageSize, int resize, Path cache, Consumer<String> log) {
        String title = name + " " + split.word();
        return switch (name) {
            case "idx" -> idx(title, folder(place(name, path), IDX, cache), split, List.of());
            case "cifar-binary" -> CifarBinary.open(title, folder(place(name, path), CIFAR, cache), split, List.of());
            case IMAGES -> images(title, place(name, path), split, imageSize, resize, cache, log);
            default -> known(KnownDataset.of(name), path, split, imageSize, resize, cache, log);
        };
    }

    /**
     * The kind of what lies at {@code path}, a folder or an archive, as {@link #open} takes it: told by the names of its files.
     *
     * @throws DonnaException.InvalidInput if nothing is there
     */
    public static String kindOf(Path path) {
        if (Files.isDirectory(path)) {
            boolean idx = IDX.stream().anyMatch(f -> Files.isRegularFile(path.resolve(f)));
            return idx ? "idx" : CifarBinary.isIn(path) ? "cifar-binary" : IMAGES;
        }
        place(IMAGES, Optional.of(path.toString()));
        return Unpacked.holds(path, IDX) ? "idx" : Unpacked.holds(path, Set.of("data_batch_1.bin", "train.bin")) ? "cifar-binary" : IMAGES;
    }

    /** The folder itself, or what is taken out of an archive. */
    private static Path folder(Path path, Set<String> names, Path cache) {
        return Files.isDirectory(path) ? path : Unpacked.folder(path, names, cache);
    }

    private static Dataset known(
            KnownDataset dataset, Optional<String> path, Split split, int imageSize, int resize, Path cache, Consumer<String> log) {
        DatasetFetcher fetcher = new DatasetFetcher(cache, log);
        String title = dataset.name() + " " + split.word();
        Optional<Path> local = path.filter(p -> !p.contains("://")).map(Path::of);
        if (local.isPresent() && ImageFolder.isAt(local.get(), dataset.classes())) {
            return images(title, local.get(), split, imageSize, resize, cache, log);
        }
        Path folder = local.filter(p -> Files.isDirectory(p) && fetcher.isComplete(dataset, p))
                .orElseGet(() -> fetcher.fetch(dataset.name(), path));
        return CifarBinary.isIn(folder)
                ? CifarBinary.open(title, folder, split, dataset.classes())
                : idx(title, folder, split, dataset.classes());
    }

    private static Dataset images(
            String title, Path path, Split split, int imageSize, int resize, Path cache, Consumer<String> log) {
        int threads = Runtime.getRuntime().availableProcessors();
        Optional<Path> decoded = Optional.of(cache.resolve("decoded"));
        return ImageFolder.open(title, path, split, new ImageFolder.Options(imageSize, resize, threads, decoded), log);
    }

    private static Dataset idx(String title, Path folder, Split split, List<String> classes) {
        String prefix = split == Split.TRAIN ? "train" : "t10k";
        return IdxDataset.open(
                title,
                file(folder, prefix + "-images-idx3-ubyte"),
                file(folder, prefix + "-labels-idx1-ubyte"),
                classes);
    }

    private static Path file(Path folder, String name) {
        Path compressed = folder.resolve(name + ".gz");
        return Files.isRegularFile(compressed) ? compressed : folder.resolve(name);
    }

    private static Path place(String kind, Optional<String> path) {
        return path.map(Path::of)
                .filter(Files::exists)
                .orElseThrow(() -> new DonnaException.InvalidInput(
                        "a data set of kind '" + kind + "' needs the path where it lies, got " + path.orElse("none")));
    }
}
