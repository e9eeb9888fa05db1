package donna.testkit;

import donna.graph.Node;
import donna.graph.Op;
import donna.graph.Value;
import java.util.List;

/**
 * Softmax and losses, with moderate and with large logits; softmax of large ones has no gradient to speak of, only
 * rounding errors.
 */
final class LossCases {
    private LossCases() {}

    static void addTo(OpCatalogue catalogue) {
        for (double size : new double[] {1, 60}) {
            String at = " of logits of size " + size;
            for (int[] shape : new int[][] {{1, 3}, {5, 10}, {2, 4, 7}, {2, 3, 5, 5}}) {
                catalogue.add("softmax " + Names.of(shape) + at, w -> {
                    Value dst = w.op(new Op.Softmax(), w.src("src", Values.normal(0, size), shape));
                    if (size == 1) {
                        w.result("dst", dst);
                    } else {
                        w.observe("dst", dst);
                    }
                });
            }
            for (float smoothing : new float[] {0, 0.1f}) {
                for (int[] shape : new int[][] {{1, 3}, {7, 10}}) {
                    catalogue.add(
                            "cross entropy " + Names.of(shape) + " smoothing " + smoothing + at,
                            w -> loss(
                                    w,
                                    new Op.CrossEntropy(smoothing),
                                    w.src("logits", Values.normal(0, size), shape),
                                    w.labels("labels", Values.labels(shape[1]), shape[0])));
                }
            }
            for (float temperature : new float[] {1, 4}) {
                catalogue.add(
                        "distillation temperature " + temperature + at,
                        w -> loss(
                                w,
                                new Op.DistillationLoss(temperature),
                                w.src("logits", Values.normal(0, size), 7, 10),
                                w.fixed("target", Values.normal(0, size), 7, 10)));
            }
        }
        for (int c : new int[] {1, 3, 24, 40}) {
            int[] shape = {3, c, 5, 9};
            catalogue.add(
                    "nsr " + Names.of(shape),
                    w -> loss(
                            w,
                            new Op.NsrLoss(),
                            w.src("src", shape),
                            w.fixed("target", Values.NORMAL, shape),
                            w.fixed("inverseVariance", Values.POSITIVE, c)));
        }
        for (int[] shape : new int[][] {{1, 1}, {7, 10}, {3, 24, 5, 5}}) {
            catalogue.add(
                    "mean squared error " + Names.of(shape),
                    w -> loss(
                            w,
                            new Op.MeanSquaredError(),
                            w.src("src", shape),
                            w.fixed("target", Values.NORMAL, shape)));
        }
        catalogue.add("two losses of one value, weighted", w -> {
            Value logits = w.src("logits", 7, 10);
            Value hard = w.op(new Op.CrossEntropy(0.1f), logits, w.labels("labels", Values.labels(10), 7));
            Value soft = w.op(new Op.DistillationLoss(2), logits, w.fixed("target", Values.NORMAL, 7, 10));
            w.result("loss", w.op(new Op.Add(), w.op(new Op.Scale(0.3f), hard), w.op(new Op.Scale(0.7f), soft)));
        });
        catalogue.add("a loss scaled at run time", w -> {
            Value loss = w.op(new Op.MeanSquaredError(), w.src("src", 7, 10), w.fixed("target", Values.NORMAL, 7, 10));
            w.result("loss", w.op(new Op.ScaleBy(), loss, w.fixed("factor", Values.constant(0.25), 1)));
        });
        catalogue.add("an nsr loss scaled at run time", w -> {
            Value loss = w.op(
                    new Op.NsrLoss(),
                    w.src("src", 2, 12, 3, 5),
                    w.fixed("target", Values.NORMAL, 2, 12, 3, 5),
                    w.fixed("inverseVariance", Values.POSITIVE, 12));
            w.result("loss", w.op(new Op.ScaleBy(), loss, w.fixed("factor", Values.constant(0.25), 1)));
        });
        catalogue.add("two losses of one value, weighted and scaled at run time", w -> {
            Value logits = w.src("logits", 7, 10);
            Value hard = w.op(new Op.CrossEntropy(0.1f), logits, w.labels("labels", Values.labels(10), 7));
            Value soft = w.op(new Op.DistillationLoss(2), logits, w.fixed("target", Values.NORMAL, 7, 10));
            Value factor = w.fixed("factor", Values.constant(0.25), 1);
            w.result("loss", w.op(new Op.ScaleBy(), w.op(new Op.Add(), w.op(new Op.Scale(0.3f), hard), soft), factor));
        });
    }

    private static void loss(CaseWriter w, Op op, Value... inputs) {
        Node n = w.graph().node(op, List.of(inputs));
        w.result("loss", n.output(0));
        w.observe("dSrc", n.output(1));
    }
}
