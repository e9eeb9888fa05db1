package donna.run;

import donna.distill.Networks;
import donna.space.Block;
import donna.space.Candidate;
import donna.space.SearchSpace;
import donna.spec.CandidateSpec;
import donna.spec.CompareSpec;
import donna.spec.DatasetSpec;
import donna.spec.DistillSpec;
import donna.spec.EvolutionSpec;
import donna.spec.EvolutionSpec.Objective;
import donna.spec.FinetuneSpec;
import donna.spec.RecalibrateSpec;
import donna.spec.Reduction;
import donna.spec.SearchSpec;
import donna.spec.SpaceSpec;
import donna.spec.TeacherSpec;
import donna.tensor.DonnaException;
import donna.tensor.Shape;
import donna.train.Inference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Compression of a model: it is the teacher, and its reduced blocks are the space. Each block may stay as it is, with the model's own weights, so that the
 * front begins at the model itself.
 */
public final class Compress {
    private static final Pattern TARGET = Pattern.compile("(latency|macs|params|size)=(\\d{1,2}(?:\\.\\d{1,3})?)%");

    /** Beside the target itself, picks at these shares of it. */
    private static final List<Double> SMALLER = List.of(1.0, 0.75, 0.5);

    private static final String TEACHER = "teacher";

    private Compress() {}

    /**
     * What the compressed model may cost.
     *
     * @param share of the model's own cost
     */
    public record Target(Objective cost, double share) {
        /**
         * Reads {@code latency=60%}, and so on with {@code macs}, {@code params} or {@code size} (parameters, too).
         *
         * @throws DonnaException.InvalidInput if it is none of those
         */
        public static Target parse(String text) {
            Matcher m = TARGET.matcher(text);
            if (!m.matches() || Double.parseDouble(m.group(2)) <= 0) {
                throw new DonnaException.InvalidInput("target '" + text
                        + "' cannot be read; expected latency, macs, params or size, and a share above 0 and below 100 percent, such as latency=60%");
            }
            Objective cost = switch (m.group(1)) {
                case "latency" -> Objective.LATENCY;
                case "macs" -> Objective.MACS;
                default -> Objective.PARAMS;
            };
            return new Target(cost, Double.parseDouble(m.group(2)) / 100);
        }
    }

    /**
     * The file whose spec describes a model.
     *
     * @param model a spec (YAML or JSON); a run folder, whose teacher is meant; or a model of a run, {@code RUN/models/NAME} or the safetensors file in it
     * @throws DonnaException.InvalidInput if it is none of those
     */
    public static Path specOf(Path model) {
        String name = model.toAbsolutePath().normalize().getFileName().toString();
        if (Files.isRegularFile(model) && name.matches(".*\\.(yaml|yml|json)")) {
            return model;
        }
        Path file = run(model).resolve(RunFolder.SPEC);
        if (!Files.isRegularFile(file)) {
            throw new DonnaException.InvalidInput(model + " is no model: it is neither a spec (YAML or JSON), nor a run folder, nor a model of a run ("
                    + file + " does not exist); name one of those");
        }
        return file;
    }

    /** Whether {@code model} is a file in a run, whose spec then says more. */
    public static boolean isOfRun(Path model) {
        return Files.exists(model) && Files.isRegularFile(run(model).resolve(RunFolder.SPEC));
    }

    /** The run that a run folder, a model's folder or the file in it belongs to. */
    private static Path run(Path model) {
        if (Files.exists(model.resolve(RunFolder.SPEC))) {
            return model;
        }
        Path folder = folder(model);
        return TEACHER.equals(String.valueOf(folder.getFileName())) ? folder.resolveSibling(".").normalize() : folder.resolve("../..").normalize();
    }

    private static Path folder(Path model) {
        Path whole = model.toAbsolutePath().normalize();
        return Files.isRegularFile(whole) ? whole.getParent() : whole;
    }

    /**
     * {@code base} with the model at {@code model} as its reference model.
     *
     * @param base what {@link #specOf} names
     * @throws DonnaException.InvalidInput if a model of a run is not there
     */
    public static SearchSpec withModel(SearchSpec base, Path model) {
        if (specOf(model).equals(model)) {
            return base;
        }
        Path run = run(model);
        Path folder = run.equals(model) ? run.resolve(TEACHER) : folder(model);
        Path weights = folder.resolve("model.safetensors");
        if (!Files.isRegularFile(weights)) {
            throw new DonnaException.InvalidInput(model + ": " + weights + " does not exist; name a model that the run has finished");
        }
        String name = folder.getFileName().toString();
        TeacherSpec t = base.teacher();
        Map<String, CandidateSpec> blocks = new LinkedHashMap<>(t.blocks());
        if (!name.equals(TEACHER)) {
            SearchSpace space = SearchSpace.of(base);
            List<Candidate> chosen = space.candidates(space.parse(name));
            for (int n = 0; n < chosen.size(); n++) {
                blocks.put(space.blocks().get(n).name(), chosen.get(n).spec());
            }
        }
        TeacherSpec teacher = new TeacherSpec(t.block(), blocks, t.train(), Optional.of(weights.toAbsolutePath().normalize().toString()), false);
        return new SearchSpec(base.seed(), base.precision(), base.fast(), base.dataset(), base.model(), teacher, base.space(), base.optimizer(), base.distill(),
                base.recalibrate(),
                base.predictor(), base.latency(), base.search(), base.finetune(), base.compare());
    }

