package donna.evolve;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.management.ThreadMXBean;
import donna.bench.search.BlockTables;
import donna.jobs.Progress;
import java.lang.management.ManagementFactory;
import java.util.List;
import org.junit.jupiter.api.Test;

class GenerationAllocationTest {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    @Test
    void aGenerationUnderWayAllocatesNothing() {
        for (int islands : new int[] {1, 8}) {
            for (int threads = 1; threads <= 2; threads++) {
                assertEquals(0, bytes(islands, threads), islands + " islands, " + threads + " threads, bytes");
            }
        }
    }

    /**
     * What the leanest of five hundreds of steps allocates. What happens for the first time, a thread that falls asleep
     * for example, links its code at any later moment, which allocates once.
     */
    private static long bytes(int islands, int threads) {
        Evolution evolution = new Evolution(1000, Integer.MAX_VALUE, 0.5, 0.05, 1).withIslands(islands);
        AdditiveProblem problem = BlockTables.problem(5, 384, 2);
        try (Lineage lineage = new Lineage(evolution, problem, List.of(), threads, Progress.NONE)) {
            long[] crew = Thread.getAllStackTraces().keySet().stream()
                    .filter(t -> t.getName().startsWith("evolve-"))
                    .mapToLong(Thread::threadId)
                    .toArray();
            long least = Long.MAX_VALUE;
            for (int hundred = 0; hundred < 5; hundred++) {
                long before = allocated(crew);
                steps(lineage, 100);
                least = Math.min(least, allocated(crew) - before);
            }
            return least;
        }
    }

    private static void steps(Lineage lineage, int n) {
        for (int i = 0; i < n; i++) {
            lineage.step();
        }
    }

    private static long allocated(long[] crew) {
        long bytes = THREADS.getCurrentThreadAllocatedBytes();
        for (long thread : crew) {
            bytes += THREADS.getThreadAllocatedBytes(thread);
        }
        return bytes;
    }
}
