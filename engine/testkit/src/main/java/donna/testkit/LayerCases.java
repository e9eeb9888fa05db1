package donna.testkit;

import donna.graph.Gradient;
import donna.graph.Op;
import donna.graph.Value;
import donna.tensor.Activation;
import donna.tensor.ConvGeometry;
import donna.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Whole layers and training steps: what single ops do not show, such as order, aliasing and memory that is used again.
 */
final class LayerCases {
    private static final Values SMALL = Values.normal(0, 0.3);

    private LayerCases() {}

    static void addTo(OpCatalogue catalogue) {
        catalogue.add(
                "layer mbconv swish",
                w -> w.result(
                        "dst", mbconv(w, w.src("src", 3, 24, 7, 7), 24, 5, 1, Activation.SWISH, new ArrayList<>())));
        catalogue.add(
                "layer mbconv relu stride 2",
                w -> w.result(
                        "dst", mbconv(w, w.src("src", 3, 8, 5, 9), 24, 3, 2, Activation.RELU, new ArrayList<>())));
        for (int kernel : new int[] {3, 5, 7}) {
            for (int stride : new int[] {1, 2}) {
                mbconvs(catalogue, kernel, stride);
            }
        }
        catalogue.add("layer mbconv with large images of a large mean", w -> {
            Value src = w.src("src", Values.normal(20, 1), 5, 12, 20, 20);
            w.result("dst", mbconv(w, "", src, 12, 6, 3, 1, Activation.SWISH, false, new ArrayList<>()));
        });
        catalogue.add("layer mbconv of nine images", w -> {
            Value src = w.src("src", 9, 8, 6, 11);
            w.result("dst", mbconv(w, "", src, 8, 3, 7, 1, Activation.SWISH, true, new ArrayList<>()));
        });
        catalogue.add("layer attention", LayerCases::attention);
        for (boolean nesterov : new boolean[] {false, true}) {
            catalogue.add(
                    "training step of an mbconv, sgd" + (nesterov ? " nesterov" : ""),
                    w -> trainingStep(w, new Op.SgdUpdate(0.9f, nesterov, 0.01f)));
        }
    }

    /** Inner channels that fill their blocks and that do not; the first layer keeps its channels, so that it has a residual at stride 1. */
    private static void mbconvs(OpCatalogue catalogue, int kernel, int stride) {
        List<Activation> acts = List.of(Activation.RELU, Activation.RELU6, Activation.SWISH, Activation.HSWISH);
        for (Activation act : acts) {
            for (boolean squeeze : new boolean[] {false, true}) {
                String name = "layer mbconv k" + kernel + " s" + stride + " " + act + (squeeze ? " se" : "");
                catalogue.add(name, w -> {
                    List<Value> parameters = new ArrayList<>();
                    Value src = w.src("src", 2, 10, 7, 6);
                    w.result("dst", mbconv(w, "", src, 10, 4, kernel, stride, act, squeeze, parameters));
                });
            }
        }
        catalogue.add("two layers of mbconv k" + kernel + " s" + stride, w -> {
            List<Value> parameters = new ArrayList<>();
            Value src = w.src("src", 2, 16, 14, 17);
            Value x = mbconv(w, "0.", src, 12, 2, kernel, stride, Activation.SWISH, false, parameters);
            w.result("dst", mbconv(w, "1.", x, 12, 3, kernel, 1, Activation.RELU, true, parameters));
        });
    }

    private static Value norm(CaseWriter w, String name, Value src, Activation act, List<Value> parameters) {
        int c = src.shape().dim(1);
        Value gamma = w.weight(name + ".gamma", Values.normal(1, 0.2), c);
        Value beta = w.weight(name + ".beta", SMALL, c);
        parameters.add(gamma);
        parameters.add(beta);
        return w.op(
                new Op.BatchNorm(1e-5f, act, false),
                src,
                gamma,
                beta,
                w.state(name + ".mean", Values.ZERO, c),
                w.state(name + ".var", Values.constant(1), c),
                w.fixed(name + ".momentum", Values.constant(0.1), 1));
    }

    private static Value mbconv(
            CaseWriter w, Value src, int out, int kernel, int stride, Activation act, List<Value> parameters) {
        return mbconv(w, "", src, out, 4, kernel, stride, act, true, parameters);
    }

