package donna.run;

import donna.backend.Devices;
import donna.distill.BlockLibrary;
import donna.distill.Images;
import donna.distill.Setting;
import donna.distill.Teacher;
import donna.format.AtomicFile;
import donna.jobs.Progress;
import donna.predict.LabelSelection;
import donna.report.Extension;
import donna.report.ExtensionPage;
import donna.report.Summary;
import donna.space.Architecture;
import donna.space.SearchSpace;
import donna.spec.Json;
import donna.spec.SearchSpec;
import donna.tensor.DonnaException;
import donna.train.Workers;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Adds candidates to a finished run: the line is run again over the larger space, in which only they are distilled and timed and the predictor stays fitted
 * on the old labels; then a few architectures made of them are finetuned to see how well it ranks them.
 */
public final class Extend {
    private static final String PLAN = "extend.plan.json";

    private final RunFolder folder;
    private final Plan plan;
    private final SearchSpec spec;

    /**
     * What an extension began with, so that one that was stopped goes on.
     *
     * @param source hash of the file that named them
     * @param added new candidates, as {@code b1/mk3e2d1r}
     * @param labels names of the architectures that the predictor was fitted on
     * @param machine on which the old candidates were timed
     */
    private record Plan(String source, List<String> added, List<String> labels, String machine, String device) {}

    private Extend(RunFolder folder, Plan plan, SearchSpec spec) {
        this.folder = folder;
        this.plan = plan;
        this.spec = spec;
    }

    /**
     * Prepares the extension of a finished run, or of one whose extension by the same file was stopped.
     *
     * @param file of further candidates, as {@link SearchSpec#extendedBy} reads it
     * @throws DonnaException.InvalidInput if the run is not finished, or has every candidate of the file already
     */
    public static Extend of(RunFolder folder, Path file) {
        SearchSpec old = SearchSpec.read(folder.path(RunFolder.SPEC));
        SearchSpec larger = old.extendedBy(file);
        Set<String> added = names(SearchSpace.of(larger));
        added.removeAll(names(SearchSpace.of(old)));
        String source = hash(file);
        Optional<Plan> begun = Optional.of(folder.path(PLAN)).filter(Files::exists).map(p -> Json.read(p, Plan.class));
        Plan plan;
        if (!added.isEmpty()) {
            Summary summary = FinishedRun.read(folder).summary();
            plan = new Plan(
                    source,
                    List.copyOf(added),
                    summary.predictor().labels().stream().map(Summary.Label::architecture).toList(),
                    summary.machine(),
                    summary.device());
            folder.write(PLAN, plan);
        } else {
            plan = begun.filter(p -> p.source().equals(source))
                    .orElseThrow(() -> new DonnaException.InvalidInput(
                            file + ": the run " + folder.root() + " has every candidate of it already; add others"));
        }
        return new Extend(folder, plan, larger.withPredictor(larger.predictor().withLabels(plan.labels())));
    }

    private static String hash(Path file) {
        try {
            return Json.hash(Files.readString(file));
        } catch (IOException e) {
            throw new DonnaException.InvalidInput(file + ": cannot be read (" + e.getMessage() + ")", e);
        }
    }

    private static Set<String> names(SearchSpace space) {
        Set<String> all = new TreeSet<>();
        for (int n = 0; n < space.blocks().size(); n++) {
            for (int m = 0; m < space.options()[n]; m++) {
                all.add(PartLatencies.name(space, n, m));
            }
        }
        return all;
    }

    /** The spec of the larger search. */
    public SearchSpec spec() {
        return spec;
    }

    /**
     * Runs the larger search and the check, and writes {@code extend.json} and {@code extend.html} into the run folder.
     *
     * @param checks architectures of new candidates to finetune; fewer where there are fewer, none where training failed for all
     * @param threads worker threads of each device; results do not depend on it
     * @throws DonnaException.InvalidInput on another machine or device than the run's, whose latencies could not stand beside the old ones
     */
    public Extension run(Images images, Devices devices, Progress progress, int checks, int threads) {
        if (!plan.machine().equals(Machine.describe()) || !plan.device().equals(devices.first().name())) {
            throw new DonnaException.InvalidInput(folder.root() + " was measured on " + plan.machine() + " (" + plan.device() + "), this is "
                    + Machine.describe() + " (" + devices.first().name() + "): new latencies cannot stand beside those; extend it there");
        }
        Search.run(spec, images, folder, devices, progress, new Search.Options(threads, false, Stage.REPORT));
        FinishedRun run = FinishedRun.read(folder);
        try (Workers workers = new Workers(devices.all(), threads)) {
            Setting setting = new Setting(spec, run.space(), images, workers, progress, folder, 15);
            List<Architecture> chosen = choose(run, checks, setting.seed("extension", 0));
            progress.phase("checking the predictor on new candidates");
            TeacherStage teachers = new TeacherStage(setting, folder);
            Teacher teacher = teachers.run();
            LibraryStage libraries = new LibraryStage(setting, folder, teachers.inputs());
            BlockLibrary library = libraries.run(teacher);
            FinetuneStage finetune = new FinetuneStage(setting, folder, libraries.inputs(), teacher, teachers.logits(teacher));
            Extension out = new ExtensionFigures(run, plan.added()).of(finetune.label(library, chosen));
            folder.write("extend.json", out);
            AtomicFile.write(folder.path("extend.html"), ExtensionPage.html(out).getBytes(StandardCharsets.UTF_8));
            return out;
        }
    }

    /** Architectures whose every extended block is a new candidate, at even distances in the sum of their NSRs. */
    private List<Architecture> choose(FinishedRun run, int checks, long seed) {
        double[][] nsr = new double[run.nsr().length][];
        long size = 1;
        for (int n = 0; n < nsr.length; n++) {
            nsr[n] = run.nsr()[n].clone();
            List<Integer> fresh = new ArrayList<>();
            for (int m = 0; m < nsr[n].length; m++) {
                if (plan.added().contains(PartLatencies.name(run.space(), n, m)) && Double.isFinite(nsr[n][m])) {
                    fresh.add(m);
                }
            }
            for (int m = 0; m < nsr[n].length && !fresh.isEmpty(); m++) {
                nsr[n][m] = fresh.contains(m) ? nsr[n][m] : Double.POSITIVE_INFINITY;
            }
            size = Math.min(1 << 20, size * Arrays.stream(nsr[n]).filter(Double::isFinite).count());
        }
        int count = (int) Math.min(checks, size);
        return count < 2 ? List.of() : LabelSelection.evenlySpaced(nsr, count, Math.max(count, spec.predictor().pool()), seed);
    }
}
