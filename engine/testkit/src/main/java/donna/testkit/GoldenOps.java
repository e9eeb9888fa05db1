package donna.testkit;

import donna.backend.Device;
import donna.backend.Stream;
import donna.graph.Op;
import donna.graph.Value;
import donna.tensor.Activation;
import donna.tensor.ConvGeometry;
import donna.tensor.DType;
import donna.tensor.Layout;
import donna.tensor.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;

/** The graphs whose results are in goldens.txt: single ops with their gradients, and optimizers over three steps. */
final class GoldenOps {
    private GoldenOps() {}

    /** An op's results and gradients. */
    private record OpGolden(OpCase op) implements Goldens.Golden {
        @Override
        public String name() {
            return op.name();
        }

        @Override
        public void check(Device device, DType type) {
            OpCase.Written forward = op.forward(type, Layout.PLAIN);
            Map<String, double[]> actual = new HashMap<>(CaseRunner.once(device, forward));
            if (op.hasGradient()) {
                actual.putAll(CaseRunner.once(device, op.gradient(type, Layout.PLAIN)));
            }
            Tolerance tolerance =
                    type == DType.F64 ? Tolerance.ofGoldens() : Tolerance.of(type, forward.reductionLength());
            Goldens.of(name())
                    .forEach((key, expected) -> tolerance.check(name() + ": " + key, expected, actual.get(key)));
        }
    }

    /** A parameter after each of three steps, learning rate 0.1 / step, gradient of seed 10 + step. */
    private record OptimizerGolden(String name, Consumer<CaseWriter> writer) implements Goldens.Golden {
        @Override
        public void check(Device device, DType type) {
            OpCase.Written written = new OpCase(name, writer).forward(type, Layout.PLAIN);
            Tolerance tolerance = type == DType.F64 ? Tolerance.ofGoldens() : Tolerance.of(type, 3);
            try (Stream stream = device.openStream();
                    CaseRunner runner = new CaseRunner(device, written.graph())) {
                for (int step = 1; step <= 3; step++) {
                    Map<String, double[]> values = new HashMap<>(step == 1 ? written.values() : Map.of());
                    values.put("learningRate", new double[] {(float) (0.1 / step)});
                    values.put("gradient", Goldens.uniform(10 + step).generate("", 20));
                    if (written.values().containsKey("step")) {
                        values.put("step", new double[] {step});
                    }
                    Map<String, double[]> after = runner.run(stream, values);
                    tolerance.check(
                            name + ": step " + step, Goldens.of(name).get("step " + step), after.get("parameter"));
                }
            }
        }
    }

