package donna.onnx;

import donna.graph.Op;
import donna.graph.Value;
import donna.nn.ParameterSpec;
import donna.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Matrix products and layer normalisation. */
final class Products {
    private final Lowering l;

    Products(Lowering lowering) {
        this.l = lowering;
    }

    void write(OnnxNode n) {
        l.put(n, switch (n.op()) {
            case "Gemm" -> gemm(n);
            case "MatMul" -> matmul(n, Optional.empty());
            case "LayerNormalization" -> layerNorm(n);
            default -> throw new AssertionError(n);
        });
    }

    Value linear(Step.Linear s) {
        if (l.item(s.node(), s.bias()) instanceof Item.Known bias) {
            return matmul(s.product(), Optional.of(bias));
        }
        throw new AssertionError(s);
    }

    private Value gemm(OnnxNode n) {
        Value a = l.live(n, 0);
        boolean turned = n.integer("transB", 0) == 1;
        float alpha = n.number("alpha", 1);
        float beta = n.number("beta", 1);
        Optional<Item.Known> weight = l.constant(n, 1).filter(k -> k.value().rank() == 2);
        Optional<Item.Known> bias = l.constant(n, 2);
        boolean layer = weight.isPresent() && n.integer("transA", 0) == 0 && a.shape().rank() == 2;
        if (layer && alpha == 1 && beta == 1 && (bias.isPresent() || !n.has(2)) && isRow(bias, weight.get(), turned)) {
            return linear(a, weight.get(), turned, bias);
        }
        Value product = l.graph.add(new Op.MatMul(n.integer("transA", 0) == 1, turned), a, l.live(n, 1));
        Value scaled = l.scale(product, alpha);
        if (!n.has(2) || beta == 0) {
            return scaled;
        }
        int[] dims = scaled.shape().dims();
        return l.graph.add(new Op.Add(), scaled, l.scale(l.broadcast(l.live(n, 2), dims), beta));
    }

    private static boolean isRow(Optional<Item.Known> bias, Item.Known weight, boolean turned) {
        int out = weight.value().dims()[turned ? 0 : 1];
        return bias.isEmpty() || bias.get().value().size() == out && bias.get().value().dims()[bias.get().value().rank() - 1] == out;
    }

    /** {@code src [.., I]} through a layer. The engine's weights are {@code [O, I]}, as {@code turned} ones are. */
    private Value linear(Value src, Item.Known weight, boolean turned, Optional<Item.Known> bias) {
        List<Value> in = new ArrayList<>(List.of(src));
        if (turned) {
            in.add(l.parameter(weight, true));
        } else if (l.program.isReadOnce(weight.name())) {
            Constant own = weight.value().transposed(new int[] {1, 0});
            in.add(l.writer.parameter(l.spec(weight, own.dims(), own, weight.trainable(), true)));
        } else {
            in.add(l.transpose(l.parameter(weight, true), 1, 0));
        }
        bias.ifPresent(b -> in.add(l.reshape(l.parameter(b, false), b.value().size())));
        return l.graph.node(new Op.Linear(bias.isPresent()), in).output(0);
    }

    private Value matmul(OnnxNode n, Optional<Item.Known> bias) {
        Optional<Item.Known> weight = l.constant(n, 1).filter(k -> k.value().rank() == 2 && !k.isNumber());
        Value a = l.live(n, 0);
        if (weight.isPresent() && a.shape().rank() >= 2) {
            return linear(a, weight.get(), false, bias);
        }
        Value b = l.live(n, 1);
        if (a.shape().rank() < 2 || b.shape().rank() < 2) {
            throw n.error("multiplies " + a.shape() + " with " + b.shape() + "; expected at least two dimensions each");
        }
        int[] x = a.shape().dims();
        int[] y = b.shape().dims();
        int[] batch = Index.common(Arrays.copyOf(x, x.length - 2), Arrays.copyOf(y, y.length - 2));
        Value left = l.broadcast(a, withMatrix(batch, x));
        Value right = l.broadcast(b, withMatrix(batch, y));
        Value product = l.graph.add(new Op.MatMul(false, false), left, right);
        if (bias.isEmpty()) {
            return product;
        }
        return l.graph.add(new Op.Add(), product, l.broadcast(l.parameter(bias.get(), false), product.shape().dims()));
    }

    private static int[] withMatrix(int[] batch, int[] dims) {
        int[] out = Arrays.copyOf(batch, batch.length + 2);
        System.arraycopy(dims, dims.length - 2, out, batch.length, 2);
        return out;
    }

    Value layerNorm(Step.LayerNorm s) {
        Value src = l.live(s.node(), s.src());
        Optional<Item.Known> gamma = s.gamma().map(g -> (Item.Known) l.item(s.node(), g));
        Optional<Item.Known> beta = s.beta().map(b -> (Item.Known) l.item(s.node(), b));
        return layerNorm(src, src.shape().rank() - 1, gamma, beta, s.eps());
    }

    private Value layerNorm(OnnxNode n) {
        if (n.outputs().stream().skip(1).anyMatch(o -> !o.isEmpty())) {
            throw n.error("gives its statistics, too, which is not supported");
        }
        Value src = l.live(n, 0);
        int axis = Index.axis(n.integer("axis", -1), src.shape().rank());
        Optional<Item.Known> beta = n.has(2) ? Optional.of(l.stored(n, 2, "bias")) : Optional.empty();
        return layerNorm(src, axis, Optional.of(l.stored(n, 1, "scale")), beta, n.number("epsilon", 1e-5f));
    }

    /** All dimensions from {@code axis} on are one. */
    private Value layerNorm(Value src, int axis, Optional<Item.Known> gamma, Optional<Item.Known> beta, float eps) {
        int[] dims = src.shape().dims();
        int row = Index.elements(Arrays.copyOfRange(dims, axis, dims.length));
        int[] flat = Arrays.copyOf(dims, axis + 1);
        flat[axis] = row;
        Value rows = l.reshape(src, flat);
        Value out = l.graph.add(new Op.LayerNorm(eps), rows, affine(gamma, 1, row), affine(beta, 0, row));
        return l.reshape(out, dims);
    }

    private Value affine(Optional<Item.Known> k, float otherwise, int row) {
        if (k.isEmpty()) {
            return l.fill(otherwise, Shape.of(row));
        }
        Constant c = k.get().value();
        if (c.size() == 1 && row > 1) {
            return l.fill((float) c.at(0), Shape.of(row));
        }
        ParameterSpec p = l.spec(k.get(), c.dims(), c, k.get().trainable(), false);
        return l.reshape(l.writer.parameter(p), row);
    }
}
