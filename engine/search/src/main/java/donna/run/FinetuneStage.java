package donna.run;

import donna.backend.Stream;
import donna.distill.BlockLibrary;
import donna.distill.Networks;
import donna.distill.Rating;
import donna.distill.Setting;
import donna.distill.Teacher;
import donna.finetune.Finetuner;
import donna.finetune.TeacherLogits;
import donna.graph.Cost;
import donna.jobs.Checkpoint;
import donna.jobs.Store;
import donna.nn.Network;
import donna.space.Architecture;
import donna.spec.KdSpec;
import donna.spec.PredictorSpec;
import donna.spec.TrainSpec;
import donna.tensor.DonnaException;
import donna.train.Inference;
import donna.train.TrainingState;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

/** Networks trained end to end, one job each, the most expensive first: architectures to label and the picks. */
final class FinetuneStage {
    private final Setting setting;
    private final RunFolder folder;
    private final Object inputs;
    private final Teacher teacher;
    private final TeacherLogits logits;

    /** @param inputs what the teacher and a candidate's weights depend on, apart from the candidate */
    FinetuneStage(Setting setting, RunFolder folder, Object inputs, Teacher teacher, TeacherLogits logits) {
        this.setting = setting;
        this.folder = folder;
        this.inputs = inputs;
        this.teacher = teacher;
        this.logits = logits;
    }

    /**
     * A network to train.
     *
     * @param key names it in the run folder
     * @param start its first weights
     * @param initial how those came about, for the hash
     */
    record Job(String key, Network network, Map<String, float[]> start, String initial, TrainSpec train, KdSpec kd) {}

    /**
     * An architecture with what the predictor learns from it.
     *
     * @param top1 after finetuning, on all validation images; not a number where training diverged
     * @param failure why there is no accuracy
     */
    record Label(String architecture, double top1, Optional<String> failure) {}

    private static final String FAILURE = "failure";

    /** A trial is a finetuning with this part of a label's budget. */
    private static final int TRIAL = 8;

    /** Labels architectures. */
    List<Label> label(BlockLibrary library, List<Architecture> architectures) {
        return label("label", setting.spec().predictor().train(), library, architectures);
    }

    /** Tries where the finetuning of architectures leads: labels of a small budget. */
    List<Label> trial(BlockLibrary library, List<Architecture> architectures) {
        return label("trial", trial(setting.spec().predictor()), library, architectures);
    }

    static TrainSpec trial(PredictorSpec spec) {
        return spec.train().share(TRIAL);
    }

    private List<Label> label(String kind, TrainSpec train, BlockLibrary library, List<Architecture> architectures) {
        setting.progress().phase(kind + "s");
        List<Network> networks = architectures.stream().map(a -> Networks.of(setting.spec(), setting.space(), a)).toList();
        KdSpec kd = setting.spec().predictor().kd();
        Label[] out = new Label[architectures.size()];
        each(networks, train.steps(), (i, stream, ticks) -> {
            Architecture a = architectures.get(i);
            String name = setting.space().name(a);
            List<Object> own = List.of(inputs, name, train, kd);
            String checkpoint = RunFolder.keyed(kind + "-" + name, own);
            out[i] = folder.artefact(kind + "s/" + name + ".json", setting.spec().seed(), own, Label.class, () -> {
                        Map<String, float[]> start = library.assemble(teacher, a);
                        try {
                            Map<String, float[]> values = new Finetuner(setting, teacher, logits)
                                    .run(name, checkpoint, stream, networks.get(i), start, train, kd, ticks);
                            double after = Rating.accuracy(setting, stream, networks.get(i), values, setting.images().validation()).top1();
                            return new Label(name, after, Optional.empty());
                        } catch (DonnaException.Diverged e) {
                            return new Label(name, Double.NaN, Optional.of(e.getMessage()));
                        }
                    })
                    .value();
            Checkpoint.forget(folder, checkpoint);
        });
        return List.of(out);
    }

    /**
     * Trains networks and keeps their weights under {@code models/KEY/model}.
     *
     * @return the weights of each, empty where training diverged, which is told as a line
     */
    List<Map<String, float[]>> train(List<Job> jobs) {
        List<Map<String, float[]>> out = new ArrayList<>();
        jobs.forEach(j -> out.add(Map.of()));
        int steps = jobs.stream().mapToInt(j -> j.train().steps()).max().orElse(0);
        each(jobs.stream().map(Job::network).toList(), steps, (i, stream, ticks) -> {
            Job j = jobs.get(i);
            List<Object> own = List.of(inputs, j.key(), j.initial(), j.train(), j.kd());
            String checkpoint = RunFolder.keyed("model-" + j.key(), own);
            Store.Piece piece = folder.piece("models/" + j.key() + "/model", own, () -> {
                try {
                    Map<String, float[]> values = new Finetuner(setting, teacher, logits)
                            .run(j.key(), checkpoint, stream, j.network(), j.start(), j.train(), j.kd(), ticks);
                    return new Store.Piece(TeacherStage.tensors(setting, j.network(), values), Map.of("architecture", j.key()));
                } catch (DonnaException.Diverged e) {
                    return new Store.Piece(Map.of(), Map.of("architecture", j.key(), FAILURE, e.getMessage()));
                }
            });
            Checkpoint.forget(folder, checkpoint);
            Optional.ofNullable(piece.info().get(FAILURE)).ifPresent(why -> setting.progress().line(why + "; it is left out"));
            out.set(i, TeacherStage.values(piece));
        });
        return out;
    }

    /** Fresh weights of a network. */
    Map<String, float[]> scratch(Network network, String name) {
        return TrainingState.initialValues(Inference.parameters(network, setting.imageShape()), setting.seed("scratch " + name, 0));
    }

    private interface Work {
        void run(int index, Stream stream, Finetuner.Ticks ticks);
    }

    private void each(List<Network> networks, int steps, Work work) {
        List<Integer> order = IntStream.range(0, networks.size())
                .boxed()
                .sorted(Comparator.comparingLong(i -> -Cost.of(Inference.graph(networks.get(i), setting.imageShape(), 1)).macs()))
                .toList();
        AtomicLong done = new AtomicLong();
        long total = (long) steps * networks.size();
        setting.workers().forEach(networks.size(), (i, stream) -> work.run(order.get(i), stream, () -> {
            long d = done.incrementAndGet();
            if (d % 20 == 0 || d == total) {
                setting.progress().update(d, total, "steps");
            }
        }));
    }
}
