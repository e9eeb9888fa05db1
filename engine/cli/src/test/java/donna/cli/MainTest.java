package donna.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
        assertTrue(captured.out().lines().anyMatch(l -> l.matches("reference +yes .*")), captured.out());
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
}
