package donna.jobs;

import java.util.Arrays;
import java.util.Comparator;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Which device does which of some jobs that all go on together to the end: to each about as much work as it is fast. The longest first, each to where it is
 * done earliest (LPT on uniform machines; Gonzalez, Ibarra, Sahni 1977).
 *
 * @param places device of each job
 * @param work of each device
 */
public record Shares(int[] places, double[] work) {
    /** How much sooner other shares must be done to be worth a change. */
    private static final double WORTH = 1.1;

    /**
     * Shares jobs.
     *
     * @param work of each job, in any unit
     * @param speeds of the devices: work in some time
     */
    public static Shares of(double[] work, double[] speeds) {
        int[] places = new int[work.length];
        double[] load = new double[speeds.length];
        IntStream.range(0, work.length).boxed().sorted(Comparator.comparingDouble(i -> -work[i])).forEach(i -> {
            int best = 0;
            for (int d = 1; d < speeds.length; d++) {
                best = (load[d] + work[i]) / speeds[d] < (load[best] + work[i]) / speeds[best] ? d : best;
            }
            places[i] = best;
            load[best] += work[i];
        });
        return new Shares(places, load);
    }

    /** Shares jobs among {@code devices} of which nothing is known. */
    public static Shares equal(double[] work, int devices) {
        double[] speeds = new double[devices];
        Arrays.fill(speeds, 1);
        return of(work, speeds);
    }

    /** How fast the devices were that took {@code seconds}; one that had nothing to do is taken to be as fast as all on average. */
    private double[] speeds(double[] seconds) {
        double mean = IntStream.range(0, work.length).filter(d -> work[d] > 0).mapToDouble(d -> work[d] / seconds[d]).average().orElse(1);
        return IntStream.range(0, work.length).mapToDouble(d -> work[d] > 0 ? work[d] / seconds[d] : mean).toArray();
    }

    /**
     * Other shares of the same jobs, if those are done a tenth sooner on devices as fast as these are seen to be.
     *
     * @param jobs work of each job
     * @param seconds that each device took for its work
     */
    public Optional<Shares> better(double[] jobs, double[] seconds) {
        double[] speeds = speeds(seconds);
        Shares other = of(jobs, speeds);
        return Optional.of(other).filter(o -> WORTH * o.time(speeds) < time(speeds));
    }

    private double time(double[] speeds) {
        return IntStream.range(0, work.length).mapToDouble(d -> work[d] / speeds[d]).max().orElse(0);
    }

    /** How much of all work device {@code d} has, in percent. */
    public double percent(int d) {
        return 100 * work[d] / Arrays.stream(work).sum();
    }
}
