package donna.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;

import donna.tensor.Activation;
import donna.tensor.ConvGeometry;
import donna.tensor.Shape;
import donna.tensor.TensorSpec;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CostTest {
    private final Graph.Builder g = new Graph.Builder();

    private Value norm(String name, Value src) {
        TensorSpec c = TensorSpec.f32(src.shape().dim(1));
        return g.add(
                new Op.BatchNorm(1e-5f, Activation.RELU, false),
                src,
                g.variable(name + ".gamma", c),
                g.variable(name + ".beta", c),
                g.variable(name + ".mean", c),
                g.variable(name + ".var", c),
                g.input(name + ".momentum", TensorSpec.f32(1)));
    }

    /**
     * An MBConv layer with squeeze and excite, 24 to 40 channels, expansion 3, kernel 5, stride 2, 16x16; counted by
     * hand.
     */
    @Test
    void anMbconvCostsWhatItsFormulaSays() {
        int batch = 2;
        Value x = g.input("x", TensorSpec.f32(batch, 24, 16, 16));
        Value h = norm(
                "1",
                g.add(Op.Conv2d.plain(ConvGeometry.POINTWISE), x, g.variable("expand", TensorSpec.f32(72, 24, 1, 1))));
        h = norm(
                "2",
                g.add(
                        Op.Conv2d.plain(ConvGeometry.same(5, 2, 72)),
                        h,
                        g.variable("depthwise", TensorSpec.f32(72, 1, 5, 5))));
        Value gate = g.add(
                new Op.Linear(true),
                g.add(new Op.GlobalAveragePool(), h),
                g.variable("reduce", TensorSpec.f32(6, 72)),
                g.variable("reduce.bias", TensorSpec.f32(6)));
        gate = g.add(
                new Op.Linear(true),
                gate,
                g.variable("restore", TensorSpec.f32(72, 6)),
                g.variable("restore.bias", TensorSpec.f32(72)));
        h = g.add(new Op.ChannelScale(), h, gate);
        h = norm(
                "3",
                g.add(Op.Conv2d.plain(ConvGeometry.POINTWISE), h, g.variable("project", TensorSpec.f32(40, 72, 1, 1))));
        Cost cost = Cost.of(g.output("y", h).build());
        long macs = 16 * 16 * 72 * 24 + 8 * 8 * 72 * 25 + 72 * 6 + 6 * 72 + 8 * 8 * 40 * 72;
        assertEquals(batch * macs, cost.macs());
        assertEquals(72 * 24 + 72 * 25 + 72 * 6 + 6 + 72 * 6 + 72 + 40 * 72 + 2 * (72 + 72 + 40), cost.params());
    }

    @Test
    void backwardConvolutionsCostAsMuchAsForward() {
        Value x = g.input("x", TensorSpec.f32(2, 6, 9, 9));
        Value w = g.variable("w", TensorSpec.f32(12, 2, 3, 3));
        Value y = g.add(Op.Conv2d.plain(ConvGeometry.same(3, 2, 3)), x, w);
        Value loss = g.add(new Op.MeanSquaredError(), y, g.input("target", y.spec()));
        Map<Value, Value> d = Gradient.of(g, loss, List.of(x, w));
        long forward = 2L * 12 * 5 * 5 * 2 * 9;
        assertEquals(forward, Cost.of(y.node()).macs());
        assertEquals(forward, Cost.of(d.get(x).node()).macs());
        assertEquals(forward, Cost.of(d.get(w).node()).macs());
    }

    @Test
    void aSharedWeightCountsOnceInAGraph() {
        Value x = g.input("x", TensorSpec.f32(2, 6));
        Value w = g.variable("w", TensorSpec.f32(6, 6));
        Value y = g.add(new Op.Linear(false), g.add(new Op.Linear(false), x, w), w);
        Cost cost = Cost.of(g.output("y", y).build());
        assertEquals(36, cost.params());
        assertEquals(2 * 2 * 36, cost.macs());
    }

    @Test
    void optimizerStateAndStatisticsAreNoParameters() {
        Value p = g.variable("p", TensorSpec.f32(5));
        g.update(
                new Op.SgdUpdate(0, false, 0),
                p,
                g.input("d", p.spec()),
                g.variable("v", p.spec()),
                g.input("lr", TensorSpec.f32(1)));
        assertEquals(0, Cost.of(g.build()).params());
    }

    @Test
    void bytesAreReadAndWrittenOnce() {
        Value x = g.input("x", TensorSpec.f32(2, 6));
        Value sum = g.add(new Op.Add(), x, x);
        assertEquals(3 * 48, Cost.of(sum.node()).bytes());
        assertEquals(
                0, Cost.of(g.add(new Op.Reshape(new Shape(12)), sum).node()).bytes());
        Value p = g.variable("p", TensorSpec.f32(5));
        g.update(new Op.EmaUpdate(0.9f), p, g.input("q", p.spec()));
        assertEquals(3 * 20, Cost.of(g.nodes().get(g.nodes().size() - 1)).bytes());
    }

    @Test
    void matrixProductsCountTheInnerDimension() {
        Value a = g.input("a", TensorSpec.f32(3, 7, 5));
        Value b = g.input("b", TensorSpec.f32(3, 7, 9));
        assertEquals(
                3 * 5 * 7 * 9,
                Cost.of(g.add(new Op.MatMul(true, false), a, b).node()).macs());
    }
}
