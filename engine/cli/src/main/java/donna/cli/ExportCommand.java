package donna.cli;

import donna.backend.Device;
import donna.distill.Images;
import donna.export.ModelExport;
import donna.run.ExportStage;
import donna.run.ImageSource;
import donna.spec.SearchSpec;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code donna export}: one model of a run as files for other programs. */
@Command(
        name = "export",
        description = "Write a model of a run as ONNX, checked against ONNX Runtime on random and on test images, and as safetensors.",
        mixinStandardHelpOptions = true)
final class ExportCommand implements Callable<Integer> {
    private final Console console;

    @Parameters(index = "0", paramLabel = "RUN", description = "A run folder.")
    private Path run;

    @Parameters(index = "1", paramLabel = "MODEL", description = "'teacher' or an architecture the run has finetuned.")
    private String name;

    @Option(names = "--to", paramLabel = "FOLDER", defaultValue = ".", description = "Where the files go (default: here).")
    private Path folder = Path.of(".");

    @Option(names = "--batch", paramLabel = "N", defaultValue = "0", description = "Fix the batch size; 0 leaves it open (default: ${DEFAULT-VALUE}).")
    private int batch;

    @Option(names = "--fold", description = "Fold batch norm into the convolutions: for use only, not for further training.")
    private boolean fold;

    @Mixin
    private DeviceOptions deviceOptions;

    ExportCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        SearchSpec spec = ResumeCommand.spec(run);
        TrainedModel trained = TrainedModel.read(run, spec, name);
        Images images = ImageSource.open(spec, console::note);
        ModelExport.Model model = ExportStage.model(spec, images, trained.name(), trained.network(), trained.values());
        Path onnx = folder.resolve(model.name() + ".onnx");
        try (Device device = deviceOptions.open(console, spec)) {
            ModelExport.Checked c = ModelExport.onnx(onnx, model, new ModelExport.Form(Math.max(0, batch), fold), device, images.test(), () -> {});
            console.note("checked in ONNX Runtime: logits differ by at most %.2g; top-1 of %d test images %.2f %% here, %.2f %% there"
                    .formatted(c.maxAbsDifference(), c.images(), 100 * c.top1(), 100 * c.exportedTop1()));
        }
        console.print(onnx.toString());
        Path safetensors = folder.resolve(model.name() + ".safetensors");
        ModelExport.safetensors(safetensors, model);
        console.print(safetensors.toString());
        return 0;
    }
}
