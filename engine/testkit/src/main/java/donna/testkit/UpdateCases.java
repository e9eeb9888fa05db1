package donna.testkit;

import donna.graph.Op;
import donna.graph.Value;

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
    }
}
