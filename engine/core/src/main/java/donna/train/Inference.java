package donna.train;

import donna.backend.Device;
import donna.backend.Plan;
import donna.backend.Stream;
import donna.graph.Graph;
import donna.graph.Node;
import donna.graph.Op;
import donna.graph.Value;
import donna.nn.Folding;
import donna.nn.GraphWriter;
import donna.nn.Init;
import donna.nn.Layer;
import donna.nn.Network;
import donna.nn.ParameterSpec;
import donna.nn.Parameters;
import donna.tensor.Layout;
import donna.tensor.Shape;
import donna.tensor.Tensor;
import donna.tensor.TensorSpec;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * A network compiled for use: batch norm folded, activations fused, no gradient. Inputs {@code images [N, C, H, W]}; outputs {@code logits [N, classes]}
 * and, where asked for, {@code boundary.0} (the stem's) to {@code boundary.N} in the device's preferred layout. Owner: closes it.
 * Thread rule: one run at a time; make one for each thread.
 */
public final class Inference implements AutoCloseable {
    public static final String IMAGES = "images";
    public static final String LOGITS = "logits";

    private final Plan plan;
    private final Parameters folded;
    private final int batch;

    /**
     * Compiles {@code network}.
     *
     * @param values every parameter of the network
     * @param image {@code [C, H, W]}
     * @param boundaries whether the boundaries are outputs, or else the logits alone
     */
    public Inference(Device device, Network network, Map<String, float[]> values, Shape image, int batch, boolean boundaries) {
        this(device, batch, values, w -> {
            Network.Written net = write(w, network, image, batch);
            w.graph().output(LOGITS, net.logits());
            for (int k = 0; boundaries && k < net.boundaries().size(); k++) {
                w.graph().output(boundary(k), net.boundaries().get(k), device.preferredLayout());
            }
        });
    }

    private Inference(Device device, int batch, Map<String, float[]> values, Consumer<GraphWriter> forward) {
        GraphWriter w = new GraphWriter(GraphWriter.Mode.FOLDED);
        forward.accept(w);
        Graph graph = w.graph().build();
        Map<String, float[]> all = Folding.fold(w, values.isEmpty() ? TrainingState.initialValues(w.parameters(), 0) : values);
        List<ParameterSpec> used = new ArrayList<>();
        for (Node n : graph.nodes()) {
            if (n.op() instanceof Op.Variable v) {
                used.add(new ParameterSpec(v.name(), v.spec().shape(), Init.ZEROS, false, false));
            }
        }
        this.batch = batch;
        folded = Parameters.of(device, used, all);
        plan = device.compile(graph);
        plan.bindAll(folded.tensors());
    }

    /**
     * A layer alone with fresh weights, to be timed: input {@code images [batch, C, H, W]} in the device's preferred layout (row-major for up to three
     * channels, as images come), output {@code logits}, four-dimensional ones in the preferred layout.
     */
    public static Inference part(Device device, Layer layer, Shape input, int batch) {
        return new Inference(device, batch, Map.of(), w -> {
            TensorSpec src = TensorSpec.f32(batch, input.dim(0), input.dim(1), input.dim(2));
            Value dst = layer.write(w, "", w.graph().input(IMAGES, input.dim(0) > 3 ? src.with(device.preferredLayout()) : src));
            w.graph().output(LOGITS, dst, dst.shape().rank() == 4 ? device.preferredLayout() : Layout.PLAIN);
        });
    }

    private static Network.Written write(GraphWriter w, Network network, Shape image, int batch) {
        return network.write(w, w.graph().input(IMAGES, TensorSpec.f32(batch, image.dim(0), image.dim(1), image.dim(2))));
    }

    /** Name of boundary {@code k}. */
    public static String boundary(int k) {
        return "boundary." + k;
    }

    /** Shapes of the boundaries of one image, the stem's first: {@code [C, H, W]} each. */
    public static List<Shape> boundaryShapes(Network network, Shape image) {
        return write(new GraphWriter(GraphWriter.Mode.FOLDED), network, image, 1).boundaries().stream()
                .map(v -> Shape.of(v.shape().dim(1), v.shape().dim(2), v.shape().dim(3)))
                .toList();
    }

    /** Every parameter of a network, in order. */
    public static List<ParameterSpec> parameters(Network network, Shape image) {
        GraphWriter w = new GraphWriter(GraphWriter.Mode.INFERENCE);
        write(w, network, image, 1);
        return List.copyOf(w.parameters());
    }

    /** Every parameter of a layer alone, in order; {@code input} is {@code [C, H, W]}. */
    public static List<ParameterSpec> parameters(Layer layer, Shape input) {
        GraphWriter w = new GraphWriter(GraphWriter.Mode.INFERENCE);
        layer.write(w, "", w.graph().input(IMAGES, TensorSpec.f32(1, input.dim(0), input.dim(1), input.dim(2))));
        return List.copyOf(w.parameters());
    }

    /** The network with batch norm as ops of its own and {@code logits} as its only output: the form that is exported. */
    public static Graph graph(Network network, Shape image, int batch) {
        GraphWriter w = new GraphWriter(GraphWriter.Mode.INFERENCE);
        return w.graph().output(LOGITS, write(w, network, image, batch).logits()).build();
    }

    public int batch() {
        return batch;
    }

    /** The specs of inputs and outputs to bind. */
    public Map<String, TensorSpec> bindings() {
        Map<String, TensorSpec> all = new LinkedHashMap<>(plan.graph().bindings());
        all.keySet().removeAll(folded.tensors().keySet());
        return all;
    }

    public void bind(String name, Tensor tensor) {
        plan.bind(name, tensor);
    }

    public void run(Stream stream) {
        plan.run(stream);
    }

    public String describe() {
        return plan.describe();
    }

    @Override
    public void close() {
        plan.close();
        folded.close();
    }
}
