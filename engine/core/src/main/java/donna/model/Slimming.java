package donna.model;

import donna.graph.Graph;
import donna.graph.Node;
import donna.graph.Op;
import donna.graph.Value;
import donna.nn.GraphWriter;
import donna.nn.GraphWriter.Norm;
import donna.nn.Init;
import donna.nn.ParameterSpec;
import donna.tensor.Activation;
import donna.tensor.ConvGeometry;
import donna.tensor.Shape;
import donna.tensor.TensorSpec;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A layer's graph written again, node by node, with other sizes. A convolution is written together with what is folded into it in the end, as the layer
 * itself would be. Used once, by one thread.
 */
final class Slimming {
    private static final String SRC = "src";
    private static final String DST = "dst";
    private static final int MULTIPLE = 8;

    /**
     * A parameter in its new form.
     *
     * @param name of the whole layer's parameter
     * @param whole its shape there
     * @param slim its shape now
     * @param channels for each dimension the group of {@link Channels} that it follows, or none
     */
    record Use(String name, Shape whole, Shape slim, List<Optional<Value>> channels) {}

    private final Reduced wish;
    private final Graph graph;
    private final Map<String, ParameterSpec> specs = new HashMap<>();
    private final Set<Node> passed = new HashSet<>();
    private final Channels channels;
    private final Fusable fusable;
    private final Map<Value, Value> made = new HashMap<>();
    private final Map<String, Use> uses = new LinkedHashMap<>();

    /** @param src what comes in, {@code [N, C, H, W]} */
    Slimming(Reduced wish, TensorSpec src) {
        this.wish = wish;
        GraphWriter scratch = new GraphWriter(GraphWriter.Mode.INFERENCE);
        Value in = scratch.graph().input(SRC, src);
        Graph all = scratch.graph().output(DST, wish.whole().write(scratch, "", in)).build();
        scratch.parameters().forEach(p -> specs.put(p.name(), p));
        if (!wish.attention()) {
            findGates(all, in.node());
        }
        graph = withoutGates(all);
        channels = new Channels(graph.nodes(), passed, List.of(in, graph.outputs().get(DST).value()));
        fusable = Fusable.of(graph);
    }

    /** Gates that depend on what comes in; constant ones are no attention. */
    private void findGates(Graph all, Node in) {
        Set<Node> live = new HashSet<>(Set.of(in));
        for (Node n : all.nodes()) {
            if (n.inputs().stream().anyMatch(v -> live.contains(v.node()))) {
                live.add(n);
                if (n.op() instanceof Op.ChannelScale && live.contains(n.input(1).node())) {
                    passed.add(n);
                }
            }
        }
    }

    private Graph withoutGates(Graph all) {
        Set<Node> needed = new HashSet<>(Set.of(all.outputs().get(DST).value().node()));
        List<Node> kept = new ArrayList<>();
        for (Node n : all.nodes().reversed()) {
            if (needed.contains(n)) {
                kept.addFirst(n);
                n.inputs().subList(0, passed.contains(n) ? 1 : n.inputs().size()).forEach(v -> needed.add(v.node()));
            }
        }
        return new Graph(kept, all.outputs());
    }

    /** Every parameter written, in order. */
    Collection<Use> uses() {
        return Collections.unmodifiableCollection(uses.values());
    }

    Channels channels() {
        return channels;
    }

    Graph graph() {
        return graph;
    }

