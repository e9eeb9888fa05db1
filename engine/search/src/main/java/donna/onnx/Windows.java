package donna.onnx;

import donna.graph.Op;
import donna.graph.Value;
import donna.nn.GraphWriter;
import donna.nn.ParameterSpec;
import donna.tensor.Activation;
import donna.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/** Convolutions with what follows them, pooling, batch norm. */
final class Windows {
    private final Lowering l;

    Windows(Lowering lowering) {
        this.l = lowering;
    }

    void write(OnnxNode n) {
        l.put(n, switch (n.op()) {
            case "Conv" -> convolution(new Step.Convolution(n, n, Optional.empty(), Optional.empty(), Activation.NONE));
            case "MaxPool" -> maxPool(n);
            case "AveragePool" -> averagePool(n);
            case "GlobalAveragePool" -> {
                Value v = l.live(n, 0);
                yield l.reshape(l.graph.add(new Op.GlobalAveragePool(), v), v.shape().dim(0), v.shape().dim(1), 1, 1);
            }
            case "GlobalMaxPool" -> new Reductions(l).globalMax(n, l.live(n, 0));
            default -> throw new AssertionError(n);
        });
    }

    // ---- convolution

    Value convolution(Step.Convolution s) {
        OnnxNode n = s.conv();
        l.graph.at(n.layer());
        Value src = l.live(n, 0);
        Item.Known weight = l.stored(n, 1, "weight");
        int[] dims = weight.value().dims();
        if (dims.length != 4) {
            throw n.error("has a weight of " + Arrays.toString(dims) + "; expected [out, in / group, height, width]");
        }
        Window window = Window.of(n, src.shape().dims(), new int[] {dims[2], dims[3]});
        Value padded = window.isEven() ? src : zeros(src, window);
        ParameterSpec w = spec(weight, true);
        Optional<ParameterSpec> bias = l.constant(n, 2).map(b -> spec(b, false));
        if (n.has(2) && bias.isEmpty()) {
            throw n.error("computes its bias from the images; expected a constant");
        }
        boolean vector = src.shape().dim(2) * src.shape().dim(3) * dims[2] * dims[3] == 1 && window.groups() == 1;
        if (vector && s.norm().isEmpty() && s.residual().isEmpty() && !window.isPadded()) {
            return l.activate(s.act(), pointwise(src, w, bias));
        }
        Optional<Value> residual = s.residual().map(r -> l.live(s.node(), r));
        var geometry = window.geometry(window.isEven() ? window.top() : 0);
        if (s.norm().isEmpty()) {
            return l.writer.conv(padded, w, bias, geometry, s.act(), residual);
        }
        OnnxNode norm = s.norm().get();
        String folded = bias.map(ParameterSpec::name).orElse(w.name() + ".folded_bias");
        return l.writer.convNorm(padded, w, bias, geometry, norm.layer(), norm(norm), folded, s.act(), residual);
    }

    /** On one pixel a convolution is a linear layer. */
    private Value pointwise(Value src, ParameterSpec weight, Optional<ParameterSpec> bias) {
        int channels = src.shape().dim(1);
        Value matrix = l.reshape(l.writer.parameter(weight), weight.shape().dim(0), weight.shape().dim(1));
        List<Value> in = new ArrayList<>(List.of(l.reshape(src, src.shape().dim(0), channels), matrix));
        bias.ifPresent(b -> in.add(l.writer.parameter(b)));
        Value out = l.graph.node(new Op.Linear(bias.isPresent()), in).output(0);
        return l.reshape(out, out.shape().dim(0), out.shape().dim(1), 1, 1);
    }

    private ParameterSpec spec(Item.Known k, boolean decay) {
        return l.spec(k, k.value().dims(), k.value(), k.trainable(), decay);
    }

    private Value zeros(Value v, Window w) {
        Shape s = v.shape();
        Shape target = Shape.of(
                s.dim(0),
                s.dim(1),
                s.dim(2) + w.top() + w.bottom() + w.partial()[0],
                s.dim(3) + w.left() + w.right() + w.partial()[1]);
        return l.graph.add(new Op.Pad(List.of(0, 0, w.top(), w.left()), Collections.nCopies(4, 1), target), v);
    }

    // ---- batch norm

    private GraphWriter.Norm norm(OnnxNode n) {
        List<ParameterSpec> all = new ArrayList<>();
        List<String> roles = List.of("scale", "bias", "mean", "variance");
        for (int i = 0; i < 4; i++) {
            Item.Known k = l.stored(n, i + 1, roles.get(i));
            all.add(l.spec(k, k.value().dims(), k.value(), i < 2, false));
        }
        return new GraphWriter.Norm(all.get(0), all.get(1), all.get(2), all.get(3), n.number("epsilon", 1e-5f));
    }

