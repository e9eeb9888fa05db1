package donna.evolve;

import donna.space.Architecture;
import java.util.ArrayList;
import java.util.List;

/** The baseline every search must beat: architectures drawn uniformly. */
public final class RandomSearch {
    private static final int KEPT = 4096;

    private RandomSearch() {}

    /**
     * The front among {@code evaluations} architectures drawn uniformly with repetition; a function of its arguments
     * alone.
     */
    public static ParetoFront run(Problem problem, long evaluations, long seed) {
        int[] options = problem.options();
        Breeding breeding = new Breeding(~seed, options, 0, 0);
        double[] f = new double[problem.goals().size()];
        double[] excess = new double[problem.constraints()];
        int[] choices = new int[options.length];
        List<Individual> some = new ArrayList<>();
        ParetoFront front = new ParetoFront(problem.goals(), List.of());
        for (long i = 0; i < evaluations; i++) {
            breeding.random(choices, 0, (int) i, (int) (i >>> 32));
            problem.rate(choices, f, excess);
            boolean feasible = true;
            for (double e : excess) {
                feasible &= e <= 0;
            }
            if (feasible) {
                some.add(new Individual(new Architecture(choices), f));
            }
            if (some.size() == KEPT || i == evaluations - 1) {
                front = front.union(ParetoFront.of(problem.goals(), some));
                some.clear();
            }
        }
        return front;
    }
}
