package donna.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import donna.spec.Json;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MainTest {
    private final CapturedConsole captured = new CapturedConsole(false);

    private int run(String... args) {
        return Main.run(captured.console, args);
    }

    @Test
    void helpGoesToStandardOutputAndExitsWithZero() {
        assertEquals(0, run("--help"));
        assertTrue(captured.out().contains("devices"), captured.out());
        assertEquals("", captured.err());
    }

    @Test
    void anUnknownVerbIsWrongUsageInOneLine() {
        assertEquals(2, run("serch"));
        assertEquals("", captured.out());
        assertEquals(1, captured.err().lines().count(), captured.err());
        assertTrue(captured.err().contains("'serch'"), captured.err());
    }

    @Test
    void noVerbIsWrongUsage() {
        assertEquals(2, run());
        assertTrue(captured.err().contains("--help"), captured.err());
    }

    @Test
    void devicesListsTheReferenceBackendAsUsable() {
        assertEquals(0, run("devices"));
        assertTrue(captured.out().lines().anyMatch(l -> l.matches("reference +yes .*; computes in f32")), captured.out());
    }

    @Test
    void aTerminalsStatusLineIsErasedBeforeTheNextLine() {
        CapturedConsole terminal = new CapturedConsole(true);
        terminal.console.status("half");
        terminal.console.note("done");
        assertEquals("\r\u001b[Khalf\r\u001b[Kdone\n", terminal.err());
    }

    @Test
    void elsewhereLinesCarryATimeAndStatusIsNotShown() {
        captured.console.status("half");
        captured.console.note("done");
        assertTrue(captured.err().matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ done\n"), captured.err());
    }

    @Test
    void quietKeepsErrorsOnly() {
        captured.console.quiet(true);
        captured.console.note("done");
        captured.console.error("no such file");
        assertEquals("donna: no such file\n", captured.err());
        assertFalse(captured.console.terminal());
    }

    @Test
    void describeCountsTheQuickstartsTeacher() {
        assertEquals(0, run("describe", "../../examples/specs/quickstart.yaml"));
        assertTrue(captured.out().lines().anyMatch(l -> l.matches("together +9,799,776 +307,222")), captured.out());
        assertTrue(captured.out().contains("88 candidates, 234,256 architectures"), captured.out());
    }

    @Test
    void describeTakesAReferenceModelsNameAndForm() {
        assertEquals(0, run("describe", "cifar_resnet20"));
        assertTrue(captured.out().lines().anyMatch(l -> l.matches("together +40,551,040 +269,722")), captured.out());
        assertTrue(captured.out().contains("9 units from layer1.0 to layer3.2; blocks begin by themselves at layer1.0, layer2.0, layer3.0"), captured.out());
        assertEquals(0, run("describe", "deit_tiny", "--image-size", "32", "--patch", "4", "--depth", "2", "--classes", "10"));
        assertTrue(captured.out().contains("2 units from blocks.0 to blocks.1"), captured.out());
        assertEquals(0, run("describe", "cifar_resnet20", "--plan", "--device", "reference"));
        assertTrue(captured.out().contains("layer3.2.conv2"), captured.out());
        assertEquals(2, run("describe", "../../examples/specs/tiny.yaml", "--classes", "10"));
        assertTrue(captured.err().contains("[classes]"), captured.err());
    }

    @Test
    void aFastDeviceSaysWhatItGivesUp() {
        assertEquals(0, run("describe", "../../examples/specs/tiny.yaml", "--plan", "--device", "reference", "--fast"));
        assertTrue(captured.err().contains("device: reference (plain Java); fast: nothing is given up"), captured.err());
    }

    @Test
    void describeShowsTheGradientsInATrainingPlanOnly() {
        assertEquals(0, run("describe", "../../examples/specs/tiny.yaml", "--plan", "--device", "reference"));
        assertEquals(1, run("describe", "../../examples/specs/tiny.yaml", "--plan", "--device", "reference", "--precision", "bf16"));
        assertTrue(captured.err().contains("not reference: computes in f32, not in bf16"), captured.err());
        assertEquals(2, run("describe", "../../examples/specs/tiny.yaml", "--plan", "--precision", "fp8"));
        assertFalse(captured.out().contains("BatchNormBackward"), captured.out());
        assertEquals(0, run("describe", "../../examples/specs/tiny.yaml", "--training", "--batch", "2", "--device", "reference"));
        assertTrue(captured.out().contains("BatchNormBackward"), captured.out());
    }

    @Test
    void describeAsJsonCanBeReadBack() {
        assertEquals(0, run("describe", "../../examples/specs/tiny.yaml", "--json"));
        Map<?, ?> out = Json.parse(captured.out(), Map.class);
        long sum = ((List<?>) out.get("layers"))
                .stream().mapToLong(l -> ((Number) ((Map<?, ?>) l).get("macs")).longValue()).sum();
        assertEquals(((Number) out.get("macs")).longValue(), sum);
        assertEquals(25, ((Number) out.get("architectures")).intValue());
    }

    @Test
    void anOverrideThatTheSpecRefusesNamesItsPath() {
        assertEquals(1, run("describe", "../../examples/specs/tiny.yaml", "--set", "distill.train.epochs=none"));
        assertTrue(captured.err().contains("/distill/train/epochs"), captured.err());
        assertEquals("", captured.out());
    }

    @Test
    void everyOptionHasAValueItCanBeGiven() {
        String tiny = "../../examples/specs/tiny.yaml";
        assertEquals(0, run("describe", tiny, "--seed", "5", "--device", "auto", "--threads", "2", "--batch", "4", "--architecture", "0-1"));
        assertTrue(captured.out().contains("together"), captured.out());
    }

    @Test
    void aMissingFileIsOneSentence() {
        assertEquals(1, run("describe", "absent.yaml"));
        assertEquals(1, captured.err().lines().count(), captured.err());
        assertTrue(captured.err().contains("absent.yaml"), captured.err());
    }
}