    /** Writes the layer after {@code src}. */
    Value write(GraphWriter w, String name, Value src) {
        for (Node n : graph.nodes()) {
            if (fusable.inside().contains(n)) {
                continue;
            }
            w.graph().at(name + n.name());
            switch (n.op()) {
                case Op.Input i -> made.put(n.output(0), src);
                case Op.Variable v -> {} // written where it is read
                case Op.ChannelScale s when passed.contains(n) -> made.put(n.output(0), read(w, name, n.input(0)));
                case Op.BatchNormInference b when fusable.convolutions().containsKey(n) -> convNorm(w, name, fusable.convolutions().get(n), n, b);
                case Op.BatchNormInference b when Weights.isStored(n) -> {
                    Optional<Value> residual = b.residual() ? Optional.of(read(w, name, n.input(5))) : Optional.empty();
                    made.put(n.output(0), w.norm(read(w, name, n.input(0)), norm(name, n, b.eps()), b.act(), residual));
                }
                case Op.Conv2d c when Weights.isStored(n) -> conv(w, name, n, Optional.empty(), Activation.NONE, n);
                case Op.Add a when fusable.convolutions().containsKey(n) -> conv(w, name, fusable.convolutions().get(n), Optional.of(n), Activation.NONE, n);
                case Op.Activate a when fusable.convolutions().containsKey(n) -> {
                    Optional<Node> sum = Optional.of(n.input(0).node()).filter(s -> s.op() instanceof Op.Add);
                    conv(w, name, fusable.convolutions().get(n), sum, a.act(), n);
                }
                case Op.Linear l when Weights.isStored(n) -> {
                    List<Value> in = new ArrayList<>(List.of(read(w, name, n.input(0)), matrix(w, name, n)));
                    if (l.bias()) {
                        in.add(w.parameter(vector(name, n.input(2), n.output(0))));
                    }
                    made.put(n.output(0), w.graph().node(l, in).output(0));
                }
                case Op.LayerNorm l when Weights.isStored(n) -> {
                    Value gamma = w.parameter(vector(name, n.input(1), n.output(0)));
                    Value beta = w.parameter(vector(name, n.input(2), n.output(0)));
                    made.put(n.output(0), w.graph().add(l, read(w, name, n.input(0)), gamma, beta));
                }
                default -> other(w, name, n);
            }
        }
        return made.get(graph.outputs().get(DST).value());
    }

    /** An op without parameters of its own, in the sizes of what it makes. */
    private void other(GraphWriter w, String name, Node n) {
        boolean stored = n.op() instanceof Op.Reshape && n.input(0).node().op() instanceof Op.Variable;
        if (stored && !Weights.variable(n.output(0)).equals(n.output(0))) {
            return; // a matrix of weights, written where it is read
        }
        Op op = switch (n.op()) {
            case Op.Fill f -> new Op.Fill(f.value(), TensorSpec.f32(slim(n.output(0)).dims()));
            case Op.Reshape r -> new Op.Reshape(slim(n.output(0)));
            case Op.Slice s -> new Op.Slice(s.start(), s.step(), slim(n.output(0)));
            case Op.Pad p when Channels.isCentred(n) -> {
                List<Integer> start = new ArrayList<>(p.start());
                start.set(1, (size(n.output(0)) - size(n.input(0))) / 2);
                yield new Op.Pad(start, p.step(), slim(n.output(0)));
            }
            case Op.Pad p -> new Op.Pad(p.start(), p.step(), slim(n.output(0)));
            default -> n.op();
        };
        List<Value> in = n.inputs().stream().map(v -> read(w, name, v)).toList();
        Node copy = w.graph().at(name + n.name()).node(op, in);
        for (int i = 0; i < n.outputs().size(); i++) {
            made.put(n.output(i), copy.output(i));
        }
    }

    /** A convolution, with the sum and the activation that follow it. */
    private void conv(GraphWriter w, String name, Node conv, Optional<Node> sum, Activation act, Node end) {
        Op.Conv2d op = (Op.Conv2d) conv.op();
        Optional<ParameterSpec> bias = op.bias() ? Optional.of(vector(name, conv.input(2), conv.output(0))) : Optional.empty();
        Optional<Value> residual = sum.map(s -> read(w, name, s.input(s.input(0).node() == conv ? 1 : 0)));
        Value src = read(w, name, conv.input(0));
        made.put(end.output(0), w.conv(src, weight(name, conv, op), bias, geometry(conv, op), act, residual));
    }

    private void convNorm(GraphWriter w, String name, Node conv, Node norm, Op.BatchNormInference b) {
        Op.Conv2d op = (Op.Conv2d) conv.op();
        Optional<ParameterSpec> bias = op.bias() ? Optional.of(vector(name, conv.input(2), conv.output(0))) : Optional.empty();
        Optional<Value> residual = b.residual() ? Optional.of(read(w, name, norm.input(5))) : Optional.empty();
        Value src = read(w, name, conv.input(0));
        ParameterSpec weight = weight(name, conv, op);
        String folded = bias.map(p -> p.name() + ".folded").orElse(weight.name().replaceFirst("\\.weight$", "") + ".bias");
        w.graph().at(name + conv.name());
        made.put(norm.output(0), w.convNorm(
                src, weight, bias, geometry(conv, op), name + norm.name(), norm(name, norm, b.eps()), folded, b.act(), residual));
    }

