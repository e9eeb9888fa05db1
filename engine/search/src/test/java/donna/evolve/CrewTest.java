package donna.evolve;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class CrewTest {
    @Test
    void aCrewDoesEveryItemOnceRoundAfterRound() {
        for (int size : new int[] {1, 2, 5}) {
            try (Crew crew = new Crew(size)) {
                for (int round = 0; round < 400; round++) {
                    int n = 1 + round * 7 % 1500;
                    ConcurrentLinkedQueue<Integer> workers = new ConcurrentLinkedQueue<>();
                    AtomicInteger[] done = new AtomicInteger[n];
                    Arrays.setAll(done, i -> new AtomicInteger());
                    crew.run(n, (from, to, worker) -> {
                        for (int i = from; i < to; i++) {
                            done[i].incrementAndGet();
                        }
                        workers.add(worker);
                    });
                    assertTrue(Arrays.stream(done).allMatch(d -> d.get() == 1), "size " + size + " round " + round);
                    assertTrue(workers.stream().allMatch(w -> w >= 0 && w < size));
                }
            }
        }
    }
}
