package donna.export;

import donna.export.OnnxModel.Attribute;
import donna.format.HostTensor;
import donna.graph.Node;
import donna.graph.Op;
import donna.graph.Value;
import donna.tensor.Activation;
import donna.tensor.ConvGeometry;
import donna.tensor.DType;
import donna.tensor.DonnaException;
import donna.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Every op as ONNX nodes of opset 17: one switch over {@link Op}. Ops of training have no place in an inference
 * file and are refused by name.
 */
final class OnnxOps {
    private final OnnxModel model;
    private final Map<String, float[]> variables;
    private final Set<String> written = new HashSet<>();

    OnnxOps(OnnxModel model, Map<String, float[]> variables) {
        this.model = model;
        this.variables = variables;
    }

    void write(Node n) {
        List<String> in = inputs(n);
        switch (n.op()) {
            case Op.Input o -> model.input(o.name(), o.spec());
            case Op.Variable o -> variable(o);
            case Op.Fill o -> {}
            case Op.Conv2d o -> conv(n, o, in);
            case Op.Linear o -> linear(n, o, in);
            case Op.MatMul o -> matmul(n, o, in);
            case Op.SumExcept o -> sumExcept(n, o, in);
            case Op.BatchNormInference o -> {
                String normed =
                        model.node(n.name(), "BatchNormalization", in.subList(0, 5), Attribute.of("epsilon", o.eps()));
                String sum = o.residual() ? model.node(n.name(), "Add", List.of(normed, in.get(5))) : normed;
                activate(n, o.act(), sum);
            }
            case Op.LayerNorm o -> {
                List<String> out = new ArrayList<>(List.of(model.name(n.output(0))));
                if (model.isNamed(n.output(1)) || model.isNamed(n.output(2))) {
                    out.addAll(List.of(model.name(n.output(1)), model.name(n.output(2))));
                }
                model.node(
                        n.name(),
                        "LayerNormalization",
                        in,
                        out,
                        Attribute.of("axis", -1),
                        Attribute.of("epsilon", o.eps()));
            }
            case Op.Activate o -> activate(n, o.act(), in.getFirst());
            case Op.Add o -> result(n, "Add", in);
            case Op.AddEach o -> result(n, "Add", in);
            case Op.Multiply o -> result(n, "Mul", in);
            case Op.Scale o -> result(n, "Mul", List.of(in.getFirst(), model.number(n.name(), "factor", o.factor())));
            case Op.ScaleBy o -> result(n, "Mul", in);
            case Op.ChannelScale o -> {
                String axes = model.integers(n.name(), "axes", 2, 3);
                String gate = model.node(n.name(), "Unsqueeze", List.of(in.get(1), axes));
                result(n, "Mul", List.of(in.getFirst(), gate));
            }
            case Op.GlobalAveragePool o -> {
                String pooled = model.node(n.name(), "GlobalAveragePool", in);
                result(n, "Flatten", List.of(pooled), Attribute.of("axis", 1));
            }
            case Op.AveragePool o -> {
                refuse(
                        n,
                        o.geometry().dilation() > 1,
                        "a dilation of " + o.geometry().dilation());
                List<Attribute> a = window(o.kernel(), o.kernel(), o.geometry());
                a.add(Attribute.of("count_include_pad", 1));
                result(n, "AveragePool", in, a.toArray(Attribute[]::new));
            }
            case Op.MaxPool o -> {
                List<Attribute> a = window(o.kernel(), o.kernel(), o.geometry());
                a.add(dilations(o.geometry()));
                result(n, "MaxPool", in, a.toArray(Attribute[]::new));
            }
            case Op.Softmax o -> result(n, "Softmax", in, Attribute.of("axis", -1));
            case Op.Reshape o -> result(n, "Reshape", List.of(in.getFirst(), target(n, o.shape())));
            case Op.Transpose o -> {
                long[] perm =
                        o.permutation().stream().mapToLong(Integer::longValue).toArray();
                result(n, "Transpose", in, Attribute.of("perm", perm));
            }
            case Op.Slice o -> slice(n, o, in.getFirst());
            case Op.Pad o -> pad(n, o, in.getFirst());
            case Op.Concat o -> result(n, "Concat", in, Attribute.of("axis", o.axis()));
            case Op.Conv2dBackwardData o -> throw training(n);
            case Op.Conv2dBackwardWeight o -> throw training(n);
            case Op.BatchNorm o -> throw training(n);
            case Op.BatchNormBackward o -> throw training(n);
            case Op.LayerNormBackward o -> throw training(n);
            case Op.ActivateBackward o -> throw training(n);
            case Op.ChannelScaleBackwardGate o -> throw training(n);
            case Op.Dropout o -> throw training(n);
            case Op.GlobalAveragePoolBackward o -> throw training(n);
            case Op.AveragePoolBackward o -> throw training(n);
            case Op.MaxPoolBackward o -> throw training(n);
            case Op.SoftmaxBackward o -> throw training(n);
            case Op.NsrLoss o -> throw training(n);
            case Op.CrossEntropy o -> throw training(n);
            case Op.DistillationLoss o -> throw training(n);
            case Op.MeanSquaredError o -> throw training(n);
            case Op.SgdUpdate o -> throw training(n);
            case Op.AdamWUpdate o -> throw training(n);
            case Op.EmaUpdate o -> throw training(n);
            case Op.ClipFactor o -> throw training(n);
            case Op.LossScaleUpdate o -> throw training(n);
        }
    }

