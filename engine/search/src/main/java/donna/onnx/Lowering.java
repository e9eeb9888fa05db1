package donna.onnx;

import donna.graph.Graph;
import donna.graph.Op;
import donna.graph.Value;
import donna.nn.GraphWriter;
import donna.nn.Init;
import donna.nn.ParameterSpec;
import donna.tensor.Activation;
import donna.tensor.DonnaException;
import donna.tensor.Shape;
import donna.tensor.TensorSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Writes the nodes of a file into a graph, for any batch: what follows from shapes is worked out anew each time. Used
 * once, by one thread.
 */
final class Lowering {
    private static final Item.Known LEFT_OUT = new Item.Known(Constant.Integers.of(), "", false);

    final Program program;
    final GraphWriter writer;
    final Graph.Builder graph;
    final Elementwise elementwise = new Elementwise(this);
    private final Movement movement = new Movement(this);
    private final Windows windows = new Windows(this);
    private final Reductions reductions = new Reductions(this);
    private final Products products = new Products(this);
    private final Map<String, Item> items = new HashMap<>();
    private final Map<String, float[]> values = new LinkedHashMap<>();
    private final int batch;

    /** @param batch images in the graph's batch */
    Lowering(Program program, GraphWriter writer, int batch) {
        this.program = program;
        this.writer = writer;
        this.graph = writer.graph();
        this.batch = batch;
        items.putAll(program.constants());
    }

    /** Says what a name stands for before the steps that read it are written. */
    void define(String name, Item item) {
        items.put(name, item);
    }

    /** Writes steps one after another; those whose results are known already are left out. */
    void write(List<Step> steps) {
        for (Step s : steps) {
            if (items.containsKey(s.node().output())) {
                continue;
            }
            graph.at(s.node().layer());
            try {
                write(s);
            } catch (DonnaException.ShapeMismatch e) {
                throw s.node().error("does not fit what it reads: " + e.getMessage());
            } catch (ArithmeticException e) {
                throw s.node().error("has sizes out of bounds (" + e.getMessage() + ")");
            }
        }
    }

    Map<String, Item> items() {
        return items;
    }

    /** The values of every parameter written. */
    Map<String, float[]> values() {
        return values;
    }

    private void write(Step step) {
        switch (step) {
            case Step.Activated s -> put(s.node(), activate(s.act(), live(s.node(), s.src())));
            case Step.LayerNorm s -> put(s.node(), products.layerNorm(s));
            case Step.Convolution s -> put(s.node(), windows.convolution(s));
            case Step.Linear s -> put(s.node(), products.linear(s));
            case Step.Single s -> single(s.node());
        }
    }

    private void single(OnnxNode n) {
        List<Item> in = new ArrayList<>();
        for (String name : n.inputs()) {
            in.add(name.isEmpty() ? LEFT_OUT : item(n, name));
        }
        if (in.stream().allMatch(i -> i instanceof Item.Known) && Constants.isComputed(n) && !grows(n, in)) {
            compute(n, in.stream().map(i -> (Item.Known) i).toList());
            return;
        }
        switch (n.op()) {
            case "Shape" -> known(n, Constant.Integers.of(Shapes.part(n, in.getFirst().dims())));
            case "Size" ->
                known(n, new Constant.Integers(new int[0], new long[] {Index.elements(in.getFirst().dims())}));
            case "Conv", "MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool" -> windows.write(n);
            case "BatchNormalization" -> windows.batchNorm(n);
            case "Gemm", "MatMul", "LayerNormalization" -> products.write(n);
            case "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose", "Slice", "Split", "Gather", "Concat", "Pad",
                    "Expand", "Tile", "Identity", "Dropout", "Cast" -> movement.write(n);
            case "ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceL1", "ReduceSumSquare" ->
                reductions.write(n);
            case "Add", "Sub", "Mul", "Div", "Sum", "Pow", "Neg", "Abs", "Min", "Max", "Relu", "Sigmoid", "Tanh",
                    "HardSwish", "HardSigmoid", "LeakyRelu", "PRelu", "Gelu", "Clip", "Softmax" ->
                elementwise.write(n);
            default ->
                throw n.error("computes with values that depend on the images, which is not supported for this op");
        }
    }

