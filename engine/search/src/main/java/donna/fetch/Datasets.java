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
import java.util.function.Consumer;

/** Opens a data set by what a spec says of it. */
public final class Datasets {
    private Datasets() {}

    /**
     * Opens one part of a data set; the caller closes it.
     *
     * @param name a {@link KnownDataset}'s name, or the kind of what lies at {@code path}: {@code idx} (four files
     *     named as MNIST's),
     *     {@code cifar-binary}, or {@code image-folder} (a folder or tar file)
     * @param path for a kind: where it lies; for a name: a folder, tar file or address to take it from (also an
     *     image folder of it), else it is fetched
     * @param imageSize side to which the images of an image folder are brought, in pixels; 0 leaves them as they are
     * @param cache keeps what is fetched or decoded; {@link DatasetFetcher#userCache} unless there is a reason
     * @param log receives a line for each step
     * @throws DonnaException.InvalidInput if name, path or a file is not usable
     * @throws DonnaException.Unavailable if it could not be fetched
     */
    public static Dataset open(
            String name, Optional<String> path, Split split, int imageSize, Path cache, Consumer<String> log) {
        String title = name + " " + split.word();
        return switch (name) {
            case "idx" -> idx(title, place(name, path), split, List.of());
            case "cifar-binary" -> CifarBinary.open(title, place(name, path), split, List.of());
            case "image-folder" -> images(title, place(name, path), split, imageSize, cache, log);
            default -> known(KnownDataset.of(name), path, split, imageSize, cache, log);
        };
    }

    private static Dataset known(
            KnownDataset dataset, Optional<String> path, Split split, int imageSize, Path cache, Consumer<String> log) {
        DatasetFetcher fetcher = new DatasetFetcher(cache, log);
        String title = dataset.name() + " " + split.word();
        Optional<Path> local = path.filter(p -> !p.contains("://")).map(Path::of);
        if (local.isPresent() && ImageFolder.isAt(local.get(), dataset.classes())) {
            return images(title, local.get(), split, imageSize, cache, log);
        }
        Path folder = local.filter(p -> Files.isDirectory(p) && fetcher.isComplete(dataset, p))
                .orElseGet(() -> fetcher.fetch(dataset.name(), path));
        return CifarBinary.isIn(folder)
                ? CifarBinary.open(title, folder, split, dataset.classes())
                : idx(title, folder, split, dataset.classes());
    }

    private static Dataset images(
            String title, Path path, Split split, int imageSize, Path cache, Consumer<String> log) {
        int threads = Runtime.getRuntime().availableProcessors();
        Optional<Path> decoded = Optional.of(cache.resolve("decoded"));
        return ImageFolder.open(title, path, split, new ImageFolder.Options(imageSize, threads, decoded), log);
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
