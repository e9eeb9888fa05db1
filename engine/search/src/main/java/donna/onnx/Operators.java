package donna.onnx;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/** The ops that can be read, with every attribute that is understood: one that is not is an error, not ignored; and the inputs that must be there. */
final class Operators {
    private static final Map<String, Set<String>> ATTRIBUTES = new HashMap<>();

    static {
        Set<String> window = Set.of("auto_pad", "kernel_shape", "pads", "strides", "dilations");
        add(window, "Conv", "group");
        add(window, "MaxPool", "ceil_mode", "storage_order");
        add(window, "AveragePool", "ceil_mode", "count_include_pad");
        add("GlobalAveragePool GlobalMaxPool");
        add("BatchNormalization", "epsilon", "momentum", "training_mode");
        add("LayerNormalization", "axis", "epsilon", "stash_type");
        add("Gemm", "alpha", "beta", "transA", "transB");
        add("MatMul Add Sub Mul Div Sum Pow Neg Abs Sqrt Exp Reciprocal Erf Floor Ceil Mod Min Max");
        add("Equal Less Greater And Or Not Where");
        add("Relu Sigmoid Tanh HardSwish PRelu");
        add("HardSigmoid", "alpha", "beta");
        add("LeakyRelu", "alpha");
        add("Gelu", "approximate");
        add("Clip");
        add("Softmax", "axis");
        add("ReduceMean ReduceSum ReduceMax ReduceMin ReduceL1 ReduceSumSquare ReduceProd", "axes", "keepdims", "noop_with_empty_axes");
        add("Reshape", "allowzero");
        add("Flatten Concat Gather", "axis");
        add("Transpose", "perm");
        add("Slice Expand Tile Size Range Identity");
        add("Split", "axis", "split", "num_outputs");
        add("Pad", "mode");
        add("Squeeze Unsqueeze", "axes");
        add("Dropout", "seed", "ratio");
        add("Cast", "to", "saturate");
        add("Shape", "start", "end");
        add("ConstantOfShape", "value");
        add("Constant", "value", "value_float", "value_floats", "value_int", "value_ints");
    }

    private Operators() {}

    private static void add(String ops, String... attributes) {
        for (String op : ops.split(" ")) {
            ATTRIBUTES.put(op, Set.of(attributes));
        }
    }

    private static void add(Set<String> shared, String op, String... own) {
        Set<String> all = new HashSet<>(shared);
        all.addAll(Set.of(own));
        ATTRIBUTES.put(op, all);
    }

    /** How many of the first inputs an op cannot do without. */
    private static int needed(String op) {
        return switch (op) {
            case "Constant" -> 0;
            case "Conv", "LayerNormalization", "Gemm", "MatMul", "Add", "Sub", "Mul", "Div", "Pow", "Mod", "Equal", "Less", "Greater", "And", "Or",
                    "PRelu", "Reshape", "Expand", "Tile", "Gather", "Pad" -> 2;
            case "Slice", "Where", "Range" -> 3;
            case "BatchNormalization" -> 5;
            default -> 1;
        };
    }

    /** @throws donna.tensor.DonnaException.InvalidInput if the op or one of the attributes cannot be read, or an input is missing */
    static void check(OnnxNode n) {
        Set<String> known = ATTRIBUTES.get(n.op());
        if (known == null) {
            throw n.error("is not supported; export the model without this op, or cut it off");
        }
        n.attributes().keySet().stream().filter(a -> !known.contains(a)).sorted().findFirst().ifPresent(a -> {
            throw n.error("has attribute '" + a + "', which is not supported");
        });
        int needed = needed(n.op());
        if (!IntStream.range(0, needed).allMatch(n::has)) {
            throw n.error("has inputs " + n.inputs() + ", expected " + needed + "; export the file again");
        }
    }
}
