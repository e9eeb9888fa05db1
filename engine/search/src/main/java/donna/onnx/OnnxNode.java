package donna.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import donna.tensor.Activation;
import donna.tensor.DonnaException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * One node of an ONNX file. Immutable.
 *
 * @param file for messages
 * @param position in the file, from 0
 * @param name as the file has it; may be empty
 * @param op its type
 * @param inputs names of values; an empty one is an optional input left out
 * @param outputs names of values
 * @param attributes by name
 */
record OnnxNode(
        String file, int position, String name, String op, List<String> inputs, List<String> outputs, Map<String, AttributeProto> attributes) {
    OnnxNode {
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
        attributes = Map.copyOf(attributes);
    }

    /** The same node reading other names. */
    OnnxNode reading(UnaryOperator<String> rename) {
        return new OnnxNode(file, position, name, op, inputs.stream().map(rename).toList(), outputs, attributes);
    }

    /** The first output. */
    String output() {
        return outputs.getFirst();
    }

    /** Input {@code i}; empty where it is left out. */
    String input(int i) {
        return i < inputs.size() ? inputs.get(i) : "";
    }

    boolean has(int i) {
        return !input(i).isEmpty();
    }

    boolean is(String type) {
        return op.equals(type);
    }

    /** {@code model.onnx: node 17 'features.3' (Conv)}. */
    String where() {
        return file + ": node " + position + (name.isEmpty() ? "" : " '" + name + "'") + " (" + op + ")";
    }

    /** What the ops that it becomes are called. */
    String layer() {
        return name.isEmpty() ? output() : name;
    }

    DonnaException.InvalidInput error(String what) {
        return new DonnaException.InvalidInput(where() + " " + what);
    }

    private AttributeProto attribute(String key, AttributeProto.AttributeType type) {
        AttributeProto a = attributes.get(key);
        if (a.getType() != type) {
            throw error("has attribute '" + key + "' of type " + a.getType() + ", expected " + type);
        }
        return a;
    }

    long integer(String key, long otherwise) {
        return attributes.containsKey(key) ? attribute(key, AttributeProto.AttributeType.INT).getI() : otherwise;
    }

    float number(String key, float otherwise) {
        return attributes.containsKey(key) ? attribute(key, AttributeProto.AttributeType.FLOAT).getF() : otherwise;
    }

    long[] integers(String key, long... otherwise) {
        return attributes.containsKey(key)
                ? attribute(key, AttributeProto.AttributeType.INTS).getIntsList().stream().mapToLong(Long::longValue).toArray()
                : otherwise;
    }

    String text(String key, String otherwise) {
        return attributes.containsKey(key)
                ? attribute(key, AttributeProto.AttributeType.STRING).getS().toString(StandardCharsets.UTF_8)
                : otherwise;
    }

    /** A list of real numbers. */
    Constant reals(String key) {
        List<Float> all = attribute(key, AttributeProto.AttributeType.FLOATS).getFloatsList();
        float[] out = new float[all.size()];
        for (int i = 0; i < out.length; i++) {
            out[i] = all.get(i);
        }
        return new Constant.Reals(new int[] {out.length}, out);
    }

    /** A tensor attribute. */
    Constant tensor(String key) {
        return TensorReader.read(where() + ": '" + key + "'", attribute(key, AttributeProto.AttributeType.TENSOR).getT());
    }

    /** The activation that an op of one input is, {@link Activation#NONE} for every other. */
    Activation activation() {
        return switch (op) {
            case "Relu" -> Activation.RELU;
            case "Sigmoid" -> Activation.SIGMOID;
            case "HardSwish" -> Activation.HSWISH;
            case "Gelu" -> text("approximate", "none").equals("none") ? Activation.GELU : Activation.NONE;
            case "HardSigmoid" -> near(number("alpha", 0.2f), 1 / 6f) && near(number("beta", 0.5f), 0.5f) ? Activation.HSIGMOID : Activation.NONE;
            default -> Activation.NONE;
        };
    }

    /** Equal but for the rounding of constants that a tool has written. */
    static boolean near(double a, double b) {
        return Math.abs(a - b) <= 1e-6 * Math.max(Math.abs(a), Math.abs(b));
    }
}
