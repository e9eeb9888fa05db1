package donna.cli;

import donna.backend.Device;
import donna.distill.Networks;
import donna.distill.Recipes;
import donna.format.HostTensor;
import donna.format.Safetensors;
import donna.graph.Cost;
import donna.graph.Graph;
import donna.graph.Node;
import donna.graph.Op;
import donna.model.ReferenceModel;
import donna.model.ReferenceModels;
import donna.nn.Network;
import donna.onnx.ImportedModel;
import donna.space.Candidate;
import donna.space.SearchSpace;
import donna.spec.Json;
import donna.spec.SearchSpec;
import donna.tensor.Shape;
import donna.train.Inference;
import donna.train.Optimizer;
import donna.train.Recipe;
import donna.train.Schedule;
import java.nio.file.Path;
import java.util.ArrayList;
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

/** {@code donna describe}: what a spec or a model file holds, or what a reference model is made of. */
@Command(
        name = "describe",
        description = "Show layers, shapes, MACs and parameters of a spec's network, a reference model or an ONNX file, or the tensors of a safetensors file.",
        mixinStandardHelpOptions = true)
final class DescribeCommand implements Callable<Integer> {
    private static final String ROW = "%-34s %-22s %-18s %13s %11s";

    private final Console console;

    @Parameters(paramLabel = "FILE|MODEL", description = "A spec (YAML, JSON), a model (ONNX, safetensors), or the name of a reference model.")
    private Path file;

    @Option(
            names = "--architecture",
            paramLabel = "CHOICES",
            description = "An architecture of the space, such as 7-11-11-17 (default: the teacher).")
    private Optional<String> architecture = Optional.empty();

    @Option(names = "--plan", description = "Show what the device would run for each layer instead.")
    private boolean plan;

    @Option(names = "--training", description = "Show the plan of a training step, as the teacher trains, instead.")
    private boolean training;

    @Option(names = "--batch", paramLabel = "N", defaultValue = "1", description = "Images in a batch of --plan and --training (default: ${DEFAULT-VALUE}).")
    private int batch = 1;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Mixin
    private SpecOptions specOptions;

    @Mixin
    private FormOptions formOptions;

    @Mixin
    private DeviceOptions deviceOptions;

    @Spec
    private CommandSpec command;

    DescribeCommand(Console console) {
        this.console = console;
    }

    /** One row: a layer's op with what comes out of it and what it costs for one image. */
    private record Layer(String name, String op, Shape shape, long macs, long params) {
        Map<String, Object> json() {
            Map<String, Object> out = new LinkedHashMap<>();
            out.put("name", name);
            out.put("op", op);
            out.put("shape", shape.dims());
            out.put("macs", macs);
            out.put("params", params);
            return out;
        }
    }

    @Override
    public Integer call() {
        boolean named = ReferenceModels.names().contains(file.toString());
        if (named ? architecture.isPresent() : !formOptions.entries().isEmpty()) {
            throw new ParameterException(command.commandLine(), named
                    ? "--architecture is for specs; " + file + " is a reference model"
                    : "the options " + formOptions.entries().keySet() + " are for reference models; " + file + " says its own");
        }
        if (file.getFileName().toString().endsWith(".safetensors")) {
            model(Safetensors.read(file));
            return 0;
        }
        if (OnnxModels.isNamed(file)) {
            imported(ImportedModel.read(file));
            return 0;
        }
        if (named) {
            reference(formOptions.model(file.toString()));
            return 0;
        }
        SearchSpec spec = specOptions.read(file);
        SearchSpace space = SearchSpace.of(spec);
        Network network = architecture
                .map(a -> Networks.of(spec, space, space.parse(a)))
                .orElseGet(() -> Networks.teacher(spec, space));
        Shape image = Shape.of(spec.model().input().stream().mapToInt(Integer::intValue).toArray());
        if (plan) {
            plan(network, image);
            return 0;
        }
        if (training) {
            training(network, image, Recipes.of(spec.teacher().train()));
            return 0;
        }
        Map<String, Object> about = new LinkedHashMap<>();
        about.put("architectures", space.size());
        about.put("candidates", space.candidateCount());
        layers(about, Inference.graph(network, image, 1));
        if (!json) {
            space(space);
        }
        return 0;
    }

    private void reference(ReferenceModel model) {
        if (plan) {
            plan(model.network(), model.image());
            return;
        }
        if (training) {
            training(model.network(), model.image(), Recipe.of(Optimizer.AdamW.standard(0.01f), new Schedule(0.001, 0, new Schedule.Constant())));
            return;
        }
        Map<String, Object> about = new LinkedHashMap<>();
        about.put("input", model.image().dims());
        about.put("classes", model.classes());
        about.put("units", model.unitNames());
        about.put("cuts", model.automaticCuts());
        layers(about, Inference.graph(model.network(), model.image(), 1));
        if (!json) {
            console.print("");
            console.print("%s to %d classes; %d units from %s to %s; blocks begin by themselves at %s".formatted(
                    model.image(), model.classes(), model.units().size(), model.unitNames().getFirst(), model.unitNames().getLast(),
                    String.join(", ", model.automaticCuts())));
        }
    }

