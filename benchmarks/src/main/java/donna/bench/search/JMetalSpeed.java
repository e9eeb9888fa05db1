package donna.bench.search;

import donna.evolve.AdditiveProblem;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.uma.jmetal.algorithm.Algorithm;
import org.uma.jmetal.algorithm.multiobjective.nsgaii.NSGAIIBuilder;
import org.uma.jmetal.operator.crossover.impl.IntegerSBXCrossover;
import org.uma.jmetal.operator.mutation.impl.IntegerPolynomialMutation;
import org.uma.jmetal.problem.integerproblem.impl.AbstractIntegerProblem;
import org.uma.jmetal.solution.integersolution.IntegerSolution;
import org.uma.jmetal.util.pseudorandom.JMetalRandom;

/** How long do jMetal's 50 generations of NSGA-II take on the problem of {@link EvolutionSpeed}? */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class JMetalSpeed {
    private static final int GENERATIONS = 50;

    /** Larger ones take minutes: its sort compares all pairs. */
    @Param("100")
    private int population;

    private BlockChoice problem;
    private long seed;

    /** Architectures rated by one invocation. */
    public static long architectures(int population) {
        return (long) population * GENERATIONS;
    }

    @Setup
    public void open() {
        problem = new BlockChoice(BlockTables.problem(5, 384, 2));
    }

    @Benchmark
    public List<IntegerSolution> run() {
        JMetalRandom.getInstance().setSeed(++seed);
        Algorithm<List<IntegerSolution>> algorithm = new NSGAIIBuilder<>(
                        problem,
                        new IntegerSBXCrossover(0.9, 20),
                        new IntegerPolynomialMutation(0.2, 20),
                        population)
                .setMaxEvaluations((int) architectures(population))
                .build();
        algorithm.run();
        return algorithm.result();
    }

    /** The choice of one option per block, in jMetal's terms. */
    private static final class BlockChoice extends AbstractIntegerProblem {
        private static final long serialVersionUID = 1;
        private final transient AdditiveProblem inner;

        BlockChoice(AdditiveProblem inner) {
            this.inner = inner;
            int blocks = inner.options().length;
            numberOfObjectives(inner.goals().size());
            name("block choice");
            variableBounds(Collections.nCopies(blocks, 0), Collections.nCopies(blocks, inner.options()[0] - 1));
        }

        @Override
        public IntegerSolution evaluate(IntegerSolution solution) {
            int[] choices = solution.variables().stream().mapToInt(Integer::intValue).toArray();
            inner.rate(choices, solution.objectives(), new double[0]);
            return solution;
        }
    }
}
