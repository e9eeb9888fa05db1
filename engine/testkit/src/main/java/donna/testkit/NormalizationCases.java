package donna.testkit;

import donna.graph.Node;
import donna.graph.Op;
import donna.graph.Value;
import donna.tensor.Activation;
import java.util.ArrayList;
import java.util.List;

/** Batch and layer normalisation. */
final class NormalizationCases {
    private static final float EPS = 1e-5f;

    private NormalizationCases() {}

    static void addTo(OpCatalogue catalogue) {
        training(catalogue, Activation.SWISH, false, 1, 40, 25, 25);
        training(catalogue, Activation.RELU, true, 1, 3, 27, 27);
        for (Activation act : Activation.values()) {
            for (boolean residual : new boolean[] {false, true}) {
                training(catalogue, act, residual, 3, 24, 7, 7);
                inference(catalogue, act, residual, 3, 24, 5, 9);
            }
        }
        for (int c : new int[] {1, 3, 8, 16, 40}) {
            training(catalogue, Activation.SWISH, false, 3, c, 5, 9);
            training(catalogue, Activation.NONE, true, 1, c, 7, 7);
            training(catalogue, Activation.RELU, true, 1, c, 5, 9);
            inference(catalogue, Activation.RELU, true, 1, c, 7, 7);
        }
        training(catalogue, Activation.RELU6, false, 5, 24, 1, 1);
        catalogue.add(
                "batch norm far from zero",
                w -> batchNorm(w, Activation.NONE, false, Values.normal(10, 1), 3, 24, 7, 7));
        for (boolean residual : new boolean[] {false, true}) {
            catalogue.add("batch norm backward" + (residual ? " residual" : ""), w -> backward(w, residual));
        }
        for (int[] shape : new int[][] {{3, 7}, {700, 24}, {2, 5, 24}, {1, 4, 64}, {2, 3, 4, 5}}) {
            catalogue.add("layer norm " + Names.of(shape), w -> {
                int features = shape[shape.length - 1];
                Node n = w.graph()
                        .node(
                                new Op.LayerNorm(EPS),
                                List.of(w.src("src", shape), w.weight("gamma", features), w.weight("beta", features)));
                w.result("dst", n.output(0));
                w.observePlain("mean", n.output(1));
                w.observePlain("inverseStd", n.output(2));
            });
        }
    }

    private static void training(OpCatalogue catalogue, Activation act, boolean residual, int... shape) {
        catalogue.add(
                "batch norm " + Names.of(shape) + " " + act + (residual ? " residual" : ""),
                w -> batchNorm(w, act, residual, Values.normal(0.5, 2), shape));
    }

    private static void batchNorm(CaseWriter w, Activation act, boolean residual, Values src, int... shape) {
        int c = shape[1];
        List<Value> in = new ArrayList<>(List.of(w.src("src", src, shape), w.weight("gamma", c), w.weight("beta", c)));
        in.add(w.state("runningMean", Values.NORMAL, c));
        in.add(w.state("runningVar", Values.POSITIVE, c));
        in.add(w.fixed("momentum", Values.constant(0.1), 1));
        if (residual) {
            in.add(w.src("residual", shape));
        }
        Node n = w.graph().node(new Op.BatchNorm(EPS, act, residual), in);
        w.result("dst", n.output(0));
        w.observe("mean", n.output(1));
        w.observe("inverseStd", n.output(2));
    }

    private static void inference(OpCatalogue catalogue, Activation act, boolean residual, int... shape) {
        catalogue.add("batch norm inference " + Names.of(shape) + " " + act + (residual ? " residual" : ""), w -> {
            int c = shape[1];
            List<Value> in = new ArrayList<>(List.of(w.src("src", shape), w.weight("gamma", c), w.weight("beta", c)));
            in.add(w.state("mean", Values.NORMAL, c));
            in.add(w.state("var", Values.POSITIVE, c));
            if (residual) {
                in.add(w.src("residual", shape));
            }
            w.observe(
                    "dst",
                    w.graph()
                            .node(new Op.BatchNormInference(EPS, act, residual), in)
                            .output(0));
        });
    }

    private static void backward(CaseWriter w, boolean residual) {
        int[] shape = {3, 40, 5, 9};
        List<Value> in =
                new ArrayList<>(List.of(w.fixed("dDst", Values.NORMAL, shape), w.fixed("src", Values.NORMAL, shape)));
        in.add(w.weight("gamma", 40));
        in.add(w.weight("beta", 40));
        in.add(w.fixed("mean", Values.normal(0, 0.2), 40));
        in.add(w.fixed("inverseStd", Values.POSITIVE, 40));
        if (residual) {
            in.add(w.fixed("residual", Values.NORMAL, shape));
        }
        Node n = w.graph().node(new Op.BatchNormBackward(Activation.SWISH, residual), in);
        w.observe("dSrc", n.output(0));
        w.observe("dGamma", n.output(1));
        w.observe("dBeta", n.output(2));
        if (residual) {
            w.observe("dResidual", n.output(3));
        }
    }
}
