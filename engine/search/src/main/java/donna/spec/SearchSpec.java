package donna.spec;

import donna.tensor.DonnaException;
import java.nio.file.Path;
import java.util.Map;

/**
 * Everything one search needs to know, checked.
 *
 * @param seed key of all randomness
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
        SpecRules.check(spec, mistakes);
        mistakes.raise();
        return spec;
    }

    /** As {@link #read(Path, Map)} without overrides. */
    public static SearchSpec read(Path file) {
        return read(file, Map.of());
    }
}
