package donna.graph;

import donna.tensor.Activation;
import donna.tensor.DonnaException;
import donna.tensor.Layout;
import donna.tensor.Shape;
import donna.tensor.TensorSpec;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reverse-mode differentiation: one switch over {@link Op} that writes, for each op, the ops of its gradient. Only what
 * the wanted gradients need is written; a value that is used several times gets the sum. First order only: backward ops
 * have no gradient themselves. Source: Griewank and Walther, "Evaluating Derivatives", chapter 3 (adjoint sweep).
 */
public final class Gradient {
    private final Graph.Builder g;
    private final Set<Value> active = new HashSet<>();
    private final Map<Value, Value> gradients = new HashMap<>();

    private Gradient(Graph.Builder g) {
        this.g = g;
    }

    /**
     * Appends the backward ops of {@code loss} to the builder.
     *
     * @param loss a scalar {@code [1]}
     * @param wrt inputs, variables or intermediate values of real numbers
     * @return for each value of {@code wrt}, in that order, its gradient of the same shape; zeros where the loss does
     *     not depend on it
     * @throws DonnaException.ShapeMismatch if the loss is not a scalar
     * @throws DonnaException.InvalidInput if an op on the way has no gradient; the message names the node
     */
    public static Map<Value, Value> of(Graph.Builder g, Value loss, List<Value> wrt) {
        if (!loss.shape().equals(Shape.SCALAR)) {
            throw new DonnaException.ShapeMismatch(
                    "gradient: the loss is " + loss + ", expected a scalar [1]; reduce it first");
        }
        String scope = g.scope();
        try {
            return new Gradient(g).sweep(loss, wrt);
        } finally {
            g.scope(scope);
        }
    }

    private Map<Value, Value> sweep(Value loss, List<Value> wrt) {
        List<Node> forward = List.copyOf(g.nodes().subList(0, loss.node().id() + 1));
        active.addAll(wrt);
        for (Node n : forward) {
            if (n.inputs().stream().anyMatch(active::contains)) {
                for (int i = 0; i < n.outputs().size(); i++) {
                    active.add(n.output(i));
                }
            }
        }
        if (active.contains(loss)) {
            gradients.put(loss, fill(1, loss));
        }
        for (int i = forward.size() - 1; i >= 0; i--) {
            Node n = forward.get(i);
            if (n.inputs().stream().anyMatch(active::contains)) {
                for (int k = 1; k < n.outputs().size(); k++) {
                    if (gradients.containsKey(n.output(k))) {
                        throw none(n, "output " + k + " has no gradient, only output 0 has");
                    }
                }
                if (!n.outputs().isEmpty() && gradients.containsKey(n.output(0))) {
                    g.scope(n.name());
                    backward(n, gradients.get(n.output(0)));
                }
            }
        }
        Map<Value, Value> wanted = new LinkedHashMap<>();
        for (Value v : wrt) {
            wanted.put(v, gradients.containsKey(v) ? gradients.get(v) : fill(0, v));
        }
        return Collections.unmodifiableMap(wanted);
    }