    static List<Goldens.Golden> all() {
        List<Goldens.Golden> all = new ArrayList<>();
        for (Activation act : Activation.values()) {
            if (act != Activation.NONE) {
                op(all, "activate " + act, w -> w.op(new Op.Activate(act), w.src("src", Goldens.uniform(1, 8, 0), 40)));
                op(
                        all,
                        "activate at the kinks " + act,
                        w -> w.op(new Op.Activate(act), w.src("src", Values.cycle(-3, 0, 3, 6), 4)));
            }
        }
        op(
                all,
                "conv2d grouped, dilated, stride 2",
                w -> w.op(
                        Op.Conv2d.plain(new ConvGeometry(2, 2, 2, 3)),
                        src(w, 2, 6, 5, 7),
                        weight(w, "weight", 2, 9, 2, 3, 3)));
        op(
                all,
                "conv2d depthwise with bias",
                w -> w.op(
                        new Op.Conv2d(new ConvGeometry(1, 2, 1, 8), true, Activation.NONE, false),
                        src(w, 2, 8, 5, 7),
                        weight(w, "weight", 2, 8, 1, 5, 5),
                        weight(w, "bias", 3, 8)));
        op(
                all,
                "linear of three dimensions",
                w -> w.op(new Op.Linear(true), src(w, 2, 3, 5), weight(w, "weight", 2, 4, 5), weight(w, "bias", 3, 4)));
        op(
                all,
                "batch norm with residual",
                w -> w.op(
                        new Op.BatchNorm(1e-5f, Activation.SWISH, true),
                        w.src("src", Goldens.uniform(1, 1, 0.5), 3, 5, 4, 3),
                        weight(w, "gamma", 2, 5),
                        weight(w, "beta", 3, 5),
                        w.state("runningMean", Goldens.uniform(5), 5),
                        w.state("runningVar", Goldens.uniform(6, 1, 2), 5),
                        w.fixed("momentum", Values.constant(0.1), 1),
                        w.src("residual", Goldens.uniform(4), 3, 5, 4, 3)));
        op(
                all,
                "layer norm",
                w -> w.op(new Op.LayerNorm(1e-5f), src(w, 2, 3, 7), weight(w, "gamma", 2, 7), weight(w, "beta", 3, 7)));
        ConvGeometry pool = new ConvGeometry(2, 1, 1, 1);
        op(all, "average pool", w -> w.op(new Op.AveragePool(3, pool), src(w, 2, 3, 5, 7)));
        op(all, "max pool", w -> w.op(new Op.MaxPool(3, pool), src(w, 2, 3, 5, 7)));
        op(
                all,
                "max pool of equal values",
                w -> w.op(new Op.MaxPool(3, pool), w.src("src", Values.cycle(1, 1, 0, -1), 2, 2, 5, 7)));
        op(all, "global average pool", w -> w.op(new Op.GlobalAveragePool(), src(w, 2, 3, 5, 7)));
        op(all, "softmax", w -> w.op(new Op.Softmax(), logits(w)));
        op(all, "cross entropy", w -> w.op(new Op.CrossEntropy(0), logits(w), labels(w)));
        op(all, "cross entropy, smoothing", w -> w.op(new Op.CrossEntropy(0.1f), logits(w), labels(w)));
        op(all, "distillation, temperature 1.0", w -> w.op(new Op.DistillationLoss(1), logits(w), target(w)));
        op(all, "distillation, temperature 4.0", w -> w.op(new Op.DistillationLoss(4), logits(w), target(w)));
        op(all, "mean squared error", w -> w.op(new Op.MeanSquaredError(), logits(w), target(w)));
        for (float maxNorm : new float[] {0.5f, 50}) {
            all.add(new OpGolden(new OpCase("clip to " + maxNorm, w -> {
                Value a = w.fixed("a", Goldens.uniform(1), 30);
                Value factor = w.op(new Op.ClipFactor(maxNorm), a, w.fixed("b", Goldens.uniform(2), 7));
                w.observe("clipped", w.op(new Op.ScaleBy(), a, factor));
            })));
        }
        sgd(all, "sgd", new Op.SgdUpdate(0.9f, false, 0.01f));
        sgd(all, "sgd nesterov", new Op.SgdUpdate(0.9f, true, 0.01f));
        sgd(all, "sgd plain", new Op.SgdUpdate(0, false, 0));
        all.add(new OptimizerGolden(
                "adamw",
                w -> w.graph()
                        .update(
                                new Op.AdamWUpdate(0.9f, 0.999f, 1e-8f, 0.05f),
                                parameter(w),
                                gradient(w),
                                w.state("m", Values.ZERO, 20),
                                w.state("v", Values.ZERO, 20),
                                w.fixed("learningRate", Values.ZERO, 1),
                                w.fixed("step", Values.constant(1), 1))));
        return all;
    }

    /** The gradient is that of the scalar product with the numbers of seed 99, of a scalar its own. */
    private static void op(List<Goldens.Golden> all, String name, Function<CaseWriter, Value> op) {
        all.add(new OpGolden(new OpCase(name, w -> {
            Value dst = op.apply(w);
            if (dst.shape().equals(Shape.SCALAR)) {
                w.result("dst", dst);
            } else {
                int n = Math.toIntExact(dst.shape().elements());
                w.observe("dst", dst);
                Value row = w.op(new Op.Reshape(new Shape(1, n)), dst);
                Value product = w.op(new Op.MatMul(false, false), row, w.fixed("upstream", Goldens.uniform(99), n, 1));
                w.result("product", w.op(new Op.Reshape(Shape.SCALAR), product));
            }
        })));
    }

    private static void sgd(List<Goldens.Golden> all, String name, Op.SgdUpdate op) {
        all.add(new OptimizerGolden(
                name,
                w -> w.graph()
                        .update(
                                op,
                                parameter(w),
                                gradient(w),
                                w.state("velocity", Values.ZERO, 20),
                                w.fixed("learningRate", Values.ZERO, 1))));
    }

    private static Value src(CaseWriter w, int... dims) {
        return w.src("src", Goldens.uniform(1), dims);
    }

    private static Value logits(CaseWriter w) {
        return w.src("src", Goldens.uniform(1, 5, 0), 4, 6);
    }

    private static Value target(CaseWriter w) {
        return w.fixed("target", Goldens.uniform(2, 5, 0), 4, 6);
    }

    private static Value labels(CaseWriter w) {
        return w.labels("labels", Values.cycle(3, 0, 5, 1), 4);
    }

    private static Value weight(CaseWriter w, String name, long seed, int... dims) {
        return w.weight(name, Goldens.uniform(seed), dims);
    }

    private static Value parameter(CaseWriter w) {
        return w.state("parameter", Goldens.uniform(1), 20);
    }

    private static Value gradient(CaseWriter w) {
        return w.fixed("gradient", Values.ZERO, 20);
    }
}