    /**
     * {@code base} on other images, normalised as the model is used to. Trainings that ask for more images than there are take them all.
     *
     * @param data name of a known data set, or where images lie
     * @param log receives a line for each step
     * @throws DonnaException.InvalidInput if the data cannot be used
     */
    public static SearchSpec withData(SearchSpec base, String data, Consumer<String> log) {
        DatasetSpec old = base.dataset();
        GivenData given = GivenData.of(data, base.model().input().get(1), old.resize(), log);
        int held = given.held(old.validation());
        int rest = given.size() - held;
        DatasetSpec dataset = new DatasetSpec(given.kind(), given.path(), rest, held, old.resize(), old.normalize(), old.augment());
        TeacherSpec t = base.teacher();
        DistillSpec d = base.distill();
        FinetuneSpec f = base.finetune();
        int recalibrate = Math.min(base.recalibrate().images(), rest);
        return SearchSpec.checked(new SearchSpec(
                base.seed(),
                base.precision(),
                base.fast(),
                dataset,
                base.model(),
                new TeacherSpec(t.block(), t.blocks(), t.train().withAtMost(rest), t.weights(), t.finetune()),
                base.space(),
                base.optimizer(),
                new DistillSpec(d.train().withAtMost(rest), Math.min(d.validation(), held), d.varianceFloor(), d.keepTeacher()),
                new RecalibrateSpec(recalibrate, Math.min(base.recalibrate().batch(), recalibrate)),
                base.predictor().withTrain(base.predictor().train().withAtMost(rest)),
                base.latency(),
                base.search(),
                new FinetuneSpec(f.latencyShares(), f.train().withAtMost(rest), f.kd(), f.scratchLr(), f.longScratch()),
                base.compare()));
    }

    /**
     * The search that compresses the reference model of {@code base}: its data, trainings and measurements stay, space, objectives and picks become those of
     * the target.
     *
     * @throws DonnaException.InvalidInput if the entries do not fit each other
     */
    public static SearchSpec spec(SearchSpec base, Target target) {
        EvolutionSpec e = base.search();
        FinetuneSpec f = base.finetune();
        DistillSpec d = base.distill();
        List<Double> shares = SMALLER.stream().map(s -> Math.round(1000 * s * target.share()) / 1000.0).toList();
        int deepest = base.model().blockNames().stream().mapToInt(b -> base.teacherBlock(b).depth()).max().orElseThrow();
        return SearchSpec.checked(new SearchSpec(
                base.seed(),
                base.precision(),
                base.fast(),
                base.dataset(),
                base.model(),
                base.teacher(),
                cheaper(base, Reduction.of(base)),
                base.optimizer(),
                new DistillSpec(d.train(), d.validation(), d.varianceFloor(), true),
                base.recalibrate(),
                base.predictor().withLabels(List.of()),
                base.latency(),
                new EvolutionSpec(
                        e.algorithm(),
                        e.population(),
                        e.islands(),
                        e.generations(),
                        e.crossover(),
                        e.mutation(),
                        List.of(Objective.ACCURACY, target.cost()),
                        new EvolutionSpec.Limits(OptionalDouble.empty(), OptionalDouble.empty(), OptionalDouble.empty())),
                new FinetuneSpec(shares, f.train(), f.kd(), f.scratchLr(), f.longScratch()),
                new CompareSpec(0, base.compare().widths(), Reduction.parts(deepest).stream().sorted().toList(), false)));
    }

    /** Without the candidates that multiply as much as the block they are to replace. */
    private static SpaceSpec cheaper(SearchSpec base, SpaceSpec reduced) {
        SearchSpec wide = base.withSpace(reduced);
        SearchSpace space = SearchSpace.of(wide);
        List<Shape> shapes = Inference.boundaryShapes(Networks.teacher(wide, space), Shape.of(base.model().input().stream().mapToInt(i -> i).toArray()));
        Map<String, List<CandidateSpec>> blocks = new LinkedHashMap<>();
        for (int n = 0; n < space.blocks().size(); n++) {
            Block block = space.blocks().get(n);
            Shape input = shapes.get(n);
            List<Candidate> all = space.candidates().get(n);
            long most = Networks.cost(Networks.block(base.model(), block, all.getFirst()), input).macs();
            blocks.put(block.name(), Stream.concat(Stream.of(all.getFirst()), all.stream().skip(1)
                            .filter(c -> Networks.cost(Networks.block(base.model(), block, c), input).macs() < most))
                    .map(Candidate::spec)
                    .toList());
        }
        return reduced.with(blocks);
    }
}
