package donna.jobs;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SharesTest {
    @Test
    void theLongestJobGoesFirstAndEachToWhereItIsDoneEarliest() {
        Shares s = Shares.equal(new double[] {2, 7, 3, 5, 4}, 2);
        assertArrayEquals(new int[] {1, 0, 0, 1, 1}, s.places());
        assertArrayEquals(new double[] {10, 11}, s.work());
        assertEquals(100.0 * 10 / 21, s.percent(0), 1e-12);
    }

    @Test
    void aDeviceHasWorkInProportionToItsSpeed() {
        double[] work = new double[400];
        long seed = 7;
        Random random = new Random(seed);
        Arrays.setAll(work, i -> 1 + random.nextInt(50));
        Shares s = Shares.of(work, new double[] {3, 1, 2});
        assertEquals(50, s.percent(0), 0.5, "seed " + seed);
        assertEquals(100.0 / 6, s.percent(1), 0.5, "seed " + seed);
        assertEquals(100.0 / 3, s.percent(2), 0.5, "seed " + seed);
    }

    /** Six equal jobs, and a device that takes twice as long for its three: with two of them it is done when the other has done four. */
    @Test
    void jobsMoveToTheDeviceThatIsSeenToBeFaster() {
        double[] jobs = {1, 1, 1, 1, 1, 1};
        Shares equal = Shares.equal(jobs, 2);
        assertArrayEquals(new double[] {3, 3}, equal.work());
        Shares better = equal.better(jobs, new double[] {3, 6}).orElseThrow();
        assertArrayEquals(new double[] {4, 2}, better.work());
        assertEquals(Optional.empty(), better.better(jobs, new double[] {4, 4}));
    }

    @Test
    void nothingMovesForLessThanATenthOrWhereJobsCannotBeDivided() {
        double[] jobs = {1, 1, 1, 1, 1, 1};
        assertEquals(Optional.empty(), Shares.equal(jobs, 2).better(jobs, new double[] {3, 3.3}));
        assertEquals(Optional.empty(), Shares.equal(new double[] {5}, 2).better(new double[] {5}, new double[] {4, 0}));
    }

    @Test
    void aDeviceWithoutWorkIsTakenForAnAverageOne() {
        double[] jobs = {1, 1, 1, 1};
        Shares first = new Shares(new int[] {0, 0, 0, 0}, new double[] {4, 0});
        assertArrayEquals(new double[] {2, 2}, first.better(jobs, new double[] {8, 0}).orElseThrow().work());
    }
}
