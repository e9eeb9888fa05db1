package donna.evolve;

/** Rates individuals of a population, many at a time. Buffers are per worker; nothing is allocated by rating. */
final class Rater {
    private final Problem problem;
    private final Population people;
    private final Crew crew;
    private final int[][] choices;
    private final double[][] objectives;
    private final double[][] excess;
    private final double[] sign;
    private int first;
    private final Crew.Work work = this::rateSome;

    Rater(Problem problem, Population people, Crew crew) {
        this.problem = problem;
        this.people = people;
        this.crew = crew;
        choices = new int[crew.size()][people.blocks];
        objectives = new double[crew.size()][people.goals];
        excess = new double[crew.size()][problem.constraints()];
        sign = problem.goals().stream().mapToDouble(g -> g.maximise() ? -1 : 1).toArray();
    }

    /** Rates individuals {@code from} to {@code to - 1}. */
    void rate(int from, int to) {
        first = from;
        crew.run(to - from, work);
    }

    private void rateSome(int from, int to, int worker) {
        int[] c = choices[worker];
        double[] f = objectives[worker];
        double[] g = excess[worker];
        for (int i = first + from; i < first + to; i++) {
            System.arraycopy(people.genes, i * people.blocks, c, 0, people.blocks);
            problem.rate(c, f, g);
            double broken = 0;
            for (double e : g) {
                broken += e > 0 ? e : 0;
            }
            for (int k = 0; k < f.length; k++) {
                people.values[i * f.length + k] = sign[k] * f[k];
                broken = Double.isFinite(f[k]) ? broken : Double.POSITIVE_INFINITY;
            }
            people.violation[i] = broken;
        }
    }
}
