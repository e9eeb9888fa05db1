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
import donna.jobs.Store;
import donna.nn.Network;
import donna.space.Architecture;
import donna.spec.KdSpec;
import donna.spec.TrainSpec;
import donna.train.Inference;
import donna.train.TrainingState;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

/** Networks trained end to end, one job each, the most expensive first: architectures to label and the picks. */
final class FinetuneStage {
    private final Setting setting;
    private final RunFolder folder;
    private final Object inputs;
    private final Teacher teacher;
    private final TeacherLogits logits;

    /** @param inputs what teacher and library depend on */
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
     * @param beforeTop1 accuracy of the assembled network before any finetuning, on up to 1,000 validation images
     * @param top1 after finetuning, on all validation images
     */
    record Label(String architecture, double beforeTop1, double top1) {}

    private static final int IMAGES_BEFORE = 1000;

    /** Labels architectures. */
    List<Label> label(BlockLibrary library, List<Architecture> architectures) {
        setting.progress().phase("labels");
        List<Network> networks = architectures.stream().map(a -> Networks.of(setting.spec(), setting.space(), a)).toList();
        TrainSpec train = setting.spec().predictor().train();
        KdSpec kd = setting.spec().predictor().kd();
        Label[] out = new Label[architectures.size()];
        each(networks, train.steps(), (i, stream, ticks) -> {
            Architecture a = architectures.get(i);
            String name = setting.space().name(a);
            out[i] = folder.artefact("labels/" + name + ".json", setting.spec().seed(), List.of(inputs, name, train, kd), Label.class, () -> {
                        Map<String, float[]> start = library.assemble(teacher, a);
                        double before = before(stream, networks.get(i), start);
                        Map<String, float[]> values = new Finetuner(setting, teacher, logits)
                                .run("label-" + name, stream, networks.get(i), start, train, kd, ticks);
                        double after = Rating.accuracy(setting, stream, networks.get(i), values, setting.images().validation()).top1();
                        return new Label(name, before, after);
                    })
                    .value();
        });
        return List.of(out);
    }

    private double before(Stream stream, Network network, Map<String, float[]> start) {
        int count = Math.min(IMAGES_BEFORE, setting.images().validation().size());
        return Rating.accuracy(setting, stream, network, Rating.recalibrated(setting, stream, network, start),
                        setting.images().validation().slice(0, count))
                .top1();
    }

    /** Accuracy of assembled networks before any finetuning, as labels have it. */
    double[] before(BlockLibrary library, List<Architecture> architectures) {
        double[] out = new double[architectures.size()];
        setting.workers().forEach(out.length, (i, stream) -> {
            Architecture a = architectures.get(i);
            String name = setting.space().name(a);
            Network network = Networks.of(setting.spec(), setting.space(), a);
            out[i] = folder.artefact("assembled/" + name + ".json", setting.spec().seed(), List.of(inputs, name), Double.class,
                            () -> before(stream, network, library.assemble(teacher, a)))
                    .value();
        });
        return out;
    }

    /** Trains networks and keeps their weights under {@code models/KEY/model}. */
    List<Map<String, float[]>> train(List<Job> jobs) {
        List<Map<String, float[]>> out = new ArrayList<>();
        jobs.forEach(j -> out.add(Map.of()));
        int steps = jobs.stream().mapToInt(j -> j.train().steps()).max().orElse(0);
        each(jobs.stream().map(Job::network).toList(), steps, (i, stream, ticks) -> {
            Job j = jobs.get(i);
            Store.Piece piece = folder.piece("models/" + j.key() + "/model", List.of(inputs, j.key(), j.initial(), j.train(), j.kd()), () -> {
                Map<String, float[]> values =
                        new Finetuner(setting, teacher, logits).run("model-" + j.key(), stream, j.network(), j.start(), j.train(), j.kd(), ticks);
                return new Store.Piece(TeacherStage.tensors(setting, j.network(), values), Map.of("architecture", j.key()));
            });
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