    void batchNorm(OnnxNode n) {
        if (n.integer("training_mode", 0) != 0 || n.outputs().size() > 1) {
            throw n.error("is in training mode; export the model for inference");
        }
        Value v = l.live(n, 0);
        Shape s = v.shape();
        Value image = s.rank() == 2 ? l.reshape(v, s.dim(0), s.dim(1), 1, 1) : v;
        l.put(n, l.reshape(l.writer.norm(image, norm(n), Activation.NONE, Optional.empty()), s.dims()));
    }

    // ---- pooling

    /** Padding that the engine's pooling does not know is written out, as numbers that never win. */
    private Value maxPool(OnnxNode n) {
        Value v = l.live(n, 0);
        Window w = square(n, v);
        if (n.integer("storage_order", 0) != 0 || n.outputs().size() > 1) {
            throw n.error("gives the places of its values, too, which is not supported");
        }
        if (w.isEven() && w.top() * 2 <= w.kernelHeight()) {
            return l.graph.add(new Op.MaxPool(w.kernelHeight(), w.geometry(w.top())), v);
        }
        Value rows = beside(v, 2, w.top(), w.bottom() + w.partial()[0]);
        Value all = beside(rows, 3, w.left(), w.right() + w.partial()[1]);
        return l.graph.add(new Op.MaxPool(w.kernelHeight(), w.geometry(0)), all);
    }

    private static Window square(OnnxNode n, Value v) {
        Window w = Window.of(n, v.shape().dims(), new int[0]);
        if (!w.isSquare()) {
            throw n.error("has a window of " + w.kernelHeight() + "x" + w.kernelWidth() + "; expected a square one");
        }
        if (Math.max(Math.max(w.top(), w.bottom()), Math.max(w.left(), w.right())) >= w.kernelHeight()) {
            throw n.error("has padding as wide as its window of " + w.kernelHeight());
        }
        return w;
    }

    private Value beside(Value v, int axis, int before, int after) {
        List<Value> parts = new ArrayList<>();
        if (before > 0) {
            parts.add(l.fill(-Float.MAX_VALUE, v.shape().with(axis, before)));
        }
        parts.add(v);
        if (after > 0) {
            parts.add(l.fill(-Float.MAX_VALUE, v.shape().with(axis, after)));
        }
        return parts.size() == 1 ? v : l.graph.node(new Op.Concat(axis), parts).output(0);
    }

    /** Where padding does not count, the mean with zeros is corrected by the share of pixels in each window. */
    private Value averagePool(OnnxNode n) {
        Value v = l.live(n, 0);
        Window w = square(n, v);
        if (w.dilation() != 1) {
            throw n.error("has a dilation of " + w.dilation() + ", which is not supported");
        }
        boolean counted = n.integer("count_include_pad", 0) == 1;
        if (counted && w.partial()[0] + w.partial()[1] > 0) {
            throw n.error("has ceil_mode with windows that leave the image and count_include_pad, which is not supported");
        }
        boolean even = w.isEven() && w.top() * 2 <= w.kernelHeight();
        Value padded = even ? v : zeros(v, w);
        Value mean = l.graph.add(new Op.AveragePool(w.kernelHeight(), w.geometry(even ? w.top() : 0)), padded);
        if (counted || !w.isPadded()) {
            return mean;
        }
        int[] target = mean.shape().dims();
        float[] factors = new float[target[2] * target[3]];
        for (int y = 0; y < target[2]; y++) {
            for (int x = 0; x < target[3]; x++) {
                int rows = inside(y * w.stride() - w.top(), w.kernelHeight(), v.shape().dim(2));
                int columns = inside(x * w.stride() - w.left(), w.kernelWidth(), v.shape().dim(3));
                factors[y * target[3] + x] = (float) w.kernelHeight() * w.kernelWidth() / (rows * columns);
            }
        }
        Constant factor = new Constant.Reals(new int[] {1, 1, target[2], target[3]}, factors);
        Value stored = l.tensor(new Item.Known(factor, n.output() + ".pixels", false));
        return l.graph.add(new Op.Multiply(), mean, l.broadcast(stored, target));
    }

    private static int inside(int start, int taps, int size) {
        return Math.min(start + taps, size) - Math.max(start, 0);
    }
}
