package donna.spec;

import donna.backend.Precision;
import donna.tensor.DonnaException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Everything one search needs to know, checked.
 *
 * @param seed key of all randomness
 * @param precision in which networks are computed
 * @param fast whether the device may give up the sameness of bits from run to run to be faster
 * @param dataset the images
 * @param model the skeleton of every network
 * @param teacher the reference model
 * @param space the candidates of each block
 * @param optimizer the default of every training
 * @param distill blockwise distillation
 * @param recalibrate batch-norm statistics before any rating
 * @param predictor the accuracy predictor
 * @param latency measuring on this machine
 * @param search the evolution
 * @param finetune the picks
 * @param compare baselines
 */
public record SearchSpec(
        long seed,
        Precision precision,
        boolean fast,
        DatasetSpec dataset,
        ModelSpec model,
        TeacherSpec teacher,
        SpaceSpec space,
        OptimizerSpec optimizer,
        DistillSpec distill,
        RecalibrateSpec recalibrate,
        PredictorSpec predictor,
        LatencySpec latency,
        EvolutionSpec search,
        FinetuneSpec finetune,
        CompareSpec compare) {

    /**
     * Reads and checks a YAML or JSON file.
     *
     * @param overrides values (YAML) by path, such as {@code predictor.train.epochs} or {@code model.blocks.2.stride}
     * @throws DonnaException.InvalidInput with one line per mistake: file, path, value, what is allowed
     */
    public static SearchSpec read(Path file, Map<String, String> overrides) {
        Mistakes mistakes = new Mistakes(file.getFileName().toString());
        Map<String, Object> tree = SpecText.read(file, overrides, mistakes);
        SearchSpec spec = new SpecReader(mistakes).read(tree);
        mistakes.raise();
        return checked(spec, mistakes);
    }

    /**
     * Reads and checks a spec that a program has put together as a file would hold it.
     *
     * @param tree sections, lists and scalars
     * @param name stands for the file in messages
     * @param overrides as in {@link #read(Path, Map)}
     * @throws DonnaException.InvalidInput as there
     */
    public static SearchSpec of(Map<String, Object> tree, String name, Map<String, String> overrides) {
        Mistakes mistakes = new Mistakes(name);
        SearchSpec spec = new SpecReader(mistakes).read(SpecText.overridden(tree, overrides, mistakes));
        mistakes.raise();
        return checked(spec, mistakes);
    }

    /** The {@code model} section of such a spec; errors as in {@link #of}. */
    public static ModelSpec modelOf(Map<String, Object> tree, String name) {
        Mistakes mistakes = new Mistakes(name);
        ModelSpec model = ModelReader.model(new Section(tree, "", mistakes).section("model"));
        mistakes.raise();
        return model;
    }

    /**
     * This spec with the further candidates of a file: a {@code space}, or its entries {@code candidates} and {@code blocks} alone.
     *
     * @throws DonnaException.InvalidInput as {@link #read(Path, Map)}
     */
    public SearchSpec extendedBy(Path file) {
        Mistakes mistakes = new Mistakes(file.getFileName().toString());
        SpaceSpec more = new SpecReader(mistakes).addition(SpecText.read(file, Map.of(), mistakes), space.groupWidth());
        mistakes.raise();
        return checked(withSpace(space.with(more)), mistakes);
    }

    /**
     * The spec that a program has put together.
     *
     * @throws DonnaException.InvalidInput if its entries do not fit each other
     */
    public static SearchSpec checked(SearchSpec spec) {
        return checked(spec, new Mistakes("spec"));
    }

    private static SearchSpec checked(SearchSpec spec, Mistakes mistakes) {
        SpecRules.check(spec, mistakes);
        mistakes.raise();
        return spec;
    }

    /** What the teacher's block called {@code name} is. */
    public CandidateSpec teacherBlock(String name) {
        return teacher.blockOf(name).orElseGet(() -> model.reference().orElseThrow().whole(model.blockNames().indexOf(name)));
    }

    /** In what its networks are computed, for the hash of what is made: a run that gives nothing up is named by its precision alone. */
    public Object arithmetic() {
        return fast ? List.of(precision, "fast") : precision;
    }

    /** The same search, computed in another precision, and fast or not. */
    public SearchSpec computed(Precision other, boolean otherFast) {
        return new SearchSpec(
                seed, other, otherFast, dataset, model, teacher, space, optimizer, distill, recalibrate, predictor, latency, search, finetune, compare);
    }

    /** The same search over another space. */
    public SearchSpec withSpace(SpaceSpec other) {
        return new SearchSpec(
                seed, precision, fast, dataset, model, teacher, other, optimizer, distill, recalibrate, predictor, latency, search, finetune, compare);
    }

    /** The same search with another predictor. */
    public SearchSpec withPredictor(PredictorSpec other) {
        return new SearchSpec(
                seed, precision, fast, dataset, model, teacher, space, optimizer, distill, recalibrate, other, latency, search, finetune, compare);
    }

    /** As {@link #read(Path, Map)} without overrides. */
    public static SearchSpec read(Path file) {
        return read(file, Map.of());
    }
}
