package donna.onnx;

import donna.graph.Op;
import donna.graph.Value;
import donna.tensor.Activation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Ops on each element: arithmetic with broadcasting, activations, softmax. */
final class Elementwise {
    private final Lowering l;

    Elementwise(Lowering lowering) {
        this.l = lowering;
    }

    void write(OnnxNode n) {
        Activation act = n.activation();
        if (act != Activation.NONE) {
            l.put(n, l.activate(act, l.live(n, 0)));
            return;
        }
        l.put(n, switch (n.op()) {
            case "Add" -> add(n, l.item(n, n.input(0)), l.item(n, n.input(1)));
            case "Sum" -> sum(n);
            case "Sub" -> subtract(n);
            case "Mul" -> multiply(n, l.item(n, n.input(0)), l.item(n, n.input(1)));
            case "Div" -> divide(n);
            case "Pow" -> power(n);
            case "Neg" -> l.scale(l.live(n, 0), -1);
            case "Abs" -> absolute(l.live(n, 0));
            case "Max" -> largest(n, 1);
            case "Min" -> largest(n, -1);
            case "Tanh" -> {
                Value s = l.activate(Activation.SIGMOID, l.scale(l.live(n, 0), 2));
                yield l.shift(l.scale(s, 2), -1);
            }
            case "HardSigmoid" -> hardSigmoid(n);
            case "LeakyRelu" -> leaky(n, l.live(n, 0), new Item.Known(number(n.number("alpha", 0.01f)), "", false));
            case "PRelu" -> leaky(n, l.live(n, 0), l.item(n, n.input(1)));
            case "Gelu" -> tanhGelu(l.live(n, 0));
            case "Clip" -> clip(n);
            case "Softmax" -> softmax(n);
            default -> throw new AssertionError(n);
        });
    }

    private static Constant number(float value) {
        return new Constant.Reals(new int[0], new float[] {value});
    }

    // ---- arithmetic

    /** The number that {@code b} is, if adding it to or multiplying it with {@code a} changes no shape. */
    private static Optional<Float> numberFor(Item a, Item b) {
        return b instanceof Item.Known k && k.isNumber() && Arrays.equals(Index.common(a.dims(), b.dims()), a.dims())
                ? Optional.of((float) k.value().at(0))
                : Optional.empty();
    }

    private Value add(OnnxNode n, Item a, Item b) {
        Optional<Float> right = numberFor(a, b);
        if (right.isPresent()) {
            return l.shift(l.tensor(a), right.get());
        }
        Optional<Float> left = numberFor(b, a);
        if (left.isPresent()) {
            return l.shift(l.tensor(b), left.get());
        }
        if (isForEach(a.dims(), b.dims())) {
            return l.graph.add(new Op.AddEach(), l.tensor(a), l.tensor(b));
        }
        return isForEach(b.dims(), a.dims()) ? l.graph.add(new Op.AddEach(), l.tensor(b), l.tensor(a)) : both(new Op.Add(), a, b);
    }

    /** Whether {@code each} is one more for every sample of {@code src}. */
    private static boolean isForEach(int[] src, int[] each) {
        int[] one = src.clone();
        one[0] = 1;
        return src.length > 1 && src[0] > 1 && Arrays.equals(each, one);
    }

    private Value sum(OnnxNode n) {
        Item all = l.item(n, n.input(0));
        for (int i = 1; i < n.inputs().size(); i++) {
            all = new Item.Live(add(n, all, l.item(n, n.input(i))));
        }
        return l.tensor(all);
    }

    private Value subtract(OnnxNode n) {
        Item a = l.item(n, n.input(0));
        Item b = l.item(n, n.input(1));
        Optional<Float> right = numberFor(a, b);
        return right.isPresent() ? l.shift(l.tensor(a), -right.get()) : add(n, a, new Item.Live(l.scale(l.tensor(b), -1)));
    }

    private Value multiply(OnnxNode n, Item a, Item b) {
        Optional<Float> right = numberFor(a, b);
        if (right.isPresent()) {
            return l.scale(l.tensor(a), right.get());
        }
        Optional<Float> left = numberFor(b, a);
        if (left.isPresent()) {
            return l.scale(l.tensor(b), left.get());
        }
        if (isGate(a.dims(), b.dims())) {
            return gate(l.tensor(a), l.tensor(b));
        }
        return isGate(b.dims(), a.dims()) ? gate(l.tensor(b), l.tensor(a)) : both(new Op.Multiply(), a, b);
    }

    /** Whether one number a channel and image is multiplied with {@code src [N, C, H, W]}. */
    private static boolean isGate(int[] src, int[] gate) {
        return src.length == 4
                && gate.length == 4
                && src[2] * src[3] > 1
                && Arrays.equals(gate, new int[] {src[0], src[1], 1, 1});
    }

    private Value gate(Value src, Value gate) {
        return l.graph.add(new Op.ChannelScale(), src, l.reshape(gate, src.shape().dim(0), src.shape().dim(1)));
    }

    private Value both(Op op, Item a, Item b) {
        int[] target = Index.common(a.dims(), b.dims());
        return l.graph.add(op, l.broadcast(l.tensor(a), target), l.broadcast(l.tensor(b), target));
    }

    private Value divide(OnnxNode n) {
        Item a = l.item(n, n.input(0));
        Item.Known by = l.constant(n, 1)
                .orElseThrow(() -> n.error("divides by values that depend on the images, which is supported only inside"
                        + " a layer normalisation over the last dimension"));
        float[] inverse = by.value().toFloats().clone();
        for (int i = 0; i < inverse.length; i++) {
            inverse[i] = 1 / inverse[i];
        }
        Constant reciprocal = new Constant.Reals(by.value().dims(), inverse);
        return multiply(n, a, new Item.Known(reciprocal, n.output() + ".reciprocal", false));
    }

