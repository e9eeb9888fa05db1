package donna.evolve;

import donna.jobs.Progress;
import donna.space.Architecture;
import java.util.List;

/** The baseline every search must beat: architectures drawn uniformly. */
public final class RandomSearch {
    private static final int BATCH = 1 << 16;

    private final Problem problem;
    private final Breeding breeding;
    private final ParetoArchive archive;
    private final Progress progress;

    private RandomSearch(Problem problem, long seed, Progress progress) {
        this.problem = problem;
        this.progress = progress;
        breeding = new Breeding(~seed, problem.options(), Variation.uniform(0, 0));
        archive = new ParetoArchive(problem.goals());
    }

    /**
     * The front among {@code evaluations} architectures drawn uniformly with repetition.
     *
     * @param threads that rate; the result does not depend on it
     * @param progress asked whether to stop
     */
    public static ParetoFront run(Problem problem, long evaluations, long seed, int threads, Progress progress) {
        Problem.check(problem.options(), problem.goals(), List.of());
        RandomSearch search = new RandomSearch(problem, seed, progress);
        try (Crew crew = new Crew(Math.max(1, threads))) {
            for (long i = 0; i < evaluations; i += BATCH) {
                long first = i;
                crew.run((int) Math.min(BATCH, evaluations - i), (from, to, worker) -> search.rate(first, from, to));
            }
        }
        return search.archive.front();
    }

    private void rate(long first, int from, int to) {
        progress.check();
        double[] f = new double[problem.goals().size()];
        double[] excess = new double[problem.constraints()];
        int[] choices = new int[problem.options().length];
        char[] genes = new char[choices.length];
        for (int i = from; i < to; i++) {
            breeding.random(genes, 0, first + i, 0);
            for (int n = 0; n < choices.length; n++) {
                choices[n] = genes[n];
            }
            problem.rate(choices, f, excess);
            boolean feasible = true;
            for (double e : excess) {
                feasible &= e <= 0;
            }
            if (feasible) {
                archive.offer(new Architecture(choices), f);
            }
        }
    }
}