    /** Whether stored weights are repeated: that belongs to the graph, the parameter stays as it is. */
    private static boolean grows(OnnxNode n, List<Item> in) {
        if (!n.is("Expand") || !(in.get(0) instanceof Item.Known k) || !(in.get(1) instanceof Item.Known wish)) {
            return n.is("Tile");
        }
        int[] target = Arrays.stream(wish.value().toLongs()).mapToInt(Math::toIntExact).toArray();
        boolean changed = !Arrays.equals(Index.common(k.value().dims(), target), k.value().dims());
        return changed && k.value() instanceof Constant.Reals && !k.isNumber();
    }

    private void compute(OnnxNode n, List<Item.Known> in) {
        boolean trainable = in.stream().anyMatch(k -> k.trainable() && k.value() instanceof Constant.Reals);
        List<Constant> out = Constants.compute(n, in.stream().map(Item.Known::value).toList());
        for (int i = 0; i < out.size(); i++) {
            boolean same = !in.isEmpty() && out.get(i).equals(in.getFirst().value());
            items.put(n.outputs().get(i), same ? in.getFirst() : new Item.Known(out.get(i), n.outputs().get(i), trainable));
        }
    }

    private void known(OnnxNode n, Constant value) {
        items.put(n.output(), new Item.Known(value, n.output(), false));
    }

    // ---- what nodes read and make

    void put(OnnxNode n, Value value) {
        put(n, 0, value);
    }

    void put(OnnxNode n, int output, Value value) {
        items.put(n.outputs().get(output), new Item.Live(value));
    }

    Item item(OnnxNode n, String name) {
        Item item = items.get(name);
        if (item == null) {
            throw n.error("reads '" + name + "', an output of its node that is not supported");
        }
        return item;
    }

    Optional<Item.Known> constant(OnnxNode n, int input) {
        return n.has(input) && item(n, n.input(input)) instanceof Item.Known k ? Optional.of(k) : Optional.empty();
    }

    /** A constant that the op cannot do without. */
    Item.Known stored(OnnxNode n, int input, String what) {
        return constant(n, input)
                .orElseThrow(() -> n.error(
                        n.has(input) ? "computes its " + what + " from the images; expected a constant" : "has no " + what));
    }

    /** Whole numbers in an input or, in older opsets, an attribute; none where both are left out. */
    long[] integers(OnnxNode n, int input, String attribute) {
        return n.has(input) ? stored(n, input, attribute).value().toLongs() : n.integers(attribute);
    }

    /** One number that an input holds. */
    Optional<Float> number(OnnxNode n, int input) {
        return constant(n, input).filter(Item.Known::isNumber).map(k -> (float) k.value().at(0));
    }

    Value live(OnnxNode n, String name) {
        return tensor(item(n, name));
    }

    Value live(OnnxNode n, int input) {
        if (!n.has(input)) {
            throw n.error("has no input " + input);
        }
        return live(n, n.input(input));
    }

    /** As a value of the graph; a single number is of shape {@code [1]}. */
    Value tensor(Item item) {
        return switch (item) {
            case Item.Live l -> l.value();
            case Item.Known k when k.isNumber() -> fill((float) k.value().at(0), shape(k.value().dims()));
            case Item.Known k -> parameter(k, false);
        };
    }

    // ---- parameters

    /** The parameter that a constant becomes, in its own shape. */
    Value parameter(Item.Known k, boolean decay) {
        return writer.parameter(spec(k, k.value().dims(), k.value(), k.trainable(), decay));
    }

    /**
     * Notes the values of a parameter.
     *
     * @param value in {@code dims}, which is all that is ever asked for under this name
     */
    ParameterSpec spec(Item.Known k, int[] dims, Constant value, boolean trainable, boolean decay) {
        Shape shape = shape(dims);
        boolean matrix = shape.rank() > 1;
        Init init = matrix ? Init.fanIn(shape.elements() / shape.dim(0)) : value.at(0) == 0 ? Init.ZEROS : Init.ONES;
        values.put(k.name(), value.toFloats());
        return new ParameterSpec(k.name(), shape, init, trainable, decay);
    }

    // ---- ops that several nodes need

    static Shape shape(int[] dims) {
        return dims.length == 0 ? Shape.SCALAR : new Shape(dims);
    }

    Value fill(float value, Shape shape) {
        return graph.add(new Op.Fill(value, TensorSpec.f32(shape.dims())));
    }

