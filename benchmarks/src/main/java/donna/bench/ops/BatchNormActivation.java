package donna.bench.ops;

import donna.graph.Node;
import donna.graph.Op;
import donna.tensor.Activation;
import donna.testkit.OpCase;
import donna.testkit.Values;
import java.util.List;
import org.openjdk.jmh.annotations.Param;

/** How fast is batch normalisation in training with its activation, {@code [64, 144, 16, 16]}, forward and backward? */
public class BatchNormActivation extends OpState {
    private static final int CHANNELS = 144;
    private static final int[] IMAGE = {64, CHANNELS, 16, 16};
    private static final float EPS = 1e-5f;

    @Param({"FORWARD", "BACKWARD_DATA"})
    private Pass pass;

    @Param({"RELU6", "SWISH"})
    private Activation activation;

    @Override
    OpCase op() {
        return of(pass, activation);
    }

    /** The op of these parameters. */
    public static OpCase of(Pass pass, Activation act) {
        return pass == Pass.FORWARD ? forward(act) : backward(act);
    }

    private static OpCase forward(Activation act) {
        return new OpCase("batch norm " + act, w -> {
            Node n = w.graph()
                    .node(
                            new Op.BatchNorm(EPS, act, false),
                            List.of(
                                    w.src("src", Values.normal(0.5, 2), IMAGE),
                                    w.weight("gamma", CHANNELS),
                                    w.weight("beta", CHANNELS),
                                    w.state("runningMean", Values.NORMAL, CHANNELS),
                                    w.state("runningVar", Values.POSITIVE, CHANNELS),
                                    w.fixed("momentum", Values.constant(0.1), 1)));
            w.result("dst", n.output(0));
            w.observe("mean", n.output(1));
            w.observe("inverseStd", n.output(2));
        });
    }

    private static OpCase backward(Activation act) {
        return new OpCase("batch norm backward " + act, w -> {
            Node n = w.graph()
                    .node(
                            new Op.BatchNormBackward(act, false),
                            List.of(
                                    w.src("dDst", IMAGE),
                                    w.src("src", IMAGE),
                                    w.weight("gamma", CHANNELS),
                                    w.weight("beta", CHANNELS),
                                    w.fixed("mean", Values.normal(0, 0.1), CHANNELS),
                                    w.fixed("inverseStd", Values.POSITIVE, CHANNELS)));
            w.observe("dSrc", n.output(0));
            w.observe("dGamma", n.output(1));
            w.observe("dBeta", n.output(2));
        });
    }
}
