package donna.run;

import donna.data.Dataset;
import donna.data.Split;
import donna.fetch.DatasetFetcher;
import donna.fetch.Datasets;
import donna.spec.DatasetSpec;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Images named on the command line.
 *
 * @param path where they lie; empty for a known data set
 * @param size number of training images
 */
record GivenData(DatasetSpec.Kind kind, Optional<String> path, int size) {
    /**
     * @param data name of a known data set, or where images lie
     * @param side of the model's images
     * @param resize length to which the shorter side is scaled before
     * @param log receives a line for each step
     * @throws donna.tensor.DonnaException.InvalidInput if the data cannot be used
     */
    static GivenData of(String data, int side, int resize, Consumer<String> log) {
        Optional<DatasetSpec.Kind> named = Arrays.stream(DatasetSpec.Kind.values()).filter(k -> k.isNamed() && k.word().equals(data)).findFirst();
        DatasetSpec.Kind kind = named.orElseGet(() -> Arrays.stream(DatasetSpec.Kind.values())
                .filter(k -> k.word().equals(Datasets.kindOf(Path.of(data))))
                .findFirst()
                .orElseThrow());
        Optional<String> path = named.isPresent() ? Optional.empty() : Optional.of(data);
        try (Dataset train = Datasets.open(kind.word(), path, Split.TRAIN, side, resize, DatasetFetcher.userCache(), log)) {
            return new GivenData(kind, path, train.size());
        }
    }

    /** How many images are best held out of training: a sixth, at most {@code most}. */
    int held(int most) {
        return Math.min(most, Math.max(1, size / 6));
    }
}
