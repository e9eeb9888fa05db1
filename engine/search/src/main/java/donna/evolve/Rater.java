package donna.evolve;

import donna.jobs.Progress;
import java.util.Arrays;

/** Rates individuals of a population, many at a time. Buffers are per worker; nothing is allocated by rating. */
final class Rater {
    /** Bytes of two lines, as processors fetch them in pairs. */
    private static final int LINES = 128;

    private final Problem problem;
    private final Population people;
    private final Crew crew;
    private final Progress progress;
    private final Buffers[] buffers;
    private final boolean[] maximise;
    private int first;
    private final Crew.Work work = this::rateSome;

    /** One worker's, with room before and behind, so that no two workers write to the same line of the cache. */
    private record Buffers(byte[] before, int[] choices, double[] objectives, double[] excess, byte[] behind) {
        static Buffers of(int blocks, int goals, int constraints) {
            return new Buffers(
                    new byte[LINES], new int[blocks], new double[goals], new double[constraints], new byte[LINES]);
        }
    }

    Rater(Problem problem, Population people, Crew crew, Progress progress) {
        this.problem = problem;
        this.people = people;
        this.crew = crew;
        this.progress = progress;
        buffers = new Buffers[crew.size()];
        Arrays.setAll(buffers, w -> Buffers.of(people.blocks, people.goals, problem.constraints()));
        maximise = Problem.directions(problem.goals());
    }

    /** Rates individuals {@code from} to {@code to - 1}; looks at the cancel flag before every few. */
    void rate(int from, int to) {
        first = from;
        crew.run(to - from, work);
    }

    private void rateSome(int from, int to, int worker) {
        progress.check();
        int[] c = buffers[worker].choices();
        double[] f = buffers[worker].objectives();
        double[] g = buffers[worker].excess();
        for (int i = first + from; i < first + to; i++) {
            for (int n = 0; n < c.length; n++) {
                c[n] = people.genes[i * c.length + n];
            }
            problem.rate(c, f, g);
            put(people, i, f, g, maximise);
        }
    }

    /** Writes what individual {@code i} is worth; smaller is better in the population. */
    static void put(Population people, int i, double[] objectives, double[] excess, boolean[] maximise) {
        double broken = 0;
        for (double e : excess) {
            broken += e > 0 ? e : e <= 0 ? 0 : Double.POSITIVE_INFINITY;
        }
        for (int k = 0; k < objectives.length; k++) {
            people.values[i * objectives.length + k] = maximise[k] ? -objectives[k] : objectives[k];
            broken = Double.isFinite(objectives[k]) ? broken : Double.POSITIVE_INFINITY;
        }
        people.violation[i] = broken;
    }
}
