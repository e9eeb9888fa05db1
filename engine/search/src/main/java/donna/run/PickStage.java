package donna.run;

import donna.distill.BlockLibrary;
import donna.distill.Networks;
import donna.distill.Setting;
import donna.distill.Teacher;
import donna.nn.Network;
import donna.spec.FinetuneSpec;
import donna.tensor.DonnaException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The picks: finetuned from the library, rated, measured as whole networks, exported. */
final class PickStage {
    private static final String ONNX = "model.onnx";

    private final Setting setting;
    private final RunFolder folder;
    private final FinetuneStage finetune;
    private final CostStage cost;

    PickStage(Setting setting, RunFolder folder, FinetuneStage finetune, CostStage cost) {
        this.setting = setting;
        this.folder = folder;
        this.finetune = finetune;
        this.cost = cost;
    }

    /**
     * A finished pick.
     *
     * @param latencyMs of the whole network
     * @param onnxMaxAbsDiff largest difference of a logit between the exported file and this engine
     * @param folder its files, relative to the run folder
     */
    record Model(
            double share,
            FrontStage.Member member,
            PredictorStage.Prediction prediction,
            TeacherStage.Facts facts,
            double latencyMs,
            double onnxMaxAbsDiff,
            String folder) {}

    /**
     * What the run keeps of this stage.
     *
     * @param teacherMs the reference model measured in the same rounds as the picks
     */
    record Models(double teacherMs, List<Model> models) {}

    /**
     * The finished picks, kept or made. Files of kept ones that are gone or altered are written again.
     *
     * @param inputs what the picks depend on
     */
    Models run(Object inputs, Teacher teacher, BlockLibrary library, List<FrontStage.Pick> picks) {
        List<FrontStage.Pick> made = new ArrayList<>();
        Models models = folder.artefact("models.json", setting.spec().seed(), inputs, Models.class, () -> {
                    made.addAll(picks);
                    return make(teacher, jobs(teacher, library, picks), picks);
                })
                .value();
        if (made.isEmpty()) {
            restore(jobs(teacher, library, picks), models);
        }
        return models;
    }

    private List<FinetuneStage.Job> jobs(Teacher teacher, BlockLibrary library, List<FrontStage.Pick> picks) {
        FinetuneSpec spec = setting.spec().finetune();
        List<FinetuneStage.Job> jobs = new ArrayList<>();
        for (FrontStage.Pick p : picks) {
            Network network = Networks.of(setting.spec(), setting.space(), p.member().architecture());
            String name = setting.space().name(p.member().architecture());
            Map<String, float[]> start = library.assemble(teacher, p.member().architecture());
            jobs.add(new FinetuneStage.Job(name, network, start, "library", spec.train(), spec.kd()));
        }
        return jobs;
    }

    /** Weights that are there are read, as on any resumed run. */
    private void restore(List<FinetuneStage.Job> jobs, Models models) {
        List<Map<String, float[]>> values = finetune.train(jobs);
        for (int i = 0; i < jobs.size(); i++) {
            FinetuneStage.Job j = jobs.get(i);
            String place = place(j);
            if (models.models().stream().anyMatch(m -> m.folder().equals(place))) {
                new ExportStage(setting).restore(j.key(), j.network(), values.get(i), folder.path(place).resolve(ONNX));
            }
        }
    }

    private static String place(FinetuneStage.Job job) {
        return "models/" + job.key();
    }

    private Models make(Teacher teacher, List<FinetuneStage.Job> jobs, List<FrontStage.Pick> picks) {
        setting.progress().phase("finetuning");
        List<Map<String, float[]>> values = finetune.train(jobs);
        if (!jobs.isEmpty() && values.stream().allMatch(Map::isEmpty)) {
            throw new DonnaException.Diverged("finetuning: all " + jobs.size() + " picks diverged; lower finetune.train.lr (now "
                    + setting.spec().finetune().train().lr() + ") or set optimizer.clip");
        }
        setting.progress().phase("measuring the picks");
        List<Network> networks = new ArrayList<>(List.of(teacher.network()));
        jobs.forEach(j -> networks.add(j.network()));
        double[] ms = cost.networks(setting.spec().latency().objective(), networks);
        setting.progress().phase("export");
        List<Model> out = new ArrayList<>();
        for (int i = 0; i < jobs.size(); i++) {
            if (values.get(i).isEmpty()) {
                continue;
            }
            FinetuneStage.Job j = jobs.get(i);
            TeacherStage.Facts facts = TeacherStage.facts(setting, j.network(), values.get(i));
            String place = place(j);
            double difference = new ExportStage(setting).run(j.key(), j.network(), values.get(i), folder.path(place).resolve(ONNX));
            FrontStage.Pick p = picks.get(i);
            out.add(new Model(p.share(), p.member(), p.prediction(), facts, ms[i + 1], difference, place));
        }
        return new Models(ms[0], out);
    }
}
