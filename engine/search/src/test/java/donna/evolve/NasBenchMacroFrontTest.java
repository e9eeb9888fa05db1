package donna.evolve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import donna.evolve.AdditiveProblem.Term;
import donna.jobs.Progress;
import donna.predict.NasBenchMacro;
import donna.space.Architecture;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The front of accuracy and FLOPs over all 6,561 networks of NAS-Bench-Macro, known from its table. */
class NasBenchMacroFrontTest {
    private static final List<Problem.Goal> GOALS =
            List.of(new Problem.Goal("top1", true), new Problem.Goal("megaflops", false));

    private static ParetoFront truth(NasBenchMacro bench) {
        List<Individual> all = new ArrayList<>();
        for (int i = 0; i < bench.choices().length; i++) {
            all.add(new Individual(new Architecture(bench.choices()[i]), bench.accuracy()[i], bench.flops()[i] / 1e6));
        }
        ParetoFront front = ParetoFront.of(GOALS, all);
        assertEquals(35, front.members().size());
        assertEquals("2-2-2-1-2-2-0-2", front.members().getLast().architecture().toString());
        return front;
    }

    /** No sum over eight layers gives the true accuracy, but any table is a sum over the one pair of its halves. */
    @Test
    void theExactSearchReturnsTheTrueFrontAndProvesIt() {
        NasBenchMacro bench = NasBenchMacro.orSkip();
        int halves = 81;
        double[][][] accuracy = new double[1][halves][halves];
        double[][][] flops = new double[1][halves][halves];
        for (int i = 0; i < halves * halves; i++) {
            accuracy[0][i / halves][i % halves] = bench.accuracy()[i];
            flops[0][i / halves][i % halves] = bench.flops()[i] / 1e6;
        }
        double[][] nothing = new double[2][halves];
        AdditiveProblem table = new AdditiveProblem(
                List.of(new Term("top1", true, 0, nothing, accuracy), new Term("megaflops", false, 0, nothing, flops)),
                List.of());
        ExactFront.Bounds usual = new ExactFront.Bounds(new double[0], ExactFront.USUAL_BYTES);
        ExactFront.Solution solution = ExactFront.solve(table, usual, Progress.NONE);
        assertEquals(Tables.values(truth(bench)), Tables.values(solution.front()));
        assertEquals(Optional.empty(), CertificateChecker.mistake(solution.certificate()));
    }

    @Test
    void evolutionFindsItInTwentyFiveHundredEvaluations() {
        NasBenchMacro bench = NasBenchMacro.orSkip();
        Problem problem = new Problem() {
            @Override
            public int[] options() {
                return new int[] {3, 3, 3, 3, 3, 3, 3, 3};
            }

            @Override
            public List<Goal> goals() {
                return GOALS;
            }

            @Override
            public void rate(int[] choices, double[] objectives, double[] excess) {
                int index = Arrays.stream(choices).reduce(0, (a, b) -> 3 * a + b);
                objectives[0] = bench.accuracy()[index];
                objectives[1] = bench.flops()[index] / 1e6;
            }
        };
        double[] worst = {
            Arrays.stream(bench.accuracy()).min().orElseThrow(),
            Arrays.stream(bench.flops()).max().orElseThrow() / 1e6
        };
        double whole = truth(bench).hypervolume(worst);
        double share = 0;
        for (int seed = 0; seed < 10; seed++) {
            ParetoFront found = new Evolution(50, 50, 0.9, 0.125, seed).run(problem, List.of(), 1);
            share += found.hypervolume(worst) / whole / 10;
        }
        assertTrue(share >= 0.999 && share <= 1, "share " + share);
    }
}
