package donna.nn;

import donna.graph.Graph;
import donna.graph.Op;
import donna.graph.Value;
import donna.tensor.Activation;
import donna.tensor.ConvGeometry;
import donna.tensor.Shape;
import donna.tensor.TensorSpec;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Writes layers into a graph and notes which parameters they asked for. Not thread-safe. */
public final class GraphWriter {
    /** PyTorch's default for batch norm. */
    public static final float BATCH_NORM_EPS = 1e-5f;

    /** Name of the scalar input that batch norms in training take as momentum. */
    public static final String MOMENTUM = "batchnorm.momentum";

    /** How batch norm is written. */
    public enum Mode {
        /** With the batch's statistics; running statistics are updated. */
        TRAIN,
        /** With the running statistics, as an op of its own. */
        INFERENCE,
        /** Folded into the convolution before it; the variables then hold {@link Folding}'s values. */
        FOLDED
    }

    /** A convolution and the batch norm that follows it. */
    record FoldedPair(String conv, String norm) {}

    private final Graph.Builder graph = new Graph.Builder();
    private final Mode mode;
    private final Map<String, ParameterSpec> parameters = new LinkedHashMap<>();
    private final List<FoldedPair> pairs = new ArrayList<>();
    private Optional<Value> momentum = Optional.empty();

    public GraphWriter(Mode mode) {
        this.mode = mode;
    }

    public Graph.Builder graph() {
        return graph;
    }

    /** Every parameter asked for so far, in order: the network's own form, whatever the mode. */
    public Collection<ParameterSpec> parameters() {
        return Collections.unmodifiableCollection(parameters.values());
    }

    List<FoldedPair> foldedPairs() {
        return Collections.unmodifiableList(pairs);
    }

    /** A parameter of the network. */
    public Value parameter(ParameterSpec p) {
        parameters.put(p.name(), p);
        return graph.variable(p.name(), p.tensor());
    }

    private Value parameter(String name, Shape shape, Init init, boolean trainable, boolean decay) {
        return parameter(new ParameterSpec(name, shape, init, trainable, decay));
    }

    /**
     * Convolution without bias, batch norm, residual where given, activation. Weights {@code conv.weight [out, in / groups, kernel, kernel]};
     * {@code norm.weight, norm.bias, norm.running_mean, norm.running_var [out]}.
     */
    public Value convNorm(
            String conv, String norm, Value src, int out, int kernel, ConvGeometry g, Activation act, Optional<Value> residual) {
        int perGroup = src.shape().dim(1) / g.groups();
        Shape weightShape = Shape.of(out, perGroup, kernel, kernel);
        graph.at(conv);
        Value weight = parameter(conv + ".weight", weightShape, Init.fanIn((long) perGroup * kernel * kernel), true, true);
        if (mode == Mode.FOLDED) {
            pairs.add(new FoldedPair(conv, norm));
            normParameters(norm, out);
            List<Value> in = new ArrayList<>(List.of(src, weight, graph.variable(conv + ".bias", TensorSpec.f32(out))));
            residual.ifPresent(in::add);
            return graph.node(new Op.Conv2d(g, true, act, residual.isPresent()), in).output(0);
        }
        Value z = graph.add(Op.Conv2d.plain(g), src, weight);
        graph.at(norm);
        List<Value> in = new ArrayList<>(List.of(z));
        for (ParameterSpec p : normParameters(norm, out)) {
            in.add(graph.variable(p.name(), p.tensor()));
        }
        if (mode == Mode.TRAIN) {
            in.add(momentum());
        }
        residual.ifPresent(in::add);
        Op op = mode == Mode.TRAIN
                ? new Op.BatchNorm(BATCH_NORM_EPS, act, residual.isPresent())
                : new Op.BatchNormInference(BATCH_NORM_EPS, act, residual.isPresent());
        return graph.node(op, in).output(0);
    }

    private List<ParameterSpec> normParameters(String norm, int channels) {
        Shape c = Shape.of(channels);
        List<ParameterSpec> four = List.of(
                new ParameterSpec(norm + ".weight", c, Init.ONES, true, false),
                new ParameterSpec(norm + ".bias", c, Init.ZEROS, true, false),
                new ParameterSpec(norm + ".running_mean", c, Init.ZEROS, false, false),
                new ParameterSpec(norm + ".running_var", c, Init.ONES, false, false));
        four.forEach(p -> parameters.put(p.name(), p));
        return four;
    }

    private Value momentum() {
        if (momentum.isEmpty()) {
            momentum = Optional.of(graph.input(MOMENTUM, TensorSpec.f32(1)));
        }
        return momentum.get();
    }

    /** {@code src W' + bias}. Weights {@code name.weight [out, in]}, {@code name.bias [out]}. */
    public Value linear(String name, Value src, int out) {
        int in = src.shape().dim(-1);
        graph.at(name);
        Value weight = parameter(name + ".weight", Shape.of(out, in), Init.fanIn(in), true, true);
        return graph.add(new Op.Linear(true), src, weight, bias(name, out, in));
    }

    /** As {@link #linear} on {@code src [N, in]}, the weights stored as those of a 1x1 convolution: {@code name.weight [out, in, 1, 1]}. */
    public Value pointwise(String name, Value src, int out) {
        int in = src.shape().dim(-1);
        graph.at(name);
        Value weight = parameter(name + ".weight", Shape.of(out, in, 1, 1), Init.fanIn(in), true, true);
        Value matrix = graph.add(new Op.Reshape(Shape.of(out, in)), weight);
        return graph.add(new Op.Linear(true), src, matrix, bias(name, out, in));
    }

    /** Convolution with bias and no batch norm. Weights {@code name.weight [out, in / groups, kernel, kernel]}, {@code name.bias [out]}. */
    public Value conv(String name, Value src, int out, int kernel, ConvGeometry g) {
        int perGroup = src.shape().dim(1) / g.groups();
        long fanIn = (long) perGroup * kernel * kernel;
        graph.at(name);
        Value weight = parameter(name + ".weight", Shape.of(out, perGroup, kernel, kernel), Init.fanIn(fanIn), true, true);
        return graph.add(new Op.Conv2d(g, true, Activation.NONE, false), src, weight, bias(name, out, fanIn));
    }

    private Value bias(String name, int out, long fanIn) {
        return parameter(name + ".bias", Shape.of(out), Init.fanIn(fanIn), true, false);
    }

    /** Layer norm over the last dimension. Weights {@code name.weight}, {@code name.bias}. */
    public Value layerNorm(String name, Value src, float eps) {
        Shape last = Shape.of(src.shape().dim(-1));
        graph.at(name);
        Value gamma = parameter(name + ".weight", last, Init.ONES, true, false);
        Value beta = parameter(name + ".bias", last, Init.ZEROS, true, false);
        return graph.add(new Op.LayerNorm(eps), src, gamma, beta);
    }

    public Value activate(Value src, Activation act) {
        return act == Activation.NONE ? src : graph.add(new Op.Activate(act), src);
    }
}
