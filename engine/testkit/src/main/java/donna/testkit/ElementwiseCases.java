package donna.testkit;

import donna.graph.Op;
import donna.tensor.Activation;

/** Activations, sums, products, gates, dropout. */
final class ElementwiseCases {
    private ElementwiseCases() {}

    static void addTo(OpCatalogue catalogue) {
        int[][] shapes = {{3, 24, 7, 7}, {1, 3, 5, 9}, {3, 5}, {2, 3, 7}};
        for (int[] shape : shapes) {
            String at = " " + Names.of(shape);
            for (Activation act : Activation.values()) {
                catalogue.add(
                        "activate " + act + at,
                        w -> w.result("dst", w.op(new Op.Activate(act), w.src("src", Values.normal(0, 3), shape))));
            }
            catalogue.add("add" + at, w -> w.result("dst", w.op(new Op.Add(), w.src("a", shape), w.src("b", shape))));
            int[] each = shape.clone();
            each[0] = 1;
            catalogue.add(
                    "add each" + at, w -> w.result("dst", w.op(new Op.AddEach(), w.src("src", shape), w.src("each", each))));
            catalogue.add(
                    "multiply" + at,
                    w -> w.result("dst", w.op(new Op.Multiply(), w.src("a", shape), w.src("b", shape))));
            catalogue.add("scale" + at, w -> w.result("dst", w.op(new Op.Scale(-1.75f), w.src("src", shape))));
            catalogue.add(
                    "scale by" + at,
                    w -> w.result(
                            "dst",
                            w.op(new Op.ScaleBy(), w.src("src", shape), w.fixed("factor", Values.constant(2.5), 1))));
            for (float rate : new float[] {0, 0.3f}) {
                for (boolean perSample : new boolean[] {false, true}) {
                    catalogue.add(
                            "dropout " + rate + (perSample ? " per sample" : "") + at,
                            w -> w.result(
                                    "dst",
                                    w.op(
                                            new Op.Dropout(rate, 77, perSample),
                                            w.src("src", shape),
                                            w.fixed("step", Values.constant(5), 1))));
                }
            }
        }
        for (Activation act : Activation.values()) {
            double[] edges = {-3, 0, 3, 6, -100, 100, -2.999, 2.999, 5.999, 6.001, -0.0, 1e-30};
            catalogue.add(
                    "activate at the edges " + act,
                    w -> w.observe("dst", w.op(new Op.Activate(act), w.fixed("src", Values.cycle(edges), 36))));
            catalogue.add(
                    "activate backward at the edges " + act,
                    w -> w.observe(
                            "dSrc",
                            w.op(
                                    new Op.ActivateBackward(act),
                                    w.fixed("dDst", Values.NORMAL, 36),
                                    w.fixed("src", Values.cycle(edges), 36))));
        }
        for (int c : new int[] {1, 3, 8, 24, 40}) {
            int[] shape = {3, c, 5, 9};
            catalogue.add(
                    "channel scale " + Names.of(shape),
                    w -> w.result("dst", w.op(new Op.ChannelScale(), w.src("src", shape), w.src("gate", 3, c))));
        }
        catalogue.add("a value used three times", w -> {
            var x = w.src("src", 3, 8, 5, 9);
            w.result("dst", w.op(new Op.Add(), w.op(new Op.Multiply(), x, x), x));
        });
    }
}