    /** Writes the gradients of a node's active inputs, given {@code d}, the gradient of its first output. */
    private void backward(Node n, Value d) {
        switch (n.op()) {
            case Op.Input o -> {}
            case Op.Variable o -> {}
            case Op.Fill o -> {}
            case Op.Conv2d o -> conv(n, o, d);
            case Op.Linear o -> linear(n, o, d);
            case Op.MatMul o -> matmul(n, o, d);
            case Op.SumExcept o ->
                give(n, 0, () -> broadcast(d, o.axis(), n.input(0).shape()));
            case Op.BatchNorm o -> batchNorm(n, o, d);
            case Op.LayerNorm o -> {
                Node b = g.node(
                        new Op.LayerNormBackward(), List.of(d, n.input(0), n.input(1), n.output(1), n.output(2)));
                giveOutputs(n, b, 3);
            }
            case Op.Activate o ->
                give(
                        n,
                        0,
                        () -> o.act() == Activation.NONE ? d : g.add(new Op.ActivateBackward(o.act()), d, n.input(0)));
            case Op.Add o -> {
                give(n, 0, () -> d);
                give(n, 1, () -> d);
            }
            case Op.AddEach o -> {
                give(n, 0, () -> d);
                give(n, 1, () -> {
                    Shape each = n.input(1).shape();
                    Shape flat = new Shape(d.shape().dim(0), Math.toIntExact(each.elements()));
                    return reshape(g.add(new Op.SumExcept(1), reshape(d, flat)), each);
                });
            }
            case Op.Multiply o -> {
                give(n, 0, () -> g.add(new Op.Multiply(), d, n.input(1)));
                give(n, 1, () -> g.add(new Op.Multiply(), d, n.input(0)));
            }
            case Op.Scale o -> give(n, 0, () -> scale(d, o.factor()));
            case Op.ScaleBy o -> {
                give(n, 0, () -> scaleBy(d, n.input(1)));
                constant(n, 1, "the factor");
            }
            case Op.ChannelScale o -> {
                give(n, 0, () -> g.add(new Op.ChannelScale(), d, n.input(1)));
                give(n, 1, () -> g.add(new Op.ChannelScaleBackwardGate(), d, n.input(0)));
            }
            case Op.Dropout o -> {
                give(n, 0, () -> g.add(o, d, n.input(1)));
                constant(n, 1, "the step");
            }
            case Op.GlobalAveragePool o ->
                give(
                        n,
                        0,
                        () -> g.add(new Op.GlobalAveragePoolBackward(n.input(0).shape()), d));
            case Op.AveragePool o ->
                give(
                        n,
                        0,
                        () -> g.add(
                                new Op.AveragePoolBackward(
                                        o.kernel(), o.geometry(), n.input(0).shape()),
                                d));
            case Op.MaxPool o ->
                give(n, 0, () -> g.add(new Op.MaxPoolBackward(o.kernel(), o.geometry()), d, n.input(0)));
            case Op.Softmax o -> give(n, 0, () -> g.add(new Op.SoftmaxBackward(), d, n.output(0)));
            case Op.Reshape o -> give(n, 0, () -> reshape(d, n.input(0).shape()));
            case Op.Transpose o -> give(n, 0, () -> g.add(new Op.Transpose(inverse(o.permutation())), d));
            case Op.Slice o ->
                give(
                        n,
                        0,
                        () -> g.add(new Op.Pad(o.start(), o.step(), n.input(0).shape()), d));
            case Op.Pad o ->
                give(
                        n,
                        0,
                        () -> g.add(new Op.Slice(o.start(), o.step(), n.input(0).shape()), d));
            case Op.Concat o -> concat(n, o, d);
            case Op.NsrLoss o -> loss(n, d);
            case Op.CrossEntropy o -> loss(n, d);
            case Op.DistillationLoss o -> loss(n, d);
            case Op.MeanSquaredError o -> loss(n, d);
            case Op.BatchNormInference o -> throw none(n, "expected BatchNorm, the training form");
            case Op.ClipFactor o -> throw none(n, "it takes finished gradients; expected no loss that depends on it");
            case Op.Conv2dBackwardData o -> throw secondOrder(n);
            case Op.Conv2dBackwardWeight o -> throw secondOrder(n);
            case Op.BatchNormBackward o -> throw secondOrder(n);
            case Op.LayerNormBackward o -> throw secondOrder(n);
            case Op.ActivateBackward o -> throw secondOrder(n);
            case Op.ChannelScaleBackwardGate o -> throw secondOrder(n);
            case Op.GlobalAveragePoolBackward o -> throw secondOrder(n);
            case Op.AveragePoolBackward o -> throw secondOrder(n);
            case Op.MaxPoolBackward o -> throw secondOrder(n);
            case Op.SoftmaxBackward o -> throw secondOrder(n);
            case Op.SgdUpdate o -> throw none(n, "expected no loss that depends on an update");
            case Op.AdamWUpdate o -> throw none(n, "expected no loss that depends on an update");
            case Op.EmaUpdate o -> throw none(n, "expected no loss that depends on an update");
            case Op.LossScaleUpdate o -> throw none(n, "expected no loss that depends on an update");
        }
    }

    private void conv(Node n, Op.Conv2d o, Value d) {
        if (o.act() != Activation.NONE || o.residual()) {
            throw none(
                    n, "a convolution with activation or residual is for inference; expected them as ops of their own");
        }
        give(
                n,
                0,
                () -> g.add(new Op.Conv2dBackwardData(o.geometry(), n.input(0).shape()), d, n.input(1)));
        give(
                n,
                1,
                () -> g.add(new Op.Conv2dBackwardWeight(o.geometry(), n.input(1).shape()), n.input(0), d));
        if (o.bias()) {
            give(n, 2, () -> g.add(new Op.SumExcept(1), d));
        }
    }

    private void linear(Node n, Op.Linear o, Value d) {
        Value src = n.input(0);
        Value weight = n.input(1);
        Value rows = rows(d);
        give(n, 0, () -> reshape(g.add(new Op.MatMul(false, false), rows, weight), src.shape()));
        give(n, 1, () -> g.add(new Op.MatMul(true, false), rows, rows(src)));
        if (o.bias()) {
            give(n, 2, () -> g.add(new Op.SumExcept(1), rows));
        }
    }

    private void matmul(Node n, Op.MatMul o, Value d) {
        Value a = n.input(0);
        Value b = n.input(1);
        give(
                n,
                0,
                () -> o.transposeA()
                        ? g.add(new Op.MatMul(o.transposeB(), true), b, d)
                        : g.add(new Op.MatMul(false, !o.transposeB()), d, b));
        give(
                n,
                1,
                () -> o.transposeB()
                        ? g.add(new Op.MatMul(true, o.transposeA()), d, a)
                        : g.add(new Op.MatMul(!o.transposeA(), false), a, d));
    }

