package donna.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;

import donna.graph.Cost;
import donna.graph.Value;
import donna.tensor.Activation;
import donna.tensor.TensorSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Networks of the quickstart's skeleton cost what PyTorch's hooks on the same modules count. */
class NetworkCostTest {
    private static final int[] BOUNDARIES = {16, 24, 40, 64, 96};

    private static Layer block(int n, boolean expand, int factor, int kernel, int depth, int groupWidth, boolean se) {
        List<Layer> layers = new ArrayList<>();
        for (int i = 0; i < depth; i++) {
            int in = i == 0 ? BOUNDARIES[n] : BOUNDARIES[n + 1];
            int hidden = in * factor;
            int groups = groupWidth == 0 ? 1 : hidden / groupWidth;
            int stride = i == 0 && n % 2 == 1 ? 2 : 1;
            layers.add(new Layers.InvertedResidual(
                    expand, hidden, BOUNDARIES[n + 1], kernel, stride, groups, se ? in / 4 : 0, Activation.SWISH));
        }
        return new Layers.Sequential(layers);
    }

    private static Cost cost(GraphWriter.Mode mode, IntBlock block) {
        Network network = new Network(
                new Layers.ConvNorm("conv_stem", "bn1", 16, 3, 2, Activation.SWISH),
                IntStream.range(0, 4).mapToObj(block::of).toList(),
                new Layers.Head(256, 1, Activation.SWISH, 10));
        GraphWriter w = new GraphWriter(mode);
        Value logits = network.write(w, w.graph().input("images", TensorSpec.f32(1, 1, 28, 28)))
                .logits();
        return Cost.of(w.graph().output("logits", logits).build());
    }

    private interface IntBlock {
        Layer of(int n);
    }

    @Test
    void theTeacherCostsWhatPytorchCounts() {
        Cost cost = cost(GraphWriter.Mode.TRAIN, n -> block(n, true, 4, 5, 2, 1, true));
        assertEquals(9_799_776, cost.macs());
        assertEquals(307_222, cost.params());
    }

    @Test
    void groupedAndFusedBlocksCostWhatPytorchCounts() {
        Cost grouped = cost(GraphWriter.Mode.INFERENCE, n -> block(n, true, 2, 3, 2, 8, false));
        assertEquals(6_841_280, grouped.macs());
        assertEquals(179_770, grouped.params());
        Cost fused = cost(GraphWriter.Mode.INFERENCE, n -> block(n, false, 2, 3, 1, 0, false));
        assertEquals(5_118_144, fused.macs());
        assertEquals(166_458, fused.params());
    }

    @Test
    void foldingBatchNormsKeepsTheMultiplications() {
        assertEquals(
                9_799_776,
                cost(GraphWriter.Mode.FOLDED, n -> block(n, true, 4, 5, 2, 1, true)).macs());
    }
}
