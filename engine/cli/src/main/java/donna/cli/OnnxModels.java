package donna.cli;

import donna.backend.Device;
import donna.backend.Stream;
import donna.cost.LatencyMeter;
import donna.cost.LatencyMeter.Subject;
import donna.data.Normalization;
import donna.export.ModelCard;
import donna.nn.Network;
import donna.onnx.ImportedModel;
import donna.spec.Json;
import donna.tensor.DonnaException;
import donna.tensor.Shape;
import donna.train.Inference;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Models that the user brings as ONNX files. */
final class OnnxModels {
    private static final double SECONDS_EACH = 0.5;

    private OnnxModels() {}

    static boolean isNamed(Path file) {
        return file.toString().toLowerCase(Locale.ROOT).endsWith(".onnx");
    }

    /**
     * How the model's images are normalised: what the user says, else what the file says of itself.
     *
     * @throws DonnaException.InvalidInput if neither does, or the numbers do not fit the model's channels
     */
    static Normalization normalization(ImportedModel model, String file, List<Float> mean, List<Float> std) {
        int channels = model.image().dim(0);
        if (mean.isEmpty() && std.isEmpty()) {
            return ModelCard.of(file, model.metadata(), model.image())
                    .map(ModelCard::normalization)
                    .orElseThrow(() -> new DonnaException.InvalidInput(
                            file + " does not say how its images are normalised; give --mean and --std, " + channels + " numbers each"));
        }
        if (mean.size() != channels || std.size() != channels) {
            throw new DonnaException.InvalidInput(
                    "--mean has " + mean.size() + " numbers and --std " + std.size() + "; " + file + " has " + channels + " channels");
        }
        return new Normalization(floats(mean), floats(std));
    }

    private static float[] floats(List<Float> values) {
        float[] out = new float[values.size()];
        for (int i = 0; i < out.length; i++) {
            out[i] = values.get(i);
        }
        return out;
    }

    /** Measures the model and the parts into which it is cut by itself, on one thread, for a single image. */
    static void measure(Console console, DeviceOptions options, Path file, boolean json) {
        ImportedModel model = ImportedModel.read(file);
        Network network = model.network(model.automaticCuts());
        List<String> names = new ArrayList<>(List.of("model"));
        List<Subject> subjects = new ArrayList<>(List.of(Subject.network(network, model.image())));
        if (!model.automaticCuts().isEmpty()) {
            List<Shape> boundaries = Inference.boundaryShapes(network, model.image());
            names.add("stem");
            subjects.add(new Subject(network.stem(), model.image()));
            for (int n = 0; n < network.blocks().size(); n++) {
                names.add("block " + n);
                subjects.add(new Subject(network.blocks().get(n), boundaries.get(n)));
            }
            names.add("head");
            subjects.add(new Subject(network.head(), boundaries.getLast()));
        }
        double[] ms;
        try (Device device = options.open(console);
                Stream stream = device.openStream()) {
            ms = new LatencyMeter(device, 1).measureMs(stream, subjects, SECONDS_EACH, () -> {});
        }
        Map<String, Double> byName = new LinkedHashMap<>();
        for (int i = 0; i < ms.length; i++) {
            byName.put(names.get(i), ms[i]);
        }
        if (json) {
            console.print(Json.text(byName).stripTrailing());
        } else {
            byName.forEach((name, value) -> console.print("%-10s %9.3f ms".formatted(name, value)));
        }
    }
}
