package donna.cli;

import donna.backend.Device;
import donna.data.Dataset;
import donna.data.Split;
import donna.distill.Images;
import donna.fetch.DatasetFetcher;
import donna.fetch.Datasets;
import donna.format.WeightsFile;
import donna.model.ReferenceModel;
import donna.run.ImageSource;
import donna.spec.Json;
import donna.spec.SearchSpec;
import donna.tensor.DonnaException;
import donna.train.Accuracy;
import donna.train.Evaluation;
import donna.train.Workers;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code donna evaluate}: accuracy on test images, of a run's models or of a reference model with weights from a file. */
@Command(
        name = "evaluate",
        description = "Measure accuracy on test images: of a run's models on its own, or of a reference model (--weights) on others (--data).",
        mixinStandardHelpOptions = true)
final class EvaluateCommand implements Callable<Integer> {
    /** Images of one task. */
    private static final int PART = 1000;

    private final Console console;

    @Parameters(index = "0", paramLabel = "RUN|MODEL", description = "A run folder; with --weights the name of a reference model.")
    private String target;

    @Parameters(index = "1..*", paramLabel = "MODEL", description = "'teacher' or an architecture of the run (default: every model it has).")
    private List<String> names = List.of();

    @Option(
            names = "--data",
            paramLabel = "PATH",
            description = "Images for --weights: test/CLASS/NAME.jpg in a folder or tar file; classes in the order of their names.")
    private Optional<Path> data = Optional.empty();

    @Option(names = "--cache", paramLabel = "FOLDER", description = "Keeps decoded images of --data (default: the user's cache).")
    private Optional<Path> cache = Optional.empty();

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Mixin
    private ModelOptions modelOptions;

    @Mixin
    private DeviceOptions deviceOptions;

    @Spec
    private CommandSpec command;

    EvaluateCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        if (modelOptions.weights().isPresent() != data.isPresent() || data.isPresent() && !names.isEmpty()) {
            throw new ParameterException(command.commandLine(), "a reference model takes --weights and --data together and no other names, a run neither");
        }
        try (Device device = deviceOptions.open(console);
                Workers workers = new Workers(device, deviceOptions.threads(device))) {
            print(data.isPresent() ? reference(device, workers, data.get()) : run(device, workers));
        }
        return 0;
    }

    private Map<String, Accuracy> run(Device device, Workers workers) {
        Path run = Path.of(target);
        SearchSpec spec = ResumeCommand.spec(run);
        List<TrainedModel> models = (names.isEmpty() ? TrainedModel.names(run, spec) : names)
                .stream().map(name -> TrainedModel.read(run, spec, name)).toList();
        Images images = ImageSource.open(spec, console::note);
        Accuracy[] accuracies = new Accuracy[models.size()];
        workers.forEach(models.size(), (i, stream) -> accuracies[i] = Evaluation.accuracy(
                device, stream, models.get(i).network(), models.get(i).values(), images.test(), images.normalization(), () -> {}));
        Map<String, Accuracy> byName = new LinkedHashMap<>();
        for (int i = 0; i < accuracies.length; i++) {
            byName.put(models.get(i).name(), accuracies[i]);
        }
        return byName;
    }

    /** A part of the images is one task, so that all threads have work. */
    private Map<String, Accuracy> reference(Device device, Workers workers, Path images) {
        ReferenceModel model = modelOptions.model(target);
        Map<String, float[]> values = WeightsFile.read(modelOptions.weights().orElseThrow(), model.parameters());
        Path kept = cache.orElseGet(DatasetFetcher::userCache);
        int side = model.image().dim(1);
        int resize = modelOptions.resize().orElse(side);
        try (Dataset test = Datasets.open(
                Datasets.kindOf(images), Optional.of(images.toString()), Split.TEST, side, resize, kept, console::note)) {
            if (test.classes().size() > model.classes()) {
                throw new DonnaException.InvalidInput(
                        images + " has " + test.classes().size() + " classes, " + target + " tells " + model.classes() + " apart; give --classes and weights for them");
            }
            Accuracy[] parts = new Accuracy[(test.size() + PART - 1) / PART];
            workers.forEach(parts.length, (i, stream) -> parts[i] = Evaluation.accuracy(
                    device,
                    stream,
                    model.network(),
                    values,
                    test.slice(i * PART, Math.min(test.size(), (i + 1) * PART)),
                    model.normalization(),
                    () -> {}));
            return Map.of(target, Accuracy.together(List.of(parts)));
        }
    }

    private void print(Map<String, Accuracy> byName) {
        if (json) {
            console.print(Json.text(byName).stripTrailing());
        } else {
            byName.forEach((name, a) -> console.print("%-60s top-1 %.2f %%  top-5 %.2f %%".formatted(name, 100 * a.top1(), 100 * a.top5())));
        }
    }
}
