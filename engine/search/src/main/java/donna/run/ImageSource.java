package donna.run;

import donna.data.Dataset;
import donna.data.Normalization;
import donna.distill.Images;
import donna.fetch.DatasetFetcher;
import donna.fetch.Datasets;
import donna.data.Split;
import donna.spec.DatasetSpec;
import donna.spec.SearchSpec;
import donna.tensor.DonnaException;
import java.util.List;
import java.util.function.Consumer;

/** The images a spec names, cut into training and validation. */
public final class ImageSource {
    private ImageSource() {}

    /**
     * Opens the images; fetches them first where the spec gives no path.
     *
     * @param log receives a line for each step
     * @throws DonnaException.InvalidInput if the data do not fit the spec
     */
    public static Images open(SearchSpec spec, Consumer<String> log) {
        DatasetSpec d = spec.dataset();
        List<Integer> input = spec.model().input();
        Dataset train = Datasets.open(d.name().word(), d.path(), Split.TRAIN, input.get(1), d.resize(), DatasetFetcher.userCache(), log);
        Dataset test = Datasets.open(d.name().word(), d.path(), Split.TEST, input.get(1), d.resize(), DatasetFetcher.userCache(), log);
        List<Integer> found = List.of(train.channels(), train.height(), train.width());
        if (!input.equals(found)) {
            throw new DonnaException.InvalidInput(
                    "dataset " + d.name().word() + " has images " + found + ", model.input is " + input + "; make them equal");
        }
        if (d.train() + d.validation() > train.size()) {
            throw new DonnaException.InvalidInput("dataset " + d.name().word() + ": train " + d.train() + " and validation "
                    + d.validation() + " are more than its " + train.size() + " training images; lower one of them");
        }
        if (train.classes().size() > spec.model().classes()) {
            throw new DonnaException.InvalidInput("dataset " + d.name().word() + " has " + train.classes().size()
                    + " classes, the model has " + spec.model().classes() + "; give it as many");
        }
        return new Images(
                train.slice(0, d.train()),
                train.slice(train.size() - d.validation(), train.size()),
                test,
                new Normalization(floats(d.normalize().mean()), floats(d.normalize().std())));
    }

    private static float[] floats(List<Double> values) {
        float[] out = new float[values.size()];
        for (int i = 0; i < out.length; i++) {
            out[i] = values.get(i).floatValue();
        }
        return out;
    }
}
