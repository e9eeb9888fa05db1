package donna.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import donna.backend.Plan;
import donna.backend.Precision;
import donna.backend.Stream;
import donna.graph.Graph;
import donna.graph.Op;
import donna.graph.Value;
import donna.nn.GraphWriter;
import donna.nn.Init;
import donna.tensor.Activation;
import donna.tensor.ConvGeometry;
import donna.tensor.Tensor;
import donna.tensor.TensorSpec;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Graphs of independent members: their branches run side by side, in any order that the simulator likes, and give the bits of members that run alone. */
class MemberPlanTest extends OnSimulatedCard {
    private static final TensorSpec IMAGE = TensorSpec.f32(2, 8, 6, 6);

    MemberPlanTest() {
        super(Precision.F32);
    }

    /** Each begins with two shared images in the other order; the last would overwrite one, if that were allowed. */
    private static void member(Graph.Builder g, int m) {
        GraphWriter w = new GraphWriter(GraphWriter.Mode.TRAIN, g);
        GraphWriter.Norm norm = GraphWriter.Norm.of("m" + m + ".first", 8);
        Value z = w.norm(g.input("src", IMAGE), norm, Activation.SWISH, Optional.of(g.input("residual", IMAGE)));
        for (int layer = 0; layer < 3; layer++) {
            String name = "m" + m + "." + layer;
            z = w.convNorm(name, name + ".norm", z, 8 * (1 + (m + layer) % 2), 1, ConvGeometry.POINTWISE, Activation.SWISH, Optional.empty());
        }
        Value pooled = g.add(new Op.GlobalAveragePool(), z);
        g.output("dst" + m, w.linear("m" + m + ".head", pooled, 3));
    }

    private Map<String, double[]> run(List<Integer> members, int runs, boolean sideBySide) {
        Map<String, double[]> results = new LinkedHashMap<>();
        Graph.Builder g = new Graph.Builder();
        members.forEach(m -> member(g, m));
        List<Tensor> tensors = new ArrayList<>();
        try (Plan plan = device.compile(g.build());
                Stream stream = device.openStream()) {
            assertEquals(sideBySide, plan.describe().contains("side by side"), plan.describe());
            plan.graph().bindings().forEach((name, spec) -> {
                Tensor t = device.tensor(spec);
                t.set(new Init.Uniform(1).values(7, name, (int) spec.shape().elements()));
                if (name.endsWith("running_var") || name.equals(GraphWriter.MOMENTUM)) {
                    t.fill(0.5);
                }
                tensors.add(t);
                plan.bind(name, t);
            });
            for (int i = 0; i < runs; i++) {
                plan.run(stream);
            }
            int at = 0;
            for (String name : plan.graph().bindings().keySet()) {
                results.put(name, tensors.get(at++).toDoubles());
            }
        }
        tensors.forEach(Tensor::close);
        return results;
    }

    private void open(Precision precision) {
        device.close();
        device = new CudaBackend().open(0, precision);
    }

    @ParameterizedTest
    @EnumSource(names = {"F32", "BF16"})
    void membersGiveTheBitsThatEachGivesAlone(Precision precision) {
        open(precision);
        List<Integer> all = List.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
        Map<String, double[]> together = run(all, 6, true);
        for (int m : all) {
            run(List.of(m), 6, false).forEach((name, alone) -> assertArrayEquals(alone, together.get(name), name));
        }
        assertEquals(11, together.keySet().stream().filter(n -> n.startsWith("dst")).count());
    }

    @ParameterizedTest
    @EnumSource(names = {"F32", "BF16"})
    void whatMembersReadIsConvertedOnce(Precision precision) {
        open(precision);
        Graph.Builder g = new Graph.Builder();
        List.of(0, 1, 2, 3).forEach(m -> {
            GraphWriter w = new GraphWriter(GraphWriter.Mode.TRAIN, g);
            Value z = g.input("src", IMAGE);
            for (int layer = 0; layer < 4; layer++) {
                String name = "m" + m + "." + layer;
                z = w.convNorm(name, name + ".norm", z, 8, 1, ConvGeometry.POINTWISE, Activation.RELU, Optional.empty());
            }
            g.output("dst" + m, z, device.preferredLayout());
        });
        try (Plan plan = device.compile(g.build())) {
            String text = plan.describe();
            assertTrue(text.startsWith("layout"), text);
            assertEquals(1, text.lines().filter(l -> l.startsWith("layout")).count(), text);
            assertEquals(0, text.lines().filter(l -> l.startsWith("storage") && l.contains("of 'src'")).count(), text);
        }
    }

    @Test
    void oneNetworkHasOneBranch() {
        Graph.Builder g = new Graph.Builder();
        member(g, 0);
        try (Plan plan = device.compile(g.build())) {
            assertFalse(plan.describe().contains("side by side"), plan.describe());
        }
    }
}
