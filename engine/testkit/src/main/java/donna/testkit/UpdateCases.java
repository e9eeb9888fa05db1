package donna.testkit;

import donna.graph.Node;
import donna.graph.Op;
import donna.graph.Value;
import java.util.List;

/** Optimizer steps in place. */
final class UpdateCases {
    private UpdateCases() {}

    static void addTo(OpCatalogue catalogue) {
        for (int[] shape : new int[][] {{7}, {24, 3, 3, 3}, {10, 40}}) {
            String at = " " + Names.of(shape);
            for (Op.SgdUpdate op : new Op.SgdUpdate[] {
                new Op.SgdUpdate(0, false, 0), new Op.SgdUpdate(0.9f, false, 0.01f), new Op.SgdUpdate(0.9f, true, 0.01f)
            }) {
                catalogue.add(
                        "sgd momentum " + op.momentum() + (op.nesterov() ? " nesterov" : "") + at,
                        w -> w.graph()
                                .update(
                                        op,
                                        w.weight("parameter", shape),
                                        w.fixed("gradient", Values.NORMAL, shape),
                                        w.state("velocity", Values.NORMAL, shape),
                                        w.fixed("learningRate", Values.constant(0.1), 1)));
            }
            for (int step : new int[] {1, 10}) {
                Values moment = step == 1 ? Values.ZERO : Values.NORMAL;
                catalogue.add(
                        "adamw step " + step + at,
                        w -> w.graph()
                                .update(
                                        new Op.AdamWUpdate(0.9f, 0.999f, 1e-8f, 0.05f),
                                        w.weight("parameter", shape),
                                        w.fixed("gradient", Values.NORMAL, shape),
                                        w.state("m", moment, shape),
                                        w.state("v", step == 1 ? Values.ZERO : Values.POSITIVE, shape),
                                        w.fixed("learningRate", Values.constant(0.01), 1),
                                        w.fixed("step", Values.constant(step), 1)));
            }
            catalogue.add(
                    "moving average" + at,
                    w -> w.graph()
                            .update(
                                    new Op.EmaUpdate(0.99f),
                                    w.state("average", Values.NORMAL, shape),
                                    w.weight("parameter", shape)));
            for (float maxNorm : new float[] {0.5f, 1000}) {
                catalogue.add("clip to " + maxNorm + at, w -> {
                    Value a = w.fixed("a", Values.NORMAL, shape);
                    Value factor = w.op(new Op.ClipFactor(maxNorm), a, w.fixed("b", Values.NORMAL, 5));
                    w.observe("factor", factor);
                    w.observe("clipped", w.op(new Op.ScaleBy(), a, factor));
                });
            }
        }
        scaled(catalogue, "steps", 1024, Values.cycle(5, 9), Values.NORMAL, Float.POSITIVE_INFINITY);
        scaled(catalogue, "steps and clips", 1024, Values.cycle(0, 0), Values.NORMAL, 0.01f);
        scaled(catalogue, "grows", 1024, Values.cycle(6, 9), Values.NORMAL, Float.POSITIVE_INFINITY);
        scaled(catalogue, "is the largest", 0x1p24, Values.cycle(6, 9), Values.NORMAL, 1);
        for (double broken : new double[] {Double.NaN, Double.POSITIVE_INFINITY}) {
            Values gradient = (z, i) -> i == 4500 ? broken : z;
            scaled(catalogue, "leaves out " + broken, 1024, Values.cycle(6, 9), gradient, 1);
            scaled(catalogue, "is the smallest at " + broken, 1, Values.cycle(3, 9), gradient, Float.POSITIVE_INFINITY);
        }
    }

    /** Two parameters that follow one scaled loss, one of which has the gradient given; a larger scale is tried after seven steps. */
    private static void scaled(OpCatalogue catalogue, String name, double scale, Values steps, Values gradient, float maxNorm) {
        catalogue.add("loss scale " + name, w -> {
            Value a = w.fixed("a", Values.NORMAL, 7);
            Value b = w.fixed("b", gradient, 50, 100);
            Node n = w.graph().node(
                    new Op.LossScaleUpdate(7, maxNorm),
                    List.of(w.state("scale", Values.constant(scale), 1), w.state("steps", steps, 2), a, b));
            w.observe("factor", n.output(0));
            w.observe("step", n.output(1));
            Value rate = w.fixed("learningRate", Values.constant(0.1), 1);
            w.graph().update(new Op.SgdUpdate(0.9f, false, 0.01f), w.state("p", Values.NORMAL, 7), a, w.state("velocity", Values.NORMAL, 7), rate, n.output(0));
            w.graph().update(
                    new Op.AdamWUpdate(0.9f, 0.999f, 1e-8f, 0.05f),
                    w.state("q", Values.NORMAL, 50, 100),
                    b,
                    w.state("m", Values.NORMAL, 50, 100),
                    w.state("v", Values.POSITIVE, 50, 100),
                    rate,
                    n.output(1),
                    n.output(0));
        });
    }
}
