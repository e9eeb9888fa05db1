package donna.fetch;

import donna.data.CifarBinary;
import donna.data.Dataset;
import donna.data.IdxDataset;
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
     * @param name a {@link KnownDataset}'s name, or the kind of what lies at {@code path}: {@code idx} (four files named as MNIST's) or
     *     {@code cifar-binary}
     * @param path for a kind: where it lies; for a name: a folder, tar file or address to take it from, else it is fetched
     * @param cache keeps what is fetched; {@link DatasetFetcher#userCache} unless there is a reason
     * @param log receives a line for each step
     * @throws DonnaException.InvalidInput if name, path or a file is not usable
     * @throws DonnaException.Unavailable if it could not be fetched
     */
    public static Dataset open(String name, Optional<String> path, Split split, Path cache, Consumer<String> log) {
        String title = name + " " + split.word();
        return switch (name) {
            case "idx" -> idx(title, folder(name, path), split, List.of());
            case "cifar-binary" -> CifarBinary.open(title, folder(name, path), split);
            default -> known(KnownDataset.of(name), title, path, split, new DatasetFetcher(cache, log));
        };
    }

    private static Dataset known(
            KnownDataset dataset, String title, Optional<String> path, Split split, DatasetFetcher fetcher) {
        Optional<Path> inPlace = path.filter(p -> !p.contains("://"))
                .map(Path::of)
                .filter(p -> Files.isDirectory(p) && fetcher.isComplete(dataset, p));
        Path folder = inPlace.orElseGet(() -> fetcher.fetch(dataset, path));
        return CifarBinary.isIn(folder)
                ? CifarBinary.open(title, folder, split)
                : idx(title, folder, split, dataset.classes());
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

    private static Path folder(String kind, Optional<String> path) {
        return path.map(Path::of)
                .filter(Files::isDirectory)
                .orElseThrow(() -> new DonnaException.InvalidInput("a data set of kind '" + kind + "' needs the folder that holds it, got "
                        + path.orElse("no path")));
    }
}
