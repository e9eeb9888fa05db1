package donna.cli;

import donna.report.Summary;
import donna.run.BareModel;
import donna.run.Compress;
import donna.run.Stage;
import donna.spec.SearchSpec;
import donna.tensor.DonnaException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code donna compress}: a smaller or faster model than a given one. */
@Command(
        name = "compress",
        description = "Make a model cheaper: it is the teacher, its reduced blocks are the space; with uniformly scaled models at equal latency beside the picks.",
        mixinStandardHelpOptions = true)
final class CompressCommand implements Callable<Integer> {
    private final Console console;

    @Option(
            names = "--model",
            paramLabel = "MODEL",
            required = true,
            description = "A reference model's name (with --weights and --data), an ONNX file or an exported safetensors file (with --data);"
                    + " or a spec (its reference model), a run folder (its teacher), RUN/models/NAME: the spec then says how to train and measure.")
    private String model;

    @Option(
            names = "--data",
            paramLabel = "DATA",
            description = "A data set that 'donna data list' names, or a folder or archive of images (default: the spec's or run's own).")
    private Optional<String> data = Optional.empty();

    @Option(
            names = "--target",
            paramLabel = "COST=SHARE",
            required = true,
            description = "latency, macs, params or size, and the share of the model's own that is allowed, such as latency=60%%.")
    private String target;

    @Option(names = "--run", paramLabel = "FOLDER", description = "Keeps everything this run makes (default: runs/MODEL-TARGET).")
    private Optional<Path> run = Optional.empty();

    @Option(names = "--fresh", description = "Forget what the run folder holds and start anew.")
    private boolean fresh;

    @Option(names = "--json", description = "Print the summary as JSON.")
    private boolean json;

    @Mixin
    private SpecOptions specOptions;

    @Mixin
    private ModelOptions modelOptions;

    @Mixin
    private DeviceOptions deviceOptions;

    @Spec
    private CommandSpec command;

    CompressCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        Compress.Target wanted = Compress.Target.parse(target);
        SearchSpec spec = Compress.spec(BareModel.is(model) && !Compress.isOfRun(Path.of(model)) ? bare() : described(), wanted);
        Path folder = run.orElseGet(() -> Path.of(
                "runs",
                Path.of(model).toAbsolutePath().normalize().getFileName().toString().replaceFirst("\\.[^.]+$", "")
                        + "-" + target.replace('=', '-').replace("%", "")));
        Summary summary = new Line(console, deviceOptions, json)
                .run(spec, folder, fresh, true, Stage.REPORT, "donna resume " + folder + " --compare")
                .orElseThrow();
        if (summary.models().isEmpty()) {
            throw new DonnaException.InvalidInput("compression: no combination of reduced blocks costs at most " + target.replace('=', ' ')
                    + " of the model; the front begins at " + summary.front().getFirst() + "; raise the target or add candidates with 'donna extend'");
        }
        return 0;
    }

    private SearchSpec bare() {
        String images = data.orElseThrow(
                () -> new ParameterException(command.commandLine(), "model " + model + " comes without a spec; give --data"));
        BareModel bare = new BareModel(model, modelOptions.weights(), modelOptions.form().entries(), modelOptions.resize());
        return bare.on(images, specOptions.overrides(), console::note);
    }

    private SearchSpec described() {
        if (modelOptions.weights().isPresent() || modelOptions.resize().isPresent() || !modelOptions.form().entries().isEmpty()) {
            throw new ParameterException(
                    command.commandLine(), "--weights, --resize and the forms of a model are for reference models by name; a spec or run says its own");
        }
        Path place = Path.of(model);
        SearchSpec base = Compress.withModel(specOptions.read(Compress.specOf(place)), place);
        return data.map(d -> Compress.withData(base, d, console::note)).orElse(base);
    }
}
