package donna.cli;

import donna.data.Normalization;
import donna.export.OnnxExport;
import donna.format.HostTensor;
import donna.format.Safetensors;
import donna.nn.ParameterSpec;
import donna.run.RunFolder;
import donna.spec.DatasetSpec;
import donna.spec.SearchSpec;
import donna.train.Inference;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code donna export}: one model of a run as files for other programs. */
@Command(name = "export", description = "Write a model of a run as ONNX and safetensors.", mixinStandardHelpOptions = true)
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

    ExportCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        SearchSpec spec = ResumeCommand.spec(run);
        TrainedModel model = TrainedModel.read(run, spec, name);
        DatasetSpec.Normalize n = spec.dataset().normalize();
        Map<String, String> metadata = OnnxExport.describe(List.of(), new Normalization(floats(n.mean()), floats(n.std())));
        Path onnx = folder.resolve(model.name() + ".onnx");
        OnnxExport.write(
                onnx,
                Inference.graph(model.network(), model.image(), Math.max(1, batch)),
                model.values(),
                new OnnxExport.Header(model.name(), RunFolder.VERSION, batch == 0, metadata));
        console.print(onnx.toString());
        Path safetensors = folder.resolve(model.name() + ".safetensors");
        Map<String, HostTensor> tensors = new LinkedHashMap<>();
        for (ParameterSpec p : Inference.parameters(model.network(), model.image())) {
            tensors.put(p.name(), HostTensor.of(p.shape(), model.values().get(p.name())));
        }
        Safetensors.write(safetensors, tensors, Map.of("architecture", model.name(), "version", RunFolder.VERSION));
        console.print(safetensors.toString());
        return 0;
    }

    private static float[] floats(List<Double> values) {
        float[] out = new float[values.size()];
        for (int i = 0; i < out.length; i++) {
            out[i] = values.get(i).floatValue();
        }
        return out;
    }
}
