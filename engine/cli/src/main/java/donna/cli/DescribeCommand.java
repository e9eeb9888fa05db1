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
import donna.nn.Network;
import donna.nn.ParameterSpec;
import donna.space.Candidate;
import donna.space.SearchSpace;
import donna.spec.Json;
import donna.spec.SearchSpec;
import donna.tensor.DType;
import donna.tensor.Shape;
import donna.tensor.TensorSpec;
import donna.train.Batches;
import donna.train.Inference;
import donna.train.Objective;
import donna.train.Recipe;
import donna.train.TrainingState;
import donna.train.TrainingStep;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code donna describe}: what a spec or a model file holds. */
@Command(
        name = "describe",
        description = "Show the layers, shapes, MACs and parameters of a network of a spec, or the tensors of a safetensors file.",
        mixinStandardHelpOptions = true)
final class DescribeCommand implements Callable<Integer> {
    private static final String ROW = "%-34s %-22s %-18s %13s %11s";

    private final Console console;

    @Parameters(paramLabel = "FILE", description = "A spec (YAML, JSON) or a model (safetensors).")
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
    private DeviceOptions deviceOptions;

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
        if (file.getFileName().toString().endsWith(".safetensors")) {
            model(Safetensors.read(file));
            return 0;
        }
        SearchSpec spec = specOptions.read(file);
        SearchSpace space = SearchSpace.of(spec);
        Network network = architecture
                .map(a -> Networks.of(spec, space, space.parse(a)))
                .orElseGet(() -> Networks.teacher(spec, space));
        Shape image = Shape.of(spec.model().input().stream().mapToInt(Integer::intValue).toArray());
        if (plan) {
            try (Device device = deviceOptions.open(console);
                    Inference inference = new Inference(device, network, Map.of(), image, batch, false)) {
                console.print(inference.describe().stripTrailing());
            }
            return 0;
        }
        if (training) {
            try (Device device = deviceOptions.open(console)) {
                console.print(trainingPlan(device, network, image, Recipes.of(spec.teacher().train())).stripTrailing());
            }
            return 0;
        }
        layers(space, Inference.graph(network, image, 1));
        return 0;
    }

    private String trainingPlan(Device device, Network network, Shape image, Recipe recipe) {
        List<ParameterSpec> parameters = Inference.parameters(network, image);
        TensorSpec images = TensorSpec.f32(batch, image.dim(0), image.dim(1), image.dim(2));
        Objective objective = w -> w.graph().add(new Op.CrossEntropy(0), network.write(w, w.graph().input(Inference.IMAGES, images)).logits(),
                w.graph().input(Batches.LABELS, TensorSpec.of(DType.I32, Shape.of(batch))));
        try (TrainingState state = TrainingState.start(device, parameters, TrainingState.initialValues(parameters, 0), recipe);
                TrainingStep step = TrainingStep.compile(device, objective, recipe, state)) {
            return step.describe();
        }
    }

    private void layers(SearchSpace space, Graph graph) {
        List<Layer> layers = new ArrayList<>();
        for (Node n : graph.nodes()) {
            if (!(n.op() instanceof Op.Input || n.op() instanceof Op.Variable)) {
                Cost c = Cost.of(n);
                layers.add(new Layer(n.name(), n.op().getClass().getSimpleName(), n.output(0).shape(), c.macs(), c.params()));
            }
        }
        Cost total = Cost.of(graph);
        if (json) {
            Map<String, Object> out = new LinkedHashMap<>();
            out.put("architectures", space.size());
            out.put("candidates", space.candidateCount());
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
