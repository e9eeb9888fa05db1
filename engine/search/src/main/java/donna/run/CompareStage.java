package donna.run;

import donna.distill.BlockLibrary;
import donna.distill.Networks;
import donna.distill.Setting;
import donna.distill.Teacher;
import donna.model.Reduced;
import donna.nn.Network;
import donna.report.Summary;
import donna.space.Architecture;
import donna.spec.CompareSpec;
import donna.spec.FinetuneSpec;
import donna.spec.TrainSpec;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Honest comparisons at about the latency of each pick: scaled reference models, random architectures, training from scratch. */
final class CompareStage {
    /** A baseline may be this much slower than its pick, and not less than {@link #LEAST} of it. */
    private static final double MOST = 1.05;

    private static final double LEAST = 0.8;
    private static final double NEAR = 0.03;
    private static final long TRIES = 100_000;

    private final Setting setting;
    private final FinetuneStage finetune;
    private final CostStage cost;
    private final FinetuneSpec spec;

    CompareStage(Setting setting, FinetuneStage finetune, CostStage cost) {
        this.setting = setting;
        this.finetune = finetune;
        this.cost = cost;
        this.spec = setting.spec().finetune();
    }

    /** The baselines of a run. */
    record Baselines(List<Summary.Baseline> baselines) {}

    private record Entry(String kind, String comparedWith, FinetuneStage.Job job, double latencyMs) {}

    Baselines run(Teacher teacher, BlockLibrary library, FrontStage front, PickStage.Models models) {
        setting.progress().phase("comparisons");
        List<Entry> entries = new ArrayList<>();
        Map<String, Network> scaled = new LinkedHashMap<>();
        CompareSpec compare = setting.spec().compare();
        for (int depth : compare.depths()) {
            for (double width : compare.widths()) {
                scaled.put("reference-w" + width + "-d" + depth, Networks.scaledTeacher(setting.spec(), setting.space(), width, depth));
            }
        }
        int batch = setting.spec().latency().objective();
        double[] scaledMs = scaled.isEmpty() ? new double[0] : cost.networks(batch, List.copyOf(scaled.values()));
        for (PickStage.Model m : models.models()) {
            addScaled(entries, m, scaled, scaledMs, teacher);
            addRandom(entries, m, teacher, library, front);
            addScratch(entries, m);
        }
        Map<String, FinetuneStage.Job> jobs = new LinkedHashMap<>();
        entries.forEach(e -> jobs.putIfAbsent(e.job().key(), e.job()));
        List<Map<String, float[]>> values = finetune.train(List.copyOf(jobs.values()));
        Map<String, TeacherStage.Facts> facts = new LinkedHashMap<>();
        int i = 0;
        for (FinetuneStage.Job j : jobs.values()) {
            Map<String, float[]> weights = values.get(i++);
            if (!weights.isEmpty()) {
                facts.put(j.key(), TeacherStage.facts(setting, j.network(), weights));
            }
        }
        return new Baselines(entries.stream()
                .filter(e -> facts.containsKey(e.job().key()))
                .map(e -> {
                    TeacherStage.Facts f = facts.get(e.job().key());
                    double epochs = e.job().train().epochs();
                    return new Summary.Baseline(
                            e.kind(), e.job().key(), e.comparedWith(), epochs, f.testTop1(), e.latencyMs(), f.macs(), f.params());
                })
                .toList());
    }

    private String name(PickStage.Model m) {
        return setting.space().name(m.member().architecture());
    }

    /** For each depth the widest reference model that is not slower than the pick. */
    private void addScaled(List<Entry> entries, PickStage.Model m, Map<String, Network> scaled, double[] ms, Teacher teacher) {
        for (int depth : setting.spec().compare().depths()) {
            String best = "";
            double bestMs = 0;
            int i = 0;
            for (String key : scaled.keySet()) {
                double t = ms[i++];
                if (key.endsWith("-d" + depth) && t <= MOST * m.latencyMs() && t >= LEAST * m.latencyMs() && t > bestMs) {
                    best = key;
                    bestMs = t;
                }
            }
            if (!best.isEmpty()) {
                entries.add(new Entry("scaled reference", name(m), scaled(best, scaled.get(best), teacher), bestMs));
            }
        }
    }

    /** A model by name or from a file gives its scaled form the weights that this has room for; others are trained from random ones. */
    private FinetuneStage.Job scaled(String key, Network network, Teacher teacher) {
        return network.head() instanceof Reduced whole
                ? new FinetuneStage.Job(key, network, whole.inherited(teacher.values(), setting.imageShape()), "inherited", spec.train(), spec.kd())
                : fromScratch(key, network, spec.train());
    }

    private void addRandom(List<Entry> entries, PickStage.Model m, Teacher teacher, BlockLibrary library, FrontStage front) {
        List<Architecture> near = new ArrayList<>();
        for (long i = 0; i < TRIES && near.size() < setting.spec().compare().random(); i++) {
            FrontStage.Member r = front.member(front.draw("random " + name(m), i));
            boolean close = Math.abs(r.latencyMs() - m.member().latencyMs()) <= NEAR * m.member().latencyMs();
            if (close && library.usable(r.architecture()) && !near.contains(r.architecture())) {
                near.add(r.architecture());
            }
        }
        List<Network> networks = near.stream().map(a -> Networks.of(setting.spec(), setting.space(), a)).toList();
        double[] ms = networks.isEmpty() ? new double[0] : cost.networks(setting.spec().latency().objective(), networks);
        for (int i = 0; i < near.size(); i++) {
            FinetuneStage.Job job = new FinetuneStage.Job(
                    setting.space().name(near.get(i)), networks.get(i), library.assemble(teacher, near.get(i)), "library", spec.train(), spec.kd());
            entries.add(new Entry("random architecture", name(m), job, ms[i]));
        }
    }

    private void addScratch(List<Entry> entries, PickStage.Model m) {
        if (!setting.spec().compare().scratch()) {
            return;
        }
        Network network = Networks.of(setting.spec(), setting.space(), m.member().architecture());
        entries.add(new Entry("from scratch", name(m), fromScratch("scratch-" + name(m), network, spec.train()), m.latencyMs()));
        if (spec.longScratch() > 1) {
            TrainSpec longer = spec.train().withEpochs(spec.train().epochs() * spec.longScratch());
            String key = "scratch-x" + spec.longScratch() + "-" + name(m);
            entries.add(new Entry("from scratch", name(m), fromScratch(key, network, longer), m.latencyMs()));
        }
    }

    private FinetuneStage.Job fromScratch(String key, Network network, TrainSpec train) {
        return new FinetuneStage.Job(key, network, finetune.scratch(network, key), "scratch", train.withLr(spec.scratchLr()), spec.kd());
    }
}
