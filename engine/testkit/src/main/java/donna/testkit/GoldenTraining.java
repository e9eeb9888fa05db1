package donna.testkit;

import donna.backend.Device;
import donna.backend.Stream;
import donna.graph.Gradient;
import donna.graph.Op;
import donna.graph.Value;
import donna.tensor.Activation;
import donna.tensor.ConvGeometry;
import donna.tensor.DType;
import donna.tensor.Layout;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Blockwise distillation of two MBConv layers with squeeze-and-excite, kernel 5, expansion 4, swish: 16 to 24 channels,
 * stride 2, then a layer with residual; batch 8 of 10x10. Five steps beside PyTorch.
 */
enum GoldenTraining implements Goldens.Training {
    SGD("training, sgd", 0.05) {
        @Override
        void update(CaseWriter w, String name, Value parameter, Value gradient, Value learningRate, Value step) {
            w.graph()
                    .update(
                            new Op.SgdUpdate(0.9f, false, 1e-4f),
                            parameter,
                            gradient,
                            zeros(w, name + ".velocity", parameter),
                            learningRate);
        }
    },
    ADAMW("training, adamw", 0.002) {
        @Override
        void update(CaseWriter w, String name, Value parameter, Value gradient, Value learningRate, Value step) {
            w.graph()
                    .update(
                            new Op.AdamWUpdate(0.9f, 0.999f, 1e-8f, 0.01f),
                            parameter,
                            gradient,
                            zeros(w, name + ".m", parameter),
                            zeros(w, name + ".v", parameter),
                            learningRate,
                            step);
        }
    };

    private static final int[] SRC = {8, 16, 10, 10};
    private static final int[] DST = {8, 24, 5, 5};
    private final String title;
    private final double rate;

    GoldenTraining(String title, double rate) {
        this.title = title;
        this.rate = rate;
    }

    abstract void update(CaseWriter w, String name, Value parameter, Value gradient, Value learningRate, Value step);

    static Value zeros(CaseWriter w, String name, Value like) {
        return w.state(name, Values.ZERO, like.shape().dims());
    }

    @Override
    public void check(Device device, DType type) {
        check(device, type, type == DType.F64 ? Tolerance.ofGoldens() : Tolerance.ofTraining());
    }

    @Override
    public void check(Device device, DType type, Tolerance tolerance) {
        OpCase.Written written = new OpCase(title, this::write).forward(type, Layout.PLAIN);
        Map<String, double[]> expected = Goldens.of(title);
        try (Stream stream = device.openStream();
                CaseRunner runner = new CaseRunner(device, written.graph())) {
            Map<String, double[]> after = Map.of();
            for (int step = 1; step <= 5; step++) {
                Map<String, double[]> values = new HashMap<>(step == 1 ? written.values() : Map.of());
                values.put("src", Goldens.uniform(400 + step).generate("", 8 * 16 * 100));
                values.put("target", Goldens.uniform(500 + step, 1.5, 0).generate("", 8 * 24 * 25));
                if (written.values().containsKey("step")) {
                    values.put("step", new double[] {step});
                }
                after = runner.run(stream, values);
                tolerance.check(
                        title + ": loss of step " + step,
                        new double[] {expected.get("losses")[step - 1]},
                        after.get("loss"));
            }
            for (Map.Entry<String, double[]> e : expected.entrySet()) {
                if (!e.getKey().equals("losses")) {
                    tolerance.check(title + ": " + e.getKey() + " after 5 steps", e.getValue(), after.get(e.getKey()));
                }
            }
        }
    }

    private void write(CaseWriter w) {
        Map<String, Value> parameters = new LinkedHashMap<>();
        Value x = new Layer(w, "one", 100, 4, parameters).write(w.fixed("src", Values.ZERO, SRC), 2);
        x = new Layer(w, "two", 200, 6, parameters).write(x, 1);
        Value loss = w.op(
                new Op.NsrLoss(),
                x,
                w.fixed("target", Values.ZERO, DST),
                w.fixed("inverseVariance", Goldens.uniform(300, 0.5, 1), 24));
        Map<Value, Value> gradients = Gradient.of(w.graph(), loss, List.copyOf(parameters.values()));
        Value learningRate = w.fixed("learningRate", Values.constant(rate), 1);
        Value step = w.fixed("step", Values.constant(1), 1);
        parameters.forEach((name, p) -> update(w, name, p, gradients.get(p), learningRate, step));
        w.observe("loss", loss);
    }

    /** The layer of goldens.py; its weights' seeds are in the order of that file. */
    private record Layer(CaseWriter w, String name, long seed, int reduced, Map<String, Value> parameters) {
        Value write(Value src, int stride) {
            int in = src.shape().dim(1);
            int h = 4 * in;
            Value x = norm(conv(src, "expand", 0, ConvGeometry.POINTWISE, h, in, 1, 1), 0, Activation.SWISH);
            x = norm(conv(x, "depthwise", 1, ConvGeometry.same(5, stride, h), h, 1, 5, 5), 1, Activation.SWISH);
            Value s = linear(w.op(new Op.GlobalAveragePool(), x), "reduce", 2, reduced, h, Activation.SWISH);
            x = w.op(new Op.ChannelScale(), x, linear(s, "restore", 4, h, reduced, Activation.SIGMOID));
            x = norm(conv(x, "project", 6, ConvGeometry.POINTWISE, 24, h, 1, 1), 2, Activation.NONE);
            return stride == 1 ? w.op(new Op.Add(), x, src) : x;
        }

        private Value parameter(String part, long offset, double scale, double mean, int... dims) {
            Value p = w.weight(name + "." + part, Goldens.uniform(seed + offset, scale, mean), dims);
            parameters.put(name + "." + part, p);
            return p;
        }

        private Value conv(Value src, String part, long offset, ConvGeometry g, int... dims) {
            return w.op(
                    Op.Conv2d.plain(g),
                    src,
                    parameter(part, offset, 1.7 / Math.sqrt(dims[1] * dims[2] * dims[3]), 0, dims));
        }

        private Value linear(Value src, String part, long offset, int out, int in, Activation act) {
            Value weight = parameter(part, offset, 1.7 / Math.sqrt(in), 0, out, in);
            return w.op(
                    new Op.Activate(act),
                    w.op(new Op.Linear(true), src, weight, parameter(part + ".bias", offset + 1, 0.1, 0, out)));
        }

        private Value norm(Value src, int i, Activation act) {
            int c = src.shape().dim(1);
            return w.op(
                    new Op.BatchNorm(1e-5f, act, false),
                    src,
                    parameter("gamma" + i, 10 + i, 0.2, 1, c),
                    parameter("beta" + i, 20 + i, 0.2, 0, c),
                    w.state(name + ".mean" + i, Values.ZERO, c),
                    w.state(name + ".var" + i, Values.constant(1), c),
                    w.fixed(name + ".momentum" + i, Values.constant(0.1), 1));
        }
    }
}