    private static DonnaException training(Node n) {
        return new DonnaException.InvalidInput("ONNX export: '" + n.name() + "' is a "
                + n.op().getClass().getSimpleName() + ", an op of training; export the graph of inference");
    }

    private static void refuse(Node n, boolean refused, String what) {
        if (refused) {
            throw new DonnaException.InvalidInput(
                    "ONNX export: " + n.op().getClass().getSimpleName() + " '" + n.name() + "' has " + what
                            + ", which opset " + OnnxExport.OPSET + " cannot say");
        }
    }

    /** The node that gives the op's first output its name. */
    private void result(Node n, String type, List<String> in, Attribute... attributes) {
        model.node(n.name(), type, in, List.of(model.name(n.output(0))), attributes);
    }

    private void variable(Op.Variable o) {
        if (o.spec().dtype() != DType.F32) {
            throw new DonnaException.InvalidInput(
                    "ONNX export: variable '" + o.name() + "' is " + o.spec().dtype() + ", expected F32");
        }
        float[] values = variables.get(o.name());
        if (values == null || values.length != o.spec().shape().elements()) {
            throw new DonnaException.InvalidInput("ONNX export: variable '" + o.name() + "' "
                    + o.spec().shape() + " has " + (values == null ? "no values" : values.length + " values")
                    + ", expected " + o.spec().shape().elements());
        }
        model.constant(o.name(), HostTensor.of(o.spec().shape(), values));
    }

    /**
     * Names of the inputs; a number everywhere is written where it is first read. ONNX repeats a single number, so that
     * a sum or product takes just that.
     */
    private List<String> inputs(Node n) {
        List<String> names = new ArrayList<>();
        for (Value v : n.inputs()) {
            if (v.node().op() instanceof Op.Fill f) {
                boolean repeated = n.op() instanceof Op.Add || n.op() instanceof Op.Multiply;
                names.add(repeated && !isAllFilled(n) ? model.number(n.name(), "number", f.value()) : filled(v, f));
            } else {
                names.add(model.name(v));
            }
        }
        return names;
    }

    private static boolean isAllFilled(Node n) {
        return n.inputs().stream().allMatch(v -> v.node().op() instanceof Op.Fill);
    }

    /** The name of a tensor of equal numbers, written now if it was not before. */
    String filled(Value v, Op.Fill o) {
        String name = model.name(v);
        if (!written.add(name)) {
            return name;
        }
        Shape shape = o.spec().shape();
        String at = v.node().name();
        long[] dims = Arrays.stream(shape.dims()).asLongStream().toArray();
        String target = isBatch(shape, 0) ? openTarget(at, dims) : model.integers(at, "shape", dims);
        HostTensor value = HostTensor.of(Shape.of(1), new float[] {o.value()});
        model.node(at, "ConstantOfShape", List.of(target), List.of(name), Attribute.of("value", value));
        return name;
    }

