package donna.cost;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import donna.space.Architecture;
import donna.spec.Json;
import donna.tensor.DonnaException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class CostModelTest {
    private static final LatencyTable TABLE = LatencyTable.ofMs(32, 0.5, new double[][] {{1, 2}, {0.25, 4, 8}});

    @Test
    void partsAddUp() {
        assertEquals(0.5 + 2 + 4, TABLE.of(new Architecture(1, 1)));
        assertEquals("latencyMs", TABLE.name());
        Macs macs = Macs.of(100, new long[][] {{10, 20}, {5, 6, 7}});
        assertEquals(127, macs.of(new Architecture(1, 2)));
        assertEquals(127, new Params(macs.table()).of(new Architecture(1, 2)));
    }

    @Test
    void tablesSurviveJson() {
        LatencyTable back = Json.parse(Json.text(TABLE), LatencyTable.class);
        assertEquals(TABLE, back);
        assertEquals(TABLE.hashCode(), back.hashCode());
    }

    @Test
    void tablesThatCannotBeCostsAreRefused() {
        assertThrows(
                DonnaException.InvalidInput.class, () -> LatencyTable.ofMs(1, 0, new double[][] {{1, Double.NaN}}));
        assertThrows(DonnaException.InvalidInput.class, () -> LatencyTable.ofMs(1, -1, new double[][] {{1}}));
        assertThrows(DonnaException.InvalidInput.class, () -> LatencyTable.ofMs(1, 0, new double[0][]));
    }

    @Test
    void wholeNetworksAreMeasuredOnce() {
        AtomicInteger calls = new AtomicInteger();
        Measured measured = new Measured("latencyMs", a -> a.choice(0) + 0.5 + 0 * calls.incrementAndGet());
        assertEquals(3.5, measured.of(new Architecture(3)));
        assertEquals(3.5, measured.of(new Architecture(3)));
        assertEquals(1, calls.get());
        assertEquals(1, measured.measurements());
    }

    @Test
    void additivityIsReportedByRatioRankAndErrorAfterScaling() {
        Additivity exact = Additivity.of(new double[] {1, 2, 4}, new double[] {1.1, 2.2, 4.4});
        assertEquals(1.1, exact.ratioMedian(), 1e-12);
        assertEquals(1, exact.tau(), 1e-12);
        assertEquals(0, exact.errorAfterScalingPercent(), 1e-9);
        Additivity rough = Additivity.of(new double[] {1, 2, 4, 8}, new double[] {1, 4, 3.6, 8});
        assertEquals(1, rough.ratioMedian(), 1e-12);
        assertEquals(0.9, rough.ratioMin(), 1e-12);
        assertEquals(2, rough.ratioMax(), 1e-12);
        assertEquals(100 * 1.1 / 4, rough.errorAfterScalingPercent(), 1e-9);
        assertEquals(4.0 / 6, rough.tau(), 1e-12);
        assertThrows(DonnaException.InvalidInput.class, () -> Additivity.of(new double[] {1}, new double[] {1}));
    }
}
