package donna.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class LeakIT {
    /** From candidate 50 to 200: compiled primitives of the shapes still new, and what the Java machine itself takes, such as compiled code. */
    private static final long ALLOWED_KIB = 24 << 10;

    /** From candidate 100 to 200, when every shape has been seen: 80 KiB a candidate would be noticed. */
    private static final long ALLOWED_LATER_KIB = 8 << 10;

    @Test
    void two_hundred_candidates_leave_no_memory_behind() throws Exception {
        assumeTrue(Files.isReadable(Path.of("/proc/self/status")), "skipped: resident memory is read from /proc");
        Process child = SearchChild.java(
                List.of("-Xms128m", "-Xmx128m", "-XX:+AlwaysPreTouch", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"),
                LeakChild.class, List.of("200", "50"));
        String said = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, child.waitFor(), said);
        List<long[]> readings = said.lines()
                .filter(l -> l.matches("\\d+ \\d+ \\d+"))
                .map(l -> Arrays.stream(l.split(" ")).mapToLong(Long::parseLong).toArray())
                .toList();
        assertEquals(4, readings.size(), said);
        readings.forEach(r -> assertEquals(0, r[1], "bytes in use after candidate " + r[0]));
        assertGrowth(readings.get(0), readings.get(3), ALLOWED_KIB, said);
        assertGrowth(readings.get(1), readings.get(3), ALLOWED_LATER_KIB, said);
    }

    private static void assertGrowth(long[] from, long[] to, long allowedKiB, String said) {
        long grown = to[2] - from[2];
        assertTrue(grown < allowedKiB, "resident memory grew by " + grown + " KiB from candidate " + from[0] + ", allowed " + allowedKiB + ": " + said);
    }
}