    /** A shape whose first dimension is so and so many times the number of images, which is known when the model runs. */
    private String openTarget(String at, long[] dims) {
        String all = model.node(at, "Shape", List.of(model.anyInput()));
        String batch = model.node(at, "Gather", List.of(all, model.integers(at, "first", 0)));
        String rows = model.node(at, "Mul", List.of(batch, model.integers(at, "each", dims[0] / model.openBatch())));
        long[] rest = Arrays.copyOfRange(dims, 1, dims.length);
        List<String> parts = rest.length == 0 ? List.of(rows) : List.of(rows, model.integers(at, "rest", rest));
        return model.node(at, "Concat", parts, Attribute.of("axis", 0));
    }

    private void conv(Node n, Op.Conv2d o, List<String> in) {
        Shape weight = n.input(1).shape();
        List<Attribute> a = window(weight.dim(2), weight.dim(3), o.geometry());
        a.add(dilations(o.geometry()));
        a.add(Attribute.of("group", o.geometry().groups()));
        int inputs = o.bias() ? 3 : 2;
        String x = model.node(n.name(), "Conv", in.subList(0, inputs), a.toArray(Attribute[]::new));
        activate(n, o.act(), o.residual() ? model.node(n.name(), "Add", List.of(x, in.get(inputs))) : x);
    }

    private static List<Attribute> window(int kernelHeight, int kernelWidth, ConvGeometry g) {
        long p = g.padding();
        return new ArrayList<>(List.of(
                Attribute.of("kernel_shape", kernelHeight, kernelWidth),
                Attribute.of("strides", g.stride(), g.stride()),
                Attribute.of("pads", p, p, p, p)));
    }

    private static Attribute dilations(ConvGeometry g) {
        return Attribute.of("dilations", g.dilation(), g.dilation());
    }

    private void linear(Node n, Op.Linear o, List<String> in) {
        if (n.input(0).shape().rank() == 2) {
            result(n, "Gemm", in, Attribute.of("transB", 1));
            return;
        }
        String weight = model.node(n.name(), "Transpose", List.of(in.get(1)), Attribute.of("perm", 1, 0));
        if (o.bias()) {
            String product = model.node(n.name(), "MatMul", List.of(in.getFirst(), weight));
            result(n, "Add", List.of(product, in.get(2)));
        } else {
            result(n, "MatMul", List.of(in.getFirst(), weight));
        }
    }

    private void matmul(Node n, Op.MatMul o, List<String> in) {
        int rank = n.input(0).shape().rank();
        String a = o.transposeA() ? transposed(n, in.get(0), rank) : in.get(0);
        String b = o.transposeB() ? transposed(n, in.get(1), rank) : in.get(1);
        result(n, "MatMul", List.of(a, b));
    }

    private String transposed(Node n, String matrix, int rank) {
        long[] perm = new long[rank];
        Arrays.setAll(perm, i -> i);
        perm[rank - 2] = rank - 1;
        perm[rank - 1] = rank - 2;
        return model.node(n.name(), "Transpose", List.of(matrix), Attribute.of("perm", perm));
    }

    private void sumExcept(Node n, Op.SumExcept o, List<String> in) {
        List<Integer> axes = new ArrayList<>();
        for (int i = 0; i < n.input(0).shape().rank(); i++) {
            if (i != o.axis()) {
                axes.add(i);
            }
        }
        if (axes.isEmpty()) {
            result(n, "Identity", in);
            return;
        }
        String list = model.integers(
                n.name(), "axes", axes.stream().mapToLong(Integer::longValue).toArray());
        result(n, "ReduceSum", List.of(in.getFirst(), list), Attribute.of("keepdims", 0));
    }

