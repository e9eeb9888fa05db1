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

    /**
     * A batch norm's parameters.
     *
     * @param gamma {@code [C]}, trainable, as is {@code beta}
     * @param mean {@code [C]}, running, as is {@code var}
     * @param eps added to the variance
     */
    public record Norm(ParameterSpec gamma, ParameterSpec beta, ParameterSpec mean, ParameterSpec var, float eps) {
        /** Fresh ones, named {@code name.weight, name.bias, name.running_mean, name.running_var}. */
        public static Norm of(String name, int channels) {
            Shape c = Shape.of(channels);
            return new Norm(
                    new ParameterSpec(name + ".weight", c, Init.ONES, true, false),
                    new ParameterSpec(name + ".bias", c, Init.ZEROS, true, false),
                    new ParameterSpec(name + ".running_mean", c, Init.ZEROS, false, false),
                    new ParameterSpec(name + ".running_var", c, Init.ONES, false, false),
                    BATCH_NORM_EPS);
        }

        List<ParameterSpec> all() {
            return List.of(gamma, beta, mean, var);
        }
    }

    /**
     * A convolution and the batch norm that follows it.
     *
     * @param weight of the convolution, as is {@code bias} where it has one
     * @param folded name of the variable that holds the bias of the two together
     */
    record FoldedPair(String weight, Optional<String> bias, Norm norm, String folded) {}

    private final Graph.Builder graph;
    private final Mode mode;
    private final Map<String, ParameterSpec> parameters = new LinkedHashMap<>();
    private final List<FoldedPair> pairs = new ArrayList<>();
    private Optional<Value> momentum = Optional.empty();

    /** Writes into a graph of its own. */
    public GraphWriter(Mode mode) {
        this(mode, new Graph.Builder());
    }

    /** Writes into {@code graph}, beside what is there. */
    public GraphWriter(Mode mode, Graph.Builder graph) {
        this.mode = mode;
        this.graph = graph;
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
     * Convolution, with bias and residual where given, and activation: one op where batch norm is folded, else one each.
     *
     * @param weight {@code [out, in / groups, height, width]}
     */
    public Value conv(
            Value src,
            ParameterSpec weight,
            Optional<ParameterSpec> bias,
            ConvGeometry g,
            Activation act,
            Optional<Value> residual) {
        List<Value> in = new ArrayList<>(List.of(src, parameter(weight)));
        bias.ifPresent(b -> in.add(parameter(b)));
        if (mode == Mode.FOLDED) {
            residual.ifPresent(in::add);
            return graph.node(new Op.Conv2d(g, bias.isPresent(), act, residual.isPresent()), in).output(0);
        }
        Value z = graph.node(new Op.Conv2d(g, bias.isPresent(), Activation.NONE, false), in).output(0);
        Value sum = residual.isPresent() ? graph.add(new Op.Add(), z, residual.get()) : z;
        return activate(sum, act);
    }

    /**
     * Convolution without bias, batch norm, residual where given, activation. Weights {@code conv.weight [out, in / groups, kernel, kernel]};
     * {@code norm.weight, norm.bias, norm.running_mean, norm.running_var [out]}.
     */
    public Value convNorm(
            String conv, String norm, Value src, int out, int kernel, ConvGeometry g, Activation act, Optional<Value> residual) {
        int perGroup = src.shape().dim(1) / g.groups();
        Shape shape = Shape.of(out, perGroup, kernel, kernel);
        ParameterSpec weight = new ParameterSpec(conv + ".weight", shape, Init.fanIn((long) perGroup * kernel * kernel), true, true);
        graph.at(conv);
        return convNorm(src, weight, Optional.empty(), g, norm, Norm.of(norm, out), conv + ".bias", act, residual);
    }

    /**
     * Convolution, with bias where given, batch norm, residual where given, activation.
     *
     * @param layer name of the batch norm in messages and exported files
     * @param folded name of the bias where the batch norm is folded; nothing else has it
     */
    public Value convNorm(
            Value src,
            ParameterSpec weight,
            Optional<ParameterSpec> bias,
            ConvGeometry g,
            String layer,
            Norm norm,
            String folded,
            Activation act,
            Optional<Value> residual) {
        List<Value> in = new ArrayList<>(List.of(src, parameter(weight)));
        if (mode == Mode.FOLDED) {
            pairs.add(new FoldedPair(weight.name(), bias.map(ParameterSpec::name), norm, folded));
            bias.ifPresent(b -> parameters.put(b.name(), b));
            norm.all().forEach(p -> parameters.put(p.name(), p));
            in.add(graph.variable(folded, norm.gamma().tensor()));
            residual.ifPresent(in::add);
            return graph.node(new Op.Conv2d(g, true, act, residual.isPresent()), in).output(0);
        }
        bias.ifPresent(b -> in.add(parameter(b)));
        Value z = graph.node(new Op.Conv2d(g, bias.isPresent(), Activation.NONE, false), in).output(0);
        graph.at(layer);
        return norm(z, norm, act, residual);
    }

    /** Batch norm on its own, residual where given, activation. */
    public Value norm(Value src, Norm norm, Activation act, Optional<Value> residual) {
        List<Value> in = new ArrayList<>(List.of(src));
        norm.all().forEach(p -> in.add(parameter(p)));
        if (mode == Mode.TRAIN) {
            in.add(momentum());
        }
        residual.ifPresent(in::add);
        Op op = mode == Mode.TRAIN
                ? new Op.BatchNorm(norm.eps(), act, residual.isPresent())
                : new Op.BatchNormInference(norm.eps(), act, residual.isPresent());
        return graph.node(op, in).output(0);
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