    private void batchNorm(Node n, Op.BatchNorm o, Value d) {
        boolean residualInside = o.residual() && o.act() != Activation.NONE;
        List<Value> in = new ArrayList<>(List.of(d, n.input(0), n.input(1), n.input(2), n.output(1), n.output(2)));
        if (residualInside) {
            in.add(n.input(6));
        }
        Node b = g.node(new Op.BatchNormBackward(o.act(), residualInside), in);
        giveOutputs(n, b, 3);
        if (o.residual()) {
            give(n, 6, () -> residualInside ? b.output(3) : d);
        }
        constant(n, 3, "the running mean");
        constant(n, 4, "the running variance");
        constant(n, 5, "the momentum");
    }

    private void concat(Node n, Op.Concat o, Value d) {
        int rank = d.shape().rank();
        List<Integer> start = new ArrayList<>(Collections.nCopies(rank, 0));
        List<Integer> step = Collections.nCopies(rank, 1);
        for (int i = 0; i < n.inputs().size(); i++) {
            Shape part = n.input(i).shape();
            give(n, i, () -> g.add(new Op.Slice(start, step, part), d));
            start.set(o.axis(), start.get(o.axis()) + part.dim(o.axis()));
        }
    }

    /** A loss already carries the gradient of its first input, for an upstream gradient of one. */
    private void loss(Node n, Value d) {
        give(
                n,
                0,
                () -> d.node().op() instanceof Op.Fill f
                        ? scale(n.output(1), f.value())
                        : g.add(new Op.ScaleBy(), n.output(1), d));
        for (int i = 1; i < n.inputs().size(); i++) {
            constant(n, i, "the target");
        }
    }

    /** {@code factor * v}, folded where it is a constant. */
    private Value scale(Value v, float factor) {
        if (v.node().op() instanceof Op.Fill f) {
            return fill(f.value() * factor, v);
        }
        return factor == 1 ? v : g.add(new Op.Scale(factor), v);
    }

    /** {@code factor * v}, folded where v is a single constant. */
    private Value scaleBy(Value v, Value factor) {
        return v.node().op() instanceof Op.Fill f && v.shape().equals(Shape.SCALAR) ? scale(factor, f.value()) : g.add(new Op.ScaleBy(), v, factor);
    }

    /** {@code v [A]} repeated over every other dimension of {@code shape}: two outer products with ones. */
    private Value broadcast(Value v, int axis, Shape shape) {
        int[] dims = shape.dims();
        int before = 1;
        int after = 1;
        for (int i = 0; i < dims.length; i++) {
            before *= i < axis ? dims[i] : 1;
            after *= i > axis ? dims[i] : 1;
        }
        int n = dims[axis];
        Value out = v;
        if (before > 1) {
            out = g.add(new Op.MatMul(false, false), ones(v, before, 1), reshape(out, new Shape(1, n)));
        }
        if (after > 1) {
            out = g.add(new Op.MatMul(false, false), reshape(out, new Shape(before * n, 1)), ones(v, 1, after));
        }
        return reshape(out, shape);
    }

    private Value ones(Value like, int rows, int columns) {
        return g.add(new Op.Fill(1, new TensorSpec(like.spec().dtype(), new Shape(rows, columns), Layout.PLAIN)));
    }

    private Value fill(float value, Value like) {
        return g.add(new Op.Fill(value, like.spec().with(Layout.PLAIN)));
    }

    /** All leading dimensions as one. */
    private Value rows(Value v) {
        int last = v.shape().dim(-1);
        return reshape(v, new Shape(Math.toIntExact(v.shape().elements() / last), last));
    }

    private Value reshape(Value v, Shape shape) {
        return v.shape().equals(shape) ? v : g.add(new Op.Reshape(shape), v);
    }

    private static List<Integer> inverse(List<Integer> permutation) {
        List<Integer> inverse = new ArrayList<>(permutation);
        for (int i = 0; i < permutation.size(); i++) {
            inverse.set(permutation.get(i), i);
        }
        return inverse;
    }

    private interface Writer {
        Value write();
    }

    /** Adds a gradient to that of input {@code i}, written only if somebody wants it. */
    private void give(Node n, int i, Writer writer) {
        Value v = n.input(i);
        if (active.contains(v)) {
            Value d = writer.write();
            Value known = gradients.get(v);
            gradients.put(v, known == null ? d : g.add(new Op.Add(), known, d));
        }
    }

    /** Outputs {@code 0 .. count - 1} of a backward op are the gradients of the inputs of the same number. */
    private void giveOutputs(Node n, Node backward, int count) {
        for (int i = 0; i < count; i++) {
            Value d = backward.output(i);
            give(n, i, () -> d);
        }
    }

    private void constant(Node n, int i, String what) {
        if (active.contains(n.input(i))) {
            throw none(n, what + " is taken as a constant; expected it not to depend on the values asked for");
        }
    }

    private static DonnaException secondOrder(Node n) {
        return none(n, "it is a gradient itself, and second order is not supported");
    }

    private static DonnaException none(Node n, String why) {
        return new DonnaException.InvalidInput(
                "gradient: " + n.op().getClass().getSimpleName() + " '" + n.name() + "' (%" + n.id() + ") " + why);
    }
}
