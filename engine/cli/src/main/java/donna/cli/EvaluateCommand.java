package donna.cli;

import donna.backend.Devices;
import donna.data.Dataset;
import donna.data.Normalization;
import donna.data.Split;
import donna.distill.Images;
import donna.fetch.DatasetFetcher;
import donna.fetch.Datasets;
import donna.format.WeightsFile;
import donna.model.ReferenceModel;
import donna.nn.Network;
import donna.onnx.ImportedModel;
import donna.run.ImageSource;
import donna.spec.Json;
import donna.spec.SearchSpec;
import donna.tensor.DonnaException;
import donna.tensor.Shape;
import donna.train.Accuracy;
import donna.train.Batches;
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

/** {@code donna evaluate}: accuracy on test images, of a run's models, of a reference model with weights from a file, or of an ONNX file. */
@Command(
        name = "evaluate",
        description = "Measure accuracy on test images: of a run's models on its own, of a reference model (--weights) or an ONNX file on others (--data).",
        mixinStandardHelpOptions = true)
final class EvaluateCommand implements Callable<Integer> {
    /** Images of one task. */
    private static final int PART = 1000;

    private final Console console;

    @Parameters(index = "0", paramLabel = "RUN|MODEL", description = "A run folder; an ONNX file; with --weights the name of a reference model.")
    private String target;

    @Parameters(index = "1..*", paramLabel = "MODEL", description = "'teacher' or an architecture of the run (default: every model it has).")
    private List<String> names = List.of();

    @Option(
            names = "--data",
            paramLabel = "PATH",
            description = "Images for --weights or an ONNX file: test/CLASS/NAME.jpg in a folder or tar file; classes in the order of their names.")
    private Optional<Path> data = Optional.empty();

    @Option(names = "--cache", paramLabel = "FOLDER", description = "Keeps decoded images of --data (default: the user's cache).")
    private Optional<Path> cache = Optional.empty();

    @Option(names = "--mean", split = ",", paramLabel = "X", description = "What an ONNX file that does not say it expects: mean of each channel, pixels from 0 to 1.")
    private List<Float> mean = List.of();

    @Option(names = "--std", split = ",", paramLabel = "X", description = "Its standard deviation of each channel.")
    private List<Float> std = List.of();

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
        boolean onnx = OnnxModels.isNamed(Path.of(target));
        boolean model = onnx || modelOptions.weights().isPresent();
        if (model != data.isPresent() || model && !names.isEmpty() || onnx && modelOptions.weights().isPresent()) {
            throw new ParameterException(
                    command.commandLine(),
                    "a reference model takes --weights and --data together and no other names, an ONNX file takes --data alone, a run neither");
        }
        try (Devices devices = deviceOptions.openAll(console);
                Workers workers = new Workers(devices.all(), deviceOptions.threads(devices.first()))) {
            print(model ? classifier(workers, onnx ? imported() : reference(), data.orElseThrow()) : run(workers));
        }
        return 0;
    }

    private Map<String, Accuracy> run(Workers workers) {
        Path run = Path.of(target);
        SearchSpec spec = ResumeCommand.spec(run);
        List<TrainedModel> models = (names.isEmpty() ? TrainedModel.names(run, spec) : names)
                .stream().map(name -> TrainedModel.read(run, spec, name)).toList();
        Images images = ImageSource.open(spec, console::note);
        Accuracy[] accuracies = new Accuracy[models.size()];
        workers.forEach(models.size(), (i, stream) -> accuracies[i] = Evaluation.accuracy(
                stream.device(), stream, models.get(i).network(), models.get(i).values(), images.test(), images.normalization(), () -> {}));
        Map<String, Accuracy> byName = new LinkedHashMap<>();
        for (int i = 0; i < accuracies.length; i++) {
            byName.put(models.get(i).name(), accuracies[i]);
        }
        return byName;
    }

    /** A network with what its images must be like. */
    private record Classifier(Network network, Map<String, float[]> values, Shape image, int classes, Normalization normalization) {}

    private Classifier reference() {
        ReferenceModel m = modelOptions.form().model(target);
        Map<String, float[]> values = WeightsFile.read(modelOptions.weights().orElseThrow(), m.parameters());
        return new Classifier(m.network(), values, m.image(), m.classes(), m.normalization().orElseThrow());
    }

    private Classifier imported() {
        ImportedModel m = ImportedModel.read(Path.of(target));
        return new Classifier(m.network(), m.values(), m.image(), m.classes(), OnnxModels.normalization(m, target, mean, std));
    }

    /** A part of the images is one task, so that all threads have work. */
    private Map<String, Accuracy> classifier(Workers workers, Classifier c, Path images) {
        Path kept = cache.orElseGet(DatasetFetcher::userCache);
        int side = c.image().dim(1);
        int resize = modelOptions.resize().orElse(side);
        try (Dataset test = Datasets.open(
                Datasets.kindOf(images), Optional.of(images.toString()), Split.TEST, side, resize, kept, console::note)) {
            if (!Batches.imageShape(test).equals(c.image())) {
                throw new DonnaException.InvalidInput(images + " has images " + Batches.imageShape(test) + ", " + target + " takes " + c.image());
            }
            if (test.classes().size() > c.classes()) {
                throw new DonnaException.InvalidInput(images + " has " + test.classes().size() + " classes, " + target + " tells " + c.classes()
                        + " apart; give a model for them (a reference model: --classes and weights)");
            }
            Accuracy[] parts = new Accuracy[(test.size() + PART - 1) / PART];
            workers.forEach(parts.length, (i, stream) -> parts[i] = Evaluation.accuracy(
                    stream.device(),
                    stream,
                    c.network(),
                    c.values(),
                    test.slice(i * PART, Math.min(test.size(), (i + 1) * PART)),
                    c.normalization(),
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
