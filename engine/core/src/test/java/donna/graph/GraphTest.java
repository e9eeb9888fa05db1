package donna.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import donna.tensor.DonnaException;
import donna.tensor.Layout;
import donna.tensor.TensorSpec;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class GraphTest {
    private static final TensorSpec THREE = TensorSpec.f32(3);
    private final Graph.Builder g = new Graph.Builder();

    @Test
    void whatNothingNeedsIsLeftOut() {
        Value x = g.input("x", THREE);
        g.add(new Op.Scale(2), g.input("unused", THREE));
        Graph graph = g.output("y", g.add(new Op.Scale(3), x)).build();
        assertEquals(Set.of("x", "y"), graph.bindings().keySet());
        assertEquals(2, graph.nodes().size());
    }

    @Test
    void updatesStayAlthoughNothingReadsThem() {
        Value average = g.variable("average", THREE);
        g.update(new Op.EmaUpdate(0.9f), average, g.add(new Op.Scale(3), g.input("x", THREE)));
        assertEquals(Set.of("average", "x"), g.build().bindings().keySet());
        assertEquals(4, g.build().nodes().size());
    }

    @Test
    void aVariableAskedForTwiceIsTheSame() {
        assertSame(g.variable("w", THREE).node(), g.variable("w", THREE).node());
        assertThrows(DonnaException.InvalidInput.class, () -> g.variable("w", TensorSpec.f32(4)));
    }

    @Test
    void membersShareInputsAndNothingElse() {
        Value first = g.member("a/").at("layer").variable("w", THREE);
        Value x = g.input("x", THREE);
        Value second = g.member("b/").at("layer").variable("w", THREE);
        assertSame(x.node(), g.input("x", THREE).node());
        assertEquals("a/layer", first.node().name());
        g.output("sum", g.add(new Op.Add(), g.add(new Op.Add(), first, second), x));
        assertEquals(Set.of("a/w", "b/w", "x", "sum"), g.build().bindings().keySet());
    }

    @Test
    void aNameIsTakenOnce() {
        Value x = g.input("x", THREE);
        assertSame(x.node(), g.input("x", THREE).node());
        assertThrows(DonnaException.InvalidInput.class, () -> g.input("x", TensorSpec.f32(4)));
        assertThrows(DonnaException.InvalidInput.class, () -> g.variable("x", THREE));
        assertThrows(DonnaException.InvalidInput.class, () -> g.output("x", x));
        g.output("y", x);
        assertThrows(DonnaException.InvalidInput.class, () -> g.output("y", x));
    }

    @Test
    void anOutputIsBoundInTheLayoutThatWasAskedFor() {
        Value x = g.input("x", TensorSpec.f32(1, 3, 2, 2));
        Graph graph = g.output("y", g.add(new Op.Scale(2), x), new Layout(16)).build();
        assertEquals(
                TensorSpec.f32(1, 3, 2, 2).with(new Layout(16)),
                graph.bindings().get("y"));
    }

    @Test
    void nodesKnowTheirLayer() {
        Value x = g.input("x", THREE);
        assertEquals("blocks.1", g.at("blocks.1").add(new Op.Scale(2), x).node().name());
        assertEquals(List.of(x), g.nodes().get(1).inputs());
    }

    @Test
    void randomBitsDropTheShareAskedFor() {
        int kept = 0;
        for (int i = 0; i < 100_000; i++) {
            kept += Mask.keep(7, 3, i, 0.3f) ? 1 : 0;
            assertEquals(true, Mask.keep(7, 3, i, 0));
        }
        assertEquals(70_000, kept, 600, "4 standard deviations");
    }

    /** Vigna's reference implementation, seed 0. */
    @Test
    void theMixerIsSplitMix64() {
        assertEquals(0xE220A8397B1DCDAFL, Mask.mix(0));
        assertEquals(0x6E789E6AA1B965F4L, Mask.mix(0x9E3779B97F4A7C15L));
    }
}
