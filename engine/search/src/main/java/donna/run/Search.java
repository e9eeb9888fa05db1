package donna.run;

import donna.backend.Devices;
import donna.distill.BlockLibrary;
import donna.distill.Images;
import donna.distill.Setting;
import donna.distill.Teacher;
import donna.finetune.TeacherLogits;
import donna.jobs.Progress;
import donna.report.Summary;
import donna.space.SearchSpace;
import donna.spec.SearchSpec;
import donna.train.Workers;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * One search is a straight line: teacher, block library, labels and predictor, latency, front, models, report. Each step takes the last one's value and keeps
 * its own in the run folder, from which a later run takes it if its inputs are the same.
 */
public final class Search {
    /**
     * What a run is asked for.
     *
     * @param threads worker threads of each device; results do not depend on it
     * @param compare whether baselines are trained too
     * @param last the line ends after this stage
     * @param checkpointSeconds least time between two checkpoints of one piece of work
     */
    public record Options(int threads, boolean compare, Stage last, double checkpointSeconds) {
        /** Checkpoints every 15 seconds. */
        public Options(int threads, boolean compare, Stage last) {
            this(threads, compare, last, 15);
        }
    }

    private Search() {}

    /**
     * Runs the line, or what is missing of it.
     *
     * @param folder stays the caller's, as do {@code devices}
     * @return the summary, if the line was run to its end
     */
    public static Optional<Summary> run(
            SearchSpec spec, Images images, RunFolder folder, Devices devices, Progress progress, Options options) {
        try (Workers workers = new Workers(devices.all(), options.threads())) {
            Setting setting = new Setting(spec, SearchSpace.of(spec), images, workers, progress, folder, options.checkpointSeconds());
            return new Search.Line(setting, folder, options).run();
        }
    }

    private record Line(Setting setting, RunFolder folder, Options options) {
        private boolean ends(Stage stage) {
            return options.last() == stage;
        }

        Optional<Summary> run() {
            SearchSpec spec = setting.spec();
            long seed = spec.seed();
            folder.write(RunFolder.SPEC, spec);
            Phases phases = new Phases(folder);

            TeacherStage teachers = new TeacherStage(setting, folder);
            Teacher teacher = phases.time(Stage.TEACHER, teachers::run);
            TeacherStage.Facts facts = phases.time(Stage.TEACHER, () -> teachers.facts(teacher));
            setting.progress().line("teacher: top-1 %.2f %%, %,d MACs, %,d parameters".formatted(100 * facts.testTop1(), facts.macs(), facts.params()));
            if (ends(Stage.TEACHER)) {
                return Optional.empty();
            }
            LibraryStage libraries = new LibraryStage(setting, folder, teachers.inputs());
            Object distilled = libraries.inputs();
            BlockLibrary library = phases.time(Stage.LIBRARY, () -> libraries.run(teacher));
            if (ends(Stage.LIBRARY)) {
                return Optional.empty();
            }
            TeacherLogits logits = phases.time(Stage.PREDICTOR, () -> teachers.logits(teacher));
            FinetuneStage finetune = new FinetuneStage(setting, folder, distilled, teacher, logits);
            AssembledStage assembled = new AssembledStage(setting, folder, distilled, teacher, library);
            PredictorStage predictors = new PredictorStage(setting, folder, library, finetune, assembled);
            PredictorStage.Predicted predicted = phases.time(Stage.PREDICTOR, predictors::run);
            if (ends(Stage.PREDICTOR)) {
                return Optional.empty();
            }
            CostStage costs = new CostStage(setting, folder, distilled);
            CostStage.Table latency = phases.time(Stage.LATENCY, () -> costs.run(predictors::checks)).at(spec.latency().objective());
            if (ends(Stage.LATENCY)) {
                return Optional.empty();
            }
            Supplier<FrontStage> fronts = () -> new FrontStage(setting, folder, predicted.predictor(), latency);
            Object searching = List.of(costs.inputs(), latency, predicted.hash(), spec.search());
            FrontStage.Found found = phases.time(Stage.FRONT,
                            () -> folder.artefact("front.json", seed, searching, FrontStage.Found.class, () -> fronts.get().run()))
                    .value();
            if (ends(Stage.FRONT)) {
                return Optional.empty();
            }
            Object picked = List.of(searching, spec.finetune());
            List<FrontStage.Pick> picks = folder.artefact("picks.json", seed, picked, FrontStage.Picks.class,
                            () -> fronts.get().picks(found, predicted::predict, facts.macs(), facts.params()))
                    .value().picks();
            PickStage.Models models = phases.time(
                    Stage.MODELS, () -> new PickStage(setting, folder, finetune, costs).run(picked, teacher, library, picks));
            if (ends(Stage.MODELS)) {
                return Optional.empty();
            }
            List<Summary.Baseline> baselines = !options.compare() ? List.of() : phases.time(Stage.COMPARISONS,
                            () -> folder.artefact("baselines.json", seed, List.of(picked, spec.compare()), CompareStage.Baselines.class,
                                    () -> new CompareStage(setting, finetune, costs).run(teacher, library, fronts.get(), models)))
                    .value()
                    .baselines();
            return Optional.of(new Summarizer(setting).write(folder, new Summarizer.Results(
                    facts, library, predicted.report(), latency, found, models, baselines, phases.seconds())));
        }
    }
}