    private Norm norm(String name, Node n, float eps) {
        List<ParameterSpec> p = n.inputs().subList(1, 5).stream().map(v -> vector(name, v, n.output(0))).toList();
        return new Norm(p.get(0), p.get(1), p.get(2), p.get(3), eps);
    }

    // ---- parameters

    /** {@code [O, C / groups, K, K]}. */
    private ParameterSpec weight(String name, Node conv, Op.Conv2d op) {
        Shape whole = conv.input(1).shape();
        boolean dense = op.geometry().groups() == 1;
        int less = whole.dim(2) - side(conv, op);
        int in = dense ? size(conv.input(0)) : whole.dim(1);
        Shape slim = Shape.of(size(conv.output(0)), in, whole.dim(2) - less, whole.dim(3) - less);
        return parameter(name, conv.input(1), slim, List.of(Optional.of(conv.output(0)), dense ? Optional.of(conv.input(0)) : Optional.empty()));
    }

    private Value matrix(GraphWriter w, String name, Node linear) {
        Value stored = Weights.variable(linear.input(1));
        int out = size(linear.output(0));
        int in = size(linear.input(0));
        Shape slim = stored.shape().with(0, out).with(1, in);
        Value p = w.parameter(parameter(name, stored, slim, List.of(Optional.of(linear.output(0)), Optional.of(linear.input(0)))));
        return slim.rank() == 2 ? p : w.graph().add(new Op.Reshape(Shape.of(out, in)), p);
    }

    private ParameterSpec vector(String name, Value variable, Value like) {
        return parameter(name, variable, Shape.of(size(like)), List.of(Optional.of(like)));
    }

    private ParameterSpec parameter(String name, Value variable, Shape slim, List<Optional<Value>> follows) {
        ParameterSpec p = specs.get(Weights.name(variable));
        List<Optional<Value>> groups = new ArrayList<>(follows.stream().map(f -> f.map(channels::group)).toList());
        while (groups.size() < slim.rank()) {
            groups.add(Optional.empty());
        }
        uses.put(p.name(), new Use(p.name(), p.shape(), slim, groups));
        boolean same = slim.equals(p.shape()) || !(p.init() instanceof Init.Uniform) || slim.rank() < 2;
        return new ParameterSpec(name + p.name(), slim, same ? p.init() : Init.fanIn(slim.elements() / slim.dim(0)), p.trainable(), p.decay());
    }

    /** What has been made of {@code v}; a parameter that is read as it is stored is written here. */
    private Value read(GraphWriter w, String name, Value v) {
        if (!(v.node().op() instanceof Op.Variable)) {
            return made.get(v);
        }
        Shape slim = slim(v);
        List<Optional<Value>> follows = new ArrayList<>(Collections.nCopies(slim.rank(), Optional.empty()));
        if (Channels.axis(slim) >= 0) {
            follows.set(Channels.axis(slim), Optional.of(v));
        }
        return w.parameter(parameter(name, v, slim, follows));
    }

    // ---- sizes

    private Shape slim(Value v) {
        int axis = Channels.axis(v.shape());
        return axis < 0 ? v.shape() : v.shape().with(axis, size(v));
    }

    private int size(Value v) {
        int whole = v.shape().dim(Channels.axis(v.shape()));
        int share = (int) (whole * wish.width() + MULTIPLE / 2.0) / MULTIPLE * MULTIPLE;
        return wish.width() < 1 && channels.mayShrink(v) ? Math.min(whole, Math.max(MULTIPLE, share)) : whole;
    }

    /** Side of the window: odd ones whose padding allows it become the wished one. */
    private int side(Node conv, Op.Conv2d op) {
        Shape weight = conv.input(1).shape();
        int whole = weight.dim(2);
        int less = whole - wish.kernel();
        boolean cut = less > 0 && less % 2 == 0 && weight.dim(3) == whole && op.geometry().padding() >= op.geometry().dilation() * less / 2;
        return cut ? wish.kernel() : whole;
    }

    private ConvGeometry geometry(Node conv, Op.Conv2d op) {
        ConvGeometry g = op.geometry();
        int less = conv.input(1).shape().dim(2) - side(conv, op);
        int groups = g.groups() == 1 ? 1 : g.groups() == conv.input(0).shape().dim(1) ? size(conv.input(0)) : g.groups();
        return new ConvGeometry(g.stride(), g.padding() - g.dilation() * less / 2, g.dilation(), groups);
    }
}
