package donna.bench;

import donna.bench.ceiling.CopyBandwidth;
import donna.bench.ceiling.FmaPeak;
import donna.bench.data.ImagePipeline;
import donna.bench.ops.BatchNormActivation;
import donna.bench.ops.DenseConvolution;
import donna.bench.ops.DepthwiseConvolution;
import donna.bench.ops.ExpansionStatistics;
import donna.bench.ops.NativeCall;
import donna.bench.ops.Pass;
import donna.bench.ops.PointwiseConvolution;
import donna.bench.ops.SmallOps;
import donna.bench.search.ArchiveSpeed;
import donna.bench.search.EvolutionSpeed;
import donna.bench.search.ExactFrontSpeed;
import donna.bench.search.JMetalSpeed;
import donna.bench.search.PredictorSpeed;
import donna.bench.search.RatingSpeed;
import donna.bench.step.PlanCreation;
import donna.bench.step.StageSpeed;
import donna.bench.step.StepSpeed;
import donna.evolve.GenerationSpeed;
import donna.evolve.SortSpeed;
import donna.tensor.Activation;
import donna.tensor.DType;
import donna.tensor.Layout;
import donna.testkit.OpCase;
import java.util.List;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * A JMH class and how much work one of its invocations is.
 *
 * @param section of the results
 * @param benchmark the class
 * @param work given the value of each parameter by name
 */
record Question(Section section, Class<?> benchmark, Function<UnaryOperator<String>, Work> work) {
    /** Parts of the results; the ceilings come first, as the others are compared with them. */
    enum Section {
        CEILINGS,
        OPS,
        STEP,
        SEARCH,
        DATA
    }

    /** All there are, in the order in which they are asked. */
    static List<Question> all() {
        return List.of(
                new Question(Section.CEILINGS, FmaPeak.class, p -> FmaPeak.work()),
                new Question(
                        Section.CEILINGS,
                        CopyBandwidth.class,
                        p -> CopyBandwidth.work(Integer.parseInt(p.apply("kibibytes")))),
                new Question(
                        Section.OPS,
                        PointwiseConvolution.class,
                        p -> work(PointwiseConvolution.of(pass(p), p.apply("shape")))),
                new Question(
                        Section.OPS,
                        DepthwiseConvolution.class,
                        p -> work(DepthwiseConvolution.of(pass(p), Integer.parseInt(p.apply("kernel"))))),
                new Question(
                        Section.OPS,
                        BatchNormActivation.class,
                        p -> work(BatchNormActivation.of(pass(p), Activation.valueOf(p.apply("activation"))))),
                new Question(
                        Section.OPS,
                        DenseConvolution.class,
                        p -> work(DenseConvolution.of(pass(p), p.apply("shape"), Integer.parseInt(p.apply("kernel"))))),
                new Question(
                        Section.OPS, SmallOps.class, p -> work(SmallOps.of(SmallOps.Kind.valueOf(p.apply("kind"))))),
                new Question(Section.OPS, ExpansionStatistics.class, p -> Work.NONE),
                new Question(Section.OPS, NativeCall.class, p -> Work.NONE),
                new Question(Section.STEP, StepSpeed.class, p -> StepSpeed.work(p.apply("candidate"))),
                new Question(Section.STEP, StageSpeed.class, p -> Work.rating(StageSpeed.CANDIDATES)),
                new Question(Section.STEP, PlanCreation.class, p -> Work.NONE),
                new Question(
                        Section.SEARCH,
                        EvolutionSpeed.class,
                        p -> Work.rating(EvolutionSpeed.architectures(Integer.parseInt(p.apply("population"))))),
                new Question(
                        Section.SEARCH,
                        JMetalSpeed.class,
                        p -> Work.rating(JMetalSpeed.architectures(Integer.parseInt(p.apply("population"))))),
                new Question(
                        Section.SEARCH,
                        GenerationSpeed.class,
                        p -> Work.rating(GenerationSpeed.architectures(p.apply("population")))),
                new Question(Section.SEARCH, RatingSpeed.class, p -> Work.rating(1)),
                new Question(Section.SEARCH, SortSpeed.class, p -> Work.NONE),
                new Question(Section.SEARCH, ArchiveSpeed.class, p -> Work.NONE),
                new Question(Section.SEARCH, ExactFrontSpeed.class, p -> Work.NONE),
                new Question(Section.SEARCH, PredictorSpeed.class, p -> Work.NONE),
                new Question(Section.DATA, ImagePipeline.class, p -> Work.NONE.withImages(ImagePipeline.IMAGES)));
    }

    private static Pass pass(UnaryOperator<String> parameters) {
        return Pass.valueOf(parameters.apply("pass"));
    }

    private static Work work(OpCase op) {
        return Work.of(op.forward(DType.F32, Layout.PLAIN).graph());
    }
}
