package donna.cli;

import donna.backend.Device;
import donna.distill.Images;
import donna.run.ImageSource;
import donna.spec.Json;
import donna.spec.SearchSpec;
import donna.train.Accuracy;
import donna.train.Evaluation;
import donna.train.Workers;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code donna evaluate}: accuracy of a run's models on its test images. */
@Command(name = "evaluate", description = "Measure the accuracy of a run's models on the test images.", mixinStandardHelpOptions = true)
final class EvaluateCommand implements Callable<Integer> {
    private final Console console;

    @Parameters(index = "0", paramLabel = "RUN", description = "A run folder.")
    private Path run;

    @Parameters(index = "1..*", paramLabel = "MODEL", description = "'teacher' or an architecture (default: every model the run has).")
    private List<String> names = List.of();

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Mixin
    private DeviceOptions deviceOptions;

    EvaluateCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        SearchSpec spec = ResumeCommand.spec(run);
        List<TrainedModel> models = (names.isEmpty() ? TrainedModel.names(run, spec) : names)
                .stream().map(name -> TrainedModel.read(run, spec, name)).toList();
        Images images = ImageSource.open(spec, console::note);
        Accuracy[] accuracies = new Accuracy[models.size()];
        try (Device device = deviceOptions.open(console);
                Workers workers = new Workers(device, deviceOptions.threads(device))) {
            workers.forEach(models.size(), (i, stream) -> accuracies[i] = Evaluation.accuracy(
                    device, stream, models.get(i).network(), models.get(i).values(), images.test(), images.normalization(), () -> {}));
        }
        Map<String, Accuracy> byName = new LinkedHashMap<>();
        for (int i = 0; i < accuracies.length; i++) {
            byName.put(models.get(i).name(), accuracies[i]);
        }
        if (json) {
            console.print(Json.text(byName).stripTrailing());
        } else {
            byName.forEach((name, a) -> console.print("%-60s top-1 %.2f %%  top-5 %.2f %%".formatted(name, 100 * a.top1(), 100 * a.top5())));
        }
        return 0;
    }
}