    private static Value mbconv(
            CaseWriter w,
            String name,
            Value src,
            int out,
            int expansion,
            int kernel,
            int stride,
            Activation act,
            boolean squeeze,
            List<Value> parameters) {
        int in = src.shape().dim(1);
        int inner = in * expansion;
        Value expand = w.weight(name + "expand", SMALL, inner, in, 1, 1);
        Value depthwise = w.weight(name + "depthwise", SMALL, inner, 1, kernel, kernel);
        Value project = w.weight(name + "project", SMALL, out, inner, 1, 1);
        parameters.addAll(List.of(expand, depthwise, project));
        Value x = norm(w, name + "norm1", w.op(Op.Conv2d.plain(ConvGeometry.POINTWISE), src, expand), act, parameters);
        x = norm(
                w,
                name + "norm2",
                w.op(Op.Conv2d.plain(ConvGeometry.same(kernel, stride, inner)), x, depthwise),
                act,
                parameters);
        x = squeeze ? squeezed(w, name, x, act, parameters) : x;
        x = norm(
                w,
                name + "norm3",
                w.op(Op.Conv2d.plain(ConvGeometry.POINTWISE), x, project),
                Activation.NONE,
                parameters);
        return stride == 1 && in == out ? w.op(new Op.Add(), x, src) : x;
    }

    private static Value squeezed(CaseWriter w, String name, Value x, Activation act, List<Value> parameters) {
        int inner = x.shape().dim(1);
        Value reduce = w.weight(name + "reduce", SMALL, 6, inner);
        Value restore = w.weight(name + "restore", SMALL, inner, 6);
        parameters.addAll(List.of(reduce, restore));
        Value pooled = w.op(
                new Op.Activate(act), w.op(new Op.Linear(false), w.op(new Op.GlobalAveragePool(), x), reduce));
        Value gate = w.op(new Op.Activate(Activation.SIGMOID), w.op(new Op.Linear(false), pooled, restore));
        return w.op(new Op.ChannelScale(), x, gate);
    }

    /** Two heads of width 4 over 5 tokens; keys have no bias, as softmax takes it out again. */
    private static void attention(CaseWriter w) {
        Value src = w.src("src", 3, 5, 8);
        Value x = w.op(new Op.LayerNorm(1e-5f), src, w.weight("gamma", 8), w.weight("beta", 8));
        Value[] heads = new Value[3];
        for (int i = 0; i < 3; i++) {
            Value weight = w.weight("weight " + i, SMALL, 8, 8);
            Value projected = i == 1
                    ? w.op(new Op.Linear(false), x, weight)
                    : w.op(new Op.Linear(true), x, weight, w.weight("bias " + i, SMALL, 8));
            heads[i] =
                    w.op(new Op.Transpose(List.of(0, 2, 1, 3)), w.op(new Op.Reshape(new Shape(3, 5, 2, 4)), projected));
        }
        Value scores =
                w.op(new Op.Softmax(), w.op(new Op.Scale(0.5f), w.op(new Op.MatMul(false, true), heads[0], heads[1])));
        Value mixed = w.op(new Op.Transpose(List.of(0, 2, 1, 3)), w.op(new Op.MatMul(false, false), scores, heads[2]));
        Value out = w.op(new Op.Activate(Activation.GELU), w.op(new Op.Reshape(new Shape(3, 5, 8)), mixed));
        w.result("dst", w.op(new Op.Add(), out, src));
    }

    private static void trainingStep(CaseWriter w, Op.SgdUpdate update) {
        List<Value> parameters = new ArrayList<>();
        Value dst = mbconv(w, w.fixed("src", Values.NORMAL, 3, 8, 7, 7), 24, 5, 2, Activation.SWISH, parameters);
        Value loss = w.op(
                new Op.NsrLoss(),
                dst,
                w.fixed("target", Values.NORMAL, 3, 24, 4, 4),
                w.fixed("inverseVariance", Values.POSITIVE, 24));
        Map<Value, Value> gradients = Gradient.of(w.graph(), loss, parameters);
        Value learningRate = w.fixed("learningRate", Values.constant(0.1), 1);
        for (int i = 0; i < parameters.size(); i++) {
            Value p = parameters.get(i);
            w.graph()
                    .update(
                            update,
                            p,
                            gradients.get(p),
                            w.state("velocity " + i, Values.ZERO, p.shape().dims()),
                            learningRate);
        }
        w.observe("loss", loss);
    }
}
