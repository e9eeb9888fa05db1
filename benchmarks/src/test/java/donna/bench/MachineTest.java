package donna.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class MachineTest {
    private static String shortName(String processor, int cores) {
        return new Machine(processor, cores, 256, "Linux amd64", "25").shortName();
    }

    @Test
    void theFileNameIsTheProcessorItsClockAndItsCores() {
        assertEquals("amd-epyc-9b14-2-cores-256-bit", shortName("AMD EPYC 9B14 96-Core Processor", 2));
        assertEquals("intel-xeon-gold-6348-2-60ghz-8-cores-256-bit", shortName("Intel(R) Xeon(R) Gold 6348 CPU @ 2.60GHz", 8));
        assertEquals("aarch64-4-cores-256-bit", shortName("aarch64", 4));
    }

    @Test
    void theFileNameHasNothingThatLeavesTheFolder() {
        assertEquals("a-b-1-cores-256-bit", shortName("../A/..\\b", 1));
    }
}