    private Value power(OnnxNode n) {
        float exponent = l.number(n, 1).orElse(Float.NaN);
        Value v = l.live(n, 0);
        if (exponent != 1 && exponent != 2 && exponent != 3) {
            throw n.error("raises to " + (n.has(1) ? l.item(n, n.input(1)) : "nothing") + "; expected 1, 2 or 3");
        }
        Value out = v;
        for (int i = 1; i < exponent; i++) {
            out = l.graph.add(new Op.Multiply(), out, v);
        }
        return out;
    }

    /** {@code relu(x) + relu(-x)}. */
    Value absolute(Value v) {
        Value negative = l.activate(Activation.RELU, l.scale(v, -1));
        return l.graph.add(new Op.Add(), l.activate(Activation.RELU, v), negative);
    }

    /** {@code max(a, b) = b + relu(a - b)}, of the negatives for the smallest. */
    private Value largest(OnnxNode n, float sign) {
        Item all = l.item(n, n.input(0));
        for (int i = 1; i < n.inputs().size(); i++) {
            Item b = l.item(n, n.input(i));
            int[] target = Index.common(all.dims(), b.dims());
            Value x = l.scale(l.broadcast(l.tensor(all), target), sign);
            Value y = l.scale(l.broadcast(l.tensor(b), target), sign);
            Value above = l.activate(Activation.RELU, l.graph.add(new Op.Add(), x, l.scale(y, -1)));
            all = new Item.Live(l.scale(l.graph.add(new Op.Add(), y, above), sign));
        }
        return l.tensor(all);
    }

    // ---- activations

    /** {@code max(0, min(1, alpha x + beta))}, which is relu6(x' + 3) / 6 of a scaled x'. */
    private Value hardSigmoid(OnnxNode n) {
        float alpha = n.number("alpha", 0.2f);
        float beta = n.number("beta", 0.5f);
        return l.activate(Activation.HSIGMOID, l.shift(l.scale(l.live(n, 0), 6 * alpha), 6 * (beta - 0.5f)));
    }

    /** {@code relu(x) - slope * relu(-x)}. */
    private Value leaky(OnnxNode n, Value v, Item slope) {
        Value negative = l.activate(Activation.RELU, l.scale(v, -1));
        Value scaled = multiply(n, new Item.Live(negative), slope);
        return l.graph.add(new Op.Add(), l.activate(Activation.RELU, v), l.scale(scaled, -1));
    }

    /** {@code 0.5 x (1 + tanh(y)) = x sigmoid(2 y)} with {@code y = sqrt(2 / pi) (x + 0.044715 x^3)}. */
    private Value tanhGelu(Value v) {
        Value square = l.graph.add(new Op.Multiply(), v, v);
        Value factor = l.shift(l.scale(square, 0.044715f), 1);
        Value y = l.scale(l.graph.add(new Op.Multiply(), v, factor), (float) (2 * Math.sqrt(2 / Math.PI)));
        return l.graph.add(new Op.Multiply(), v, l.activate(Activation.SIGMOID, y));
    }

    private Value clip(OnnxNode n) {
        Value v = l.live(n, 0);
        float low = bound(n, 1, Float.NEGATIVE_INFINITY);
        float high = bound(n, 2, Float.POSITIVE_INFINITY);
        if (!(low < high)) {
            throw n.error("clips to " + low + " .. " + high + "; expected the lower bound below the upper one");
        }
        if (low > -Float.MAX_VALUE && high < Float.MAX_VALUE) {
            Value unit = l.activate(Activation.RELU6, l.scale(l.shift(v, -low), 6 / (high - low)));
            return l.shift(l.scale(unit, (high - low) / 6), low);
        }
        if (low > -Float.MAX_VALUE) {
            return l.shift(l.activate(Activation.RELU, l.shift(v, -low)), low);
        }
        return high < Float.MAX_VALUE
                ? l.shift(l.scale(l.activate(Activation.RELU, l.shift(l.scale(v, -1), high)), -1), high)
                : v;
    }

    private float bound(OnnxNode n, int input, float otherwise) {
        return n.has(input)
                ? l.number(n, input).orElseThrow(() -> n.error("has a bound that is no constant number"))
                : otherwise;
    }

    /** Before opset 13 everything from the axis on is one row. */
    private Value softmax(OnnxNode n) {
        Value v = l.live(n, 0);
        int[] dims = v.shape().dims();
        boolean rows = l.program.file().opset() < 13;
        int axis = Index.axis(n.integer("axis", rows ? 1 : -1), dims.length);
        if (axis == dims.length - 1) {
            return l.graph.add(new Op.Softmax(), v);
        }
        if (rows) {
            int inner = Index.elements(Arrays.copyOfRange(dims, axis, dims.length));
            Value flat = l.reshape(v, Index.elements(Arrays.copyOf(dims, axis)), inner);
            return l.reshape(l.graph.add(new Op.Softmax(), flat), dims);
        }
        List<Integer> order = new ArrayList<>();
        for (int d = 0; d < dims.length; d++) {
            order.add(d);
        }
        order.set(axis, dims.length - 1);
        order.set(dims.length - 1, axis);
        int[] swap = order.stream().mapToInt(Integer::intValue).toArray();
        return l.transpose(l.graph.add(new Op.Softmax(), l.transpose(v, swap)), swap);
    }
}