    /** {@code act(x)} under the name of the op's output. */
    private void activate(Node n, Activation act, String x) {
        String at = n.name();
        switch (act) {
            case NONE -> {
                if (model.isNamed(n.output(0))) {
                    result(n, "Identity", List.of(x));
                } else {
                    model.name(n.output(0), x);
                }
            }
            case RELU -> result(n, "Relu", List.of(x));
            case RELU6 -> result(n, "Clip", List.of(x, model.number(at, "zero", 0), model.number(at, "six", 6)));
            case SWISH -> result(n, "Mul", List.of(x, model.node(at, "Sigmoid", List.of(x))));
            case HSWISH -> result(n, "HardSwish", List.of(x));
            case SIGMOID -> result(n, "Sigmoid", List.of(x));
            case HSIGMOID ->
                result(n, "HardSigmoid", List.of(x), Attribute.of("alpha", 1 / 6f), Attribute.of("beta", 0.5f));
            case GELU -> {
                String scaled =
                        model.node(at, "Mul", List.of(x, model.number(at, "sqrt_half", (float) Math.sqrt(0.5))));
                String erf = model.node(at, "Erf", List.of(scaled));
                String plusOne = model.node(at, "Add", List.of(erf, model.number(at, "one", 1)));
                String half = model.node(at, "Mul", List.of(x, model.number(at, "half", 0.5f)));
                result(n, "Mul", List.of(half, plusOne));
            }
        }
    }

    /** A target shape; the dimension that holds an open batch is worked out from the number of elements. */
    private String target(Node n, Shape shape) {
        long[] dims = Arrays.stream(shape.dims()).asLongStream().toArray();
        if (model.openBatch() > 0 && shape.elements() % model.openBatch() == 0) {
            int[] open = IntStream.range(0, dims.length).filter(d -> isBatch(shape, d)).toArray();
            boolean first = open.length > 0 && open[0] == 0;
            refuse(n, !first && open.length != 1, "a target " + shape + " of which " + open.length + " dimensions contain the batch");
            dims[open[0]] = -1;
        }
        return model.integers(n.name(), "shape", dims);
    }

    /** Whether a dimension holds the batch that is left open. */
    private boolean isBatch(Shape shape, int dimension) {
        return model.openBatch() > 0 && shape.dim(dimension) % model.openBatch() == 0;
    }

    private void slice(Node n, Op.Slice o, String src) {
        List<Long> starts = new ArrayList<>();
        List<Long> ends = new ArrayList<>();
        List<Long> axes = new ArrayList<>();
        List<Long> steps = new ArrayList<>();
        for (int i = 0; i < o.shape().rank(); i++) {
            long start = o.start().get(i);
            long step = o.step().get(i);
            if (start != 0
                    || step != 1
                    || o.shape().dim(i) != n.input(0).shape().dim(i)) {
                refuse(n, isBatch(n.input(0).shape(), i), "a cut through the batch");
                starts.add(start);
                ends.add(start + (o.shape().dim(i) - 1) * step + 1);
                axes.add((long) i);
                steps.add(step);
            }
        }
        if (axes.isEmpty()) {
            result(n, "Identity", List.of(src));
        } else {
            result(
                    n,
                    "Slice",
                    List.of(
                            src,
                            list(n, "starts", starts),
                            list(n, "ends", ends),
                            list(n, "axes", axes),
                            list(n, "steps", steps)));
        }
    }

    private void pad(Node n, Op.Pad o, String src) {
        int rank = o.shape().rank();
        refuse(n, !o.step().equals(Collections.nCopies(rank, 1)), "a step of " + o.step());
        List<Long> pads = new ArrayList<>(Collections.nCopies(2 * rank, 0L));
        for (int i = 0; i < rank; i++) {
            long before = o.start().get(i);
            long after = o.shape().dim(i) - before - n.input(0).shape().dim(i);
            refuse(n, isBatch(n.input(0).shape(), i) && before + after > 0, "padding of the batch");
            pads.set(i, before);
            pads.set(rank + i, after);
        }
        result(n, "Pad", List.of(src, list(n, "pads", pads)));
    }

    private String list(Node n, String kind, List<Long> values) {
        return model.integers(
                n.name(), kind, values.stream().mapToLong(Long::longValue).toArray());
    }
}