    Value reshape(Value v, int... dims) {
        return Arrays.equals(v.shape().dims(), dims) ? v : graph.add(new Op.Reshape(shape(dims)), v);
    }

    Value transpose(Value v, int... permutation) {
        for (int i = 0; i < permutation.length; i++) {
            if (permutation[i] != i) {
                return graph.add(new Op.Transpose(Arrays.stream(permutation).boxed().toList()), v);
            }
        }
        return v;
    }

    Value activate(Activation act, Value v) {
        return writer.activate(v, act);
    }

    Value scale(Value v, float factor) {
        return factor == 1 ? v : graph.add(new Op.Scale(factor), v);
    }

    Value shift(Value v, float summand) {
        return summand == 0 ? v : graph.add(new Op.Add(), v, fill(summand, v.shape()));
    }

    /** {@code v} repeated along dimensions of 1, as ONNX broadcasts: outer products with ones. */
    Value broadcast(Value v, int[] target) {
        int[] dims = new int[target.length];
        Arrays.fill(dims, 1);
        System.arraycopy(v.shape().dims(), 0, dims, dims.length - v.shape().rank(), v.shape().rank());
        Value out = v;
        for (int d = 0; d < dims.length; d++) {
            if (dims[d] == 1 && target[d] > 1) {
                int end = d;
                while (end < dims.length && dims[end] == 1) {
                    dims[end] = target[end++];
                }
                int before = Index.elements(Arrays.copyOf(dims, d));
                int times = Index.elements(Arrays.copyOfRange(dims, d, end));
                out = repeat(out, before, times, Index.elements(Arrays.copyOfRange(dims, end, dims.length)));
            }
        }
        return reshape(out, target);
    }

    /** {@code [before, after] -> [before, times, after]}. */
    private Value repeat(Value v, int before, int times, int after) {
        Op product = new Op.MatMul(false, false);
        if (before == 1) {
            return graph.add(product, fill(1, Shape.of(times, 1)), reshape(v, 1, after));
        }
        return after == 1
                ? graph.add(product, reshape(v, before, 1), fill(1, Shape.of(1, times)))
                : graph.add(product, fill(1, Shape.of(before, times, 1)), reshape(v, before, 1, after));
    }

    /**
     * A shape that the file fixes for its own batch, for this batch: the dimension that holds the images is scaled.
     *
     * @param from name of what is reshaped
     * @param wish the target for the file's batch
     */
    int[] rebatched(OnnxNode n, String from, int[] actual, int[] wish) {
        int own = program.fixedBatch();
        if (own == 0 || own == batch) {
            return wish;
        }
        int[] declared = program.declared().get(from).dims();
        int at = 0;
        int before = 1;
        while (at < declared.length && declared[at] == actual[at]) {
            before *= declared[at++];
        }
        if (at == declared.length) {
            return wish;
        }
        int chosen = holder(wish, before, (long) before * declared[at] / own, own);
        if (chosen < 0) {
            throw n.error("reshapes " + Arrays.toString(declared) + " to " + Arrays.toString(wish) + ", fixed for a batch of "
                    + own + ", which has no counterpart for a batch of " + batch + "; export the model with a dynamic batch");
        }
        int[] out = wish.clone();
        out[chosen] = wish[chosen] / own * batch;
        return out;
    }

    /**
     * The dimension of {@code wish} that the images are part of, or -1: best one of their own, then one before the last, which is that of features,
     * and rather one that begins with them.
     *
     * @param before elements that they come after at least
     * @param most elements that they come after at most: more where what is reshaped has them in one dimension with others
     */
    private static int holder(int[] wish, int before, long most, int own) {
        int chosen = -1;
        int best = 0;
        int start = 1;
        for (int d = 0; d < wish.length; start *= wish[d++]) {
            boolean itself = wish[d] == own && start >= before && start <= most;
            boolean holds = start <= before && (long) before * own <= (long) start * wish[d] && wish[d] % own == 0;
            int rank = itself ? 4 : (d + 1 < wish.length ? 2 : 0) + (start == before ? 1 : 0);
            if ((itself || holds) && (chosen < 0 || rank > best)) {
                chosen = d;
                best = rank;
            }
        }
        return chosen;
    }

    /** Whether the file fixes its batch and this graph has another. */
    boolean isRebatched() {
        return program.fixedBatch() != 0 && program.fixedBatch() != batch;
    }
}
