package donna.evolve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import donna.space.Architecture;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ParetoArchiveTest {
    @Test
    void anyOrderOfOffersGivesTheFrontOfAllOfThem() {
        for (long seed = 0; seed < 40; seed++) {
            Random random = new Random(seed);
            int m = 1 + (int) seed % 4;
            List<Individual> all = some(random, 300, m);
            ParetoFront expected = ParetoFront.of(goals(m), all);
            for (int order = 0; order < 3; order++) {
                Collections.shuffle(all, random);
                ParetoArchive archive = new ParetoArchive(goals(m));
                all.forEach(i -> archive.offer(i.architecture(), i.objectives()));
                assertEquals(expected, archive.front(), "seed " + seed);
                assertEquals(expected.members().size(), archive.size());
            }
        }
    }

    @Test
    void anOfferThatIsNoBetterIsNotTaken() {
        ParetoArchive archive = new ParetoArchive(goals(2));
        assertTrue(archive.offer(new Architecture(5), 1, 2));
        assertFalse(archive.offer(new Architecture(6), 1, 2));
        assertTrue(archive.offer(new Architecture(4), 1, 2));
        assertFalse(archive.offer(new Architecture(1), 2, 2));
        assertFalse(archive.offer(new Architecture(1), Double.NaN, 0));
        assertFalse(archive.offer(new Architecture(1), Double.NEGATIVE_INFINITY, 0));
        assertEquals(new Architecture(4), archive.front().members().getFirst().architecture());
    }

    @Test
    void threadsThatOfferAtTheSameTimeLoseNothing() throws InterruptedException {
        for (long seed = 0; seed < 20; seed++) {
            int m = 2 + (int) seed % 2;
            List<Individual> all = some(new Random(seed), 4000, m);
            ParetoArchive archive = new ParetoArchive(goals(m));
            int threads = 4;
            List<Thread> running = IntStream.range(0, threads)
                    .mapToObj(t -> Thread.ofPlatform().start(() -> {
                        for (int i = t; i < all.size(); i += threads) {
                            archive.offer(all.get(i).architecture(), all.get(i).objectives());
                        }
                    }))
                    .toList();
            for (Thread t : running) {
                t.join();
            }
            assertEquals(ParetoFront.of(goals(m), all), archive.front(), "seed " + seed);
        }
    }

    private static List<Individual> some(Random random, int n, int m) {
        List<Individual> all = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            all.add(new Individual(
                    new Architecture(i, random.nextInt(9)),
                    random.ints(m, -12, 12).asDoubleStream().toArray()));
        }
        return all;
    }

    private static List<Problem.Goal> goals(int m) {
        return IntStream.range(0, m)
                .mapToObj(k -> new Problem.Goal("goal " + k, k % 2 == 1))
                .toList();
    }
}
