package donna.evolve;

import donna.jobs.Progress;
import donna.space.Architecture;
import java.util.List;

/**
 * A population on its way: {@link #step} is one generation, and allocates nothing unless the growth of the hypervolume
 * is watched. For one thread, the captain of the crew that works on it.
 */
final class Lineage implements AutoCloseable {
    private final Evolution evolution;
    private final List<Problem.Goal> goals;
    private final Progress progress;
    private final Crew crew;
    private final Population people;
    private final Brood brood;
    private final Rater rater;
    private final Course course;

    Lineage(Evolution evolution, Problem problem, List<Architecture> known, int threads, Progress progress) {
        int[] options = problem.options();
        this.evolution = evolution;
        this.goals = problem.goals();
        this.progress = progress;
        Problem.check(options, goals, known);
        crew = new Crew(Math.max(1, threads));
        people = new Population(evolution.population(), options.length, goals.size(), crew);
        Breeding breeding = new Breeding(evolution.seed(), options, evolution.variation());
        brood = new Brood(people, breeding, known, null, crew);
        rater = new Rater(problem, people, crew, progress);
        course = new Course(evolution.stop(), 0);
    }

    boolean ended() {
        return course.ended();
    }

    /** Breeds, rates and selects one generation. */
    void step() {
        progress.check();
        int survivors = people.size;
        int wanted = (int) Math.min(evolution.population(), course.evaluationsLeft());
        int end = brood.append(survivors, wanted, course.generations(), 0);
        rater.rate(survivors, end);
        course.rated(end - survivors);
        people.select(end);
        course.generationEnded(people, end - survivors);
    }

    /** The feasible front of the last generation. */
    ParetoFront front() {
        return people.front(goals);
    }

    @Override
    public void close() {
        crew.close();
    }
}