    private void training(Network network, Shape image, Recipe recipe) {
        try (Device device = deviceOptions.open(console)) {
            console.print(TrainingPlan.describe(device, network, image, batch, recipe).stripTrailing());
        }
    }

    private void plan(Network network, Shape image) {
        try (Device device = deviceOptions.open(console);
                Inference inference = new Inference(device, network, Map.of(), image, batch, false)) {
            console.print(inference.describe().stripTrailing());
        }
    }

    private void imported(ImportedModel model) {
        if (plan) {
            plan(model.network(), model.image());
            return;
        }
        List<String> ends = model.automaticCuts();
        Map<String, Object> about = new LinkedHashMap<>();
        about.put("opset", model.opset());
        about.put("input", model.image().dims());
        about.put("classes", model.classes());
        about.put("metadata", model.metadata());
        about.put("cuts", model.boundaries().stream()
                .map(b -> Map.of("name", b.name(), "shape", b.shape().dims(), "automatic", ends.contains(b.name())))
                .toList());
        layers(about, Inference.graph(model.network(), model.image(), 1));
        if (json) {
            return;
        }
        console.print("");
        console.print("opset %d, %s to %d classes; it can be cut after %d values, by itself after"
                .formatted(model.opset(), model.image(), model.classes(), model.boundaries().size()));
        model.boundaries().stream()
                .filter(b -> ends.contains(b.name()))
                .forEach(b -> console.print("  %-50s %s".formatted(b.name(), b.shape())));
        model.metadata().forEach((key, value) -> console.print(key + ": " + value.strip().replaceAll("\\s*\n\\s*", " ")));
    }

    /** @param about goes before the layers in JSON */
    private void layers(Map<String, Object> about, Graph graph) {
        List<Layer> layers = new ArrayList<>();
        for (Node n : graph.nodes()) {
            if (!(n.op() instanceof Op.Input || n.op() instanceof Op.Variable)) {
                Cost c = Cost.of(n);
                layers.add(new Layer(n.name(), n.op().getClass().getSimpleName(), n.output(0).shape(), c.macs(), c.params()));
            }
        }
        Cost total = Cost.of(graph);
        if (json) {
            Map<String, Object> out = new LinkedHashMap<>(about);
            out.put("macs", total.macs());
            out.put("params", total.params());
            out.put("layers", layers.stream().map(Layer::json).toList());
            console.print(Json.text(out).stripTrailing());
            return;
        }
        console.print(ROW.formatted("layer", "op", "output", "MACs", "parameters"));
        for (Layer l : layers) {
            console.print(ROW.formatted(l.name(), l.op(), l.shape(), grouped(l.macs()), grouped(l.params())));
        }
        console.print(ROW.formatted("together", "", "", grouped(total.macs()), grouped(total.params())));
    }

    private void space(SearchSpace space) {
        console.print("");
        console.print("space: %d blocks, %s candidates, %s architectures"
                .formatted(space.blocks().size(), grouped(space.candidateCount()), "%,d".formatted(space.size())));
        boolean same = space.candidates().stream().distinct().count() == 1;
        for (int n = 0; n < (same ? 1 : space.blocks().size()); n++) {
            console.print("  %-8s %s".formatted(
                    same ? "each" : space.blocks().get(n).name(),
                    String.join(" ", space.candidates().get(n).stream().map(Candidate::toString).toList())));
        }
    }

    private void model(Safetensors model) {
        if (json) {
            Map<String, Object> out = new LinkedHashMap<>();
            out.put("metadata", model.metadata());
            Map<String, Object> tensors = new LinkedHashMap<>();
            model.tensors().forEach((name, t) -> tensors.put(name, Map.of("dtype", t.dtype(), "shape", t.shape().dims())));
            out.put("tensors", tensors);
            console.print(Json.text(out).stripTrailing());
            return;
        }
        model.metadata().forEach((key, value) -> console.print(key + ": " + value));
        model.tensors().forEach((name, t) -> console.print("%-50s %-4s %s".formatted(name, t.dtype(), t.shape())));
        long elements = model.tensors().values().stream().map(HostTensor::shape).mapToLong(Shape::elements).sum();
        console.print(model.tensors().size() + " tensors, " + grouped(elements) + " numbers");
    }

    private static String grouped(long n) {
        return n == 0 ? "" : "%,d".formatted(n);
    }
}
