package donna.run;

import donna.backend.Stream;
import donna.data.Dataset;
import donna.data.Normalization;
import donna.distill.BlockLibrary;
import donna.distill.Networks;
import donna.distill.Rating;
import donna.distill.Setting;
import donna.distill.Teacher;
import donna.finetune.SynapticFlow;
import donna.finetune.TeacherLogits;
import donna.format.HostTensor;
import donna.jobs.Store;
import donna.nn.Network;
import donna.predict.Assembled;
import donna.space.Architecture;
import donna.tensor.Shape;
import donna.train.Accuracy;
import donna.train.Evaluation;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** What networks assembled from the library give before any finetuning, batch norm recalibrated: inference only. */
final class AssembledStage {
    /** The first validation images, at most so many. */
    private static final int IMAGES = 2000;

    private final Setting setting;
    private final RunFolder folder;
    private final Object inputs;
    private final Teacher teacher;
    private final BlockLibrary library;

    /** @param inputs what the teacher and a candidate's weights depend on, apart from the candidate */
    AssembledStage(Setting setting, RunFolder folder, Object inputs, Teacher teacher, BlockLibrary library) {
        this.setting = setting;
        this.folder = folder;
        this.inputs = inputs;
        this.teacher = teacher;
        this.library = library;
    }

    /**
     * One network.
     *
     * @param logSynapticFlow of the network with fresh weights: a baseline
     */
    record Rated(Assembled assembled, double logSynapticFlow) {}

    /** Rates architectures, all workers side by side. */
    List<Rated> rate(List<Architecture> architectures) {
        Dataset images = setting.images().validation().slice(0, Math.min(IMAGES, setting.images().validation().size()));
        TeacherLogits soft = teacherLogits(images);
        Rated[] out = new Rated[architectures.size()];
        setting.workers().forEach(out.length, (i, stream) -> {
            Architecture a = architectures.get(i);
            String name = setting.space().name(a);
            Object own = List.of(inputs, name, images.size());
            out[i] = folder.artefact("assembled/" + name + ".json", setting.spec().seed(), own, Rated.class,
                            () -> rate(stream, a, images, soft))
                    .value();
        });
        return List.of(out);
    }

    private Rated rate(Stream stream, Architecture a, Dataset images, TeacherLogits soft) {
        Network network = Networks.of(setting.spec(), setting.space(), a);
        Map<String, float[]> values = Rating.recalibrated(setting, stream, network, library.assemble(teacher, a));
        Normalization normalization = setting.images().normalization();
        float[] logits = Evaluation.logits(
                stream.device(), stream, network, values, images, normalization, setting.progress()::check);
        int[] labels = IntStream.range(0, images.size()).map(images::label).toArray();
        return new Rated(
                new Assembled(Accuracy.of(logits, labels, labels.length).top1(), soft.divergence(logits)),
                SynapticFlow.log(stream.device(), stream, network, setting.imageShape()));
    }

    private TeacherLogits teacherLogits(Dataset images) {
        int classes = setting.spec().model().classes();
        Store.Piece piece = folder.piece("teacher/validation", List.of(inputs, images.size()), () -> {
            float[] values = TeacherLogits.compute(setting, teacher, images).values();
            return new Store.Piece(Map.of("logits", HostTensor.of(Shape.of(images.size(), classes), values)), Map.of());
        });
        return new TeacherLogits(piece.tensors().get("logits").floats(), classes);
    }
}
