package donna.bench.ops;

import donna.graph.Gradient;
import donna.graph.Op;
import donna.graph.Value;
import donna.testkit.CaseWriter;
import donna.testkit.OpCase;
import donna.testkit.Values;
import java.util.List;
import org.openjdk.jmh.annotations.Param;

/** How fast are the ops around the convolutions: squeeze-and-excite's two passes over an image, the distillation loss, the optimizers? */
public class SmallOps extends OpState {
    private static final int CHANNELS = 144;
    private static final int[] IMAGE = {64, CHANNELS, 16, 16};
    private static final int[] FEATURES = {64, 40, 8, 8};
    private static final int[] WEIGHT = {256, 1024};

    /** An op, and its gradient where it has one. */
    public enum Kind {
        GLOBAL_AVERAGE_POOL,
        CHANNEL_SCALE,
        NSR_LOSS_AND_GRADIENT,
        SGD_UPDATE,
        ADAMW_UPDATE
    }

    @Param
    private Kind kind;

    @Override
    OpCase op() {
        return of(kind);
    }

    /** The op of these parameters. */
    public static OpCase of(Kind kind) {
        return new OpCase("small " + kind, w -> {
            switch (kind) {
                case GLOBAL_AVERAGE_POOL -> w.result("dst", w.op(new Op.GlobalAveragePool(), w.src("src", IMAGE)));
                case CHANNEL_SCALE ->
                    w.result("dst", w.op(new Op.ChannelScale(), w.src("src", IMAGE), w.src("gate", IMAGE[0], CHANNELS)));
                case NSR_LOSS_AND_GRADIENT -> loss(w);
                case SGD_UPDATE ->
                    w.graph()
                            .update(
                                    new Op.SgdUpdate(0.9f, false, 1e-4f),
                                    w.weight("parameter", WEIGHT),
                                    w.fixed("gradient", Values.NORMAL, WEIGHT),
                                    w.state("velocity", Values.NORMAL, WEIGHT),
                                    w.fixed("learningRate", Values.constant(0.01), 1));
                case ADAMW_UPDATE ->
                    w.graph()
                            .update(
                                    new Op.AdamWUpdate(0.9f, 0.999f, 1e-8f, 0.01f),
                                    w.weight("parameter", WEIGHT),
                                    w.fixed("gradient", Values.NORMAL, WEIGHT),
                                    w.state("m", Values.NORMAL, WEIGHT),
                                    w.state("v", Values.POSITIVE, WEIGHT),
                                    w.fixed("learningRate", Values.constant(0.01), 1),
                                    w.fixed("step", Values.constant(3), 1));
            }
        });
    }

    private static void loss(CaseWriter w) {
        Value src = w.src("src", FEATURES);
        Value loss = w.op(
                new Op.NsrLoss(),
                src,
                w.fixed("target", Values.NORMAL, FEATURES),
                w.fixed("inverseVariance", Values.POSITIVE, FEATURES[1]));
        w.observe("dSrc", Gradient.of(w.graph(), loss, List.of(src)).get(src));
        w.result("loss", loss);
    }
}
