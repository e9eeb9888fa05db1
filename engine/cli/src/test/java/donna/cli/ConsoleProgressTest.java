package donna.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ConsoleProgressTest {
    private static final long SECOND = 1_000_000_000L;

    private final AtomicLong now = new AtomicLong();
    private final AtomicBoolean cancelled = new AtomicBoolean();

    private ConsoleProgress on(CapturedConsole captured) {
        return new ConsoleProgress(captured.console, cancelled::get, now::get);
    }

    @Test
    void aTerminalShowsRateAndTimeLeft() {
        CapturedConsole captured = new CapturedConsole(true);
        ConsoleProgress progress = on(captured);
        progress.phase("distill");
        progress.update(0, 1000, "batches");
        now.set(4 * SECOND);
        progress.update(200, 1000, "batches");
        assertTrue(captured.err().endsWith("distill: 200 of 1,000 batches, 50.0 batches/s, 16 s left"), captured.err());
    }

    @Test
    void workOfAnEarlierRunDoesNotCountInTheRate() {
        CapturedConsole captured = new CapturedConsole(true);
        ConsoleProgress progress = on(captured);
        progress.phase("distill");
        progress.update(900, 1000, "batches");
        now.set(10 * SECOND);
        progress.update(950, 1000, "batches");
        assertTrue(captured.err().endsWith("5.00 batches/s, 10 s left"), captured.err());
    }

    @Test
    void elsewhereALineComesEveryTenSeconds() {
        CapturedConsole captured = new CapturedConsole(false);
        ConsoleProgress progress = on(captured);
        progress.phase("teacher");
        for (int second = 1; second <= 25; second++) {
            now.set(second * SECOND);
            progress.update(second, 100, "batches");
        }
        progress.finish();
        assertEquals(4, captured.err().lines().count(), captured.err());
        assertTrue(captured.err().endsWith(" teacher: 25 s\n"), captured.err());
    }

    @Test
    void cancellationIsPassedOn() {
        ConsoleProgress progress = on(new CapturedConsole(false));
        assertFalse(progress.cancelled());
        cancelled.set(true);
        assertTrue(progress.cancelled());
    }
}
