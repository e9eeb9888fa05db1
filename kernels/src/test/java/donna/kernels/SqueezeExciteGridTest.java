package donna.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import org.junit.jupiter.api.Test;

/** Blocks and limits are those that the source counts on. */
class SqueezeExciteGridTest {
    @Test
    void theSourceCountsOnTheSameNumbers() {
        String source = KernelFile.SQUEEZE_EXCITE.source();
        Map<String, Integer> numbers = Map.of("THREADS", SqueezeExciteGrid.THREADS, "SAMPLES", SqueezeExciteGrid.SAMPLES, "CHANNELS",
                SqueezeExciteGrid.CHANNELS, "MOST_CHANNELS", SqueezeExciteGrid.MOST_CHANNELS, "MOST_REDUCED", SqueezeExciteGrid.MOST_REDUCED);
        numbers.forEach((name, number) -> assertTrue(source.contains("#define " + name + " " + number + "\n"), name + " " + number));
    }

    @Test
    void everySampleAndEveryChannelHasABlock() {
        assertEquals(new Launch(64, 1, 1, 512, 1), SqueezeExciteGrid.samples(128));
        assertEquals(new Launch(5, 1, 1, 512, 1), SqueezeExciteGrid.samples(9));
        assertEquals(new Launch(168, 1, 1, 512, 1), SqueezeExciteGrid.parameters(672));
        assertEquals(new Launch(3, 1, 1, 512, 1), SqueezeExciteGrid.parameters(9));
    }

    @Test
    void moreThanSharedMemoryHoldsDoesNotFit() {
        assertTrue(SqueezeExciteGrid.fits(3072, 256));
        assertFalse(SqueezeExciteGrid.fits(3073, 1));
        assertFalse(SqueezeExciteGrid.fits(8, 257));
    }
}
