package donna.run;

import donna.data.Dataset;
import donna.distill.Networks;
import donna.distill.Rating;
import donna.distill.Setting;
import donna.distill.Teacher;
import donna.distill.TeacherTrainer;
import donna.finetune.TeacherLogits;
import donna.format.HostTensor;
import donna.format.WeightsFile;
import donna.graph.Cost;
import donna.jobs.Checkpoint;
import donna.jobs.Store;
import donna.nn.Network;
import donna.spec.Json;
import donna.spec.ReferenceSpec;
import donna.spec.SearchSpec;
import donna.tensor.DonnaException;
import donna.tensor.Shape;
import donna.train.Accuracy;
import donna.train.Inference;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The reference model: trained, read from the user's file, or reused. */
final class TeacherStage {
    private final Setting setting;
    private final RunFolder folder;
    private final String weightsHash;

    TeacherStage(Setting setting, RunFolder folder) {
        this.setting = setting;
        this.folder = folder;
        Optional<String> inModel = setting.spec().model().reference().flatMap(ReferenceSpec::file);
        this.weightsHash = Stream.of(setting.spec().teacher().weights(), inModel)
                .flatMap(Optional::stream)
                .map(TeacherStage::contentHash)
                .collect(Collectors.joining(" "));
    }

    private static String contentHash(String file) {
        try {
            return Json.hash(Files.readAllBytes(Path.of(file)));
        } catch (IOException e) {
            throw new DonnaException.InvalidInput("teacher: " + file + " cannot be read: " + e.getMessage() + "; name a file of weights", e);
        }
    }

    /** What is known of a network besides its weights; accuracies are shares of 1. */
    record Facts(double validationTop1, double testTop1, long macs, long params) {}

    /** What the teacher's weights depend on. */
    Object inputs() {
        SearchSpec s = setting.spec();
        return List.of("teacher", s.seed(), s.arithmetic(), s.dataset(), s.model(), s.teacher(), s.recalibrate(), weightsHash);
    }

    Teacher run() {
        setting.progress().phase("teacher");
        Network network = setting.teacher();
        String checkpoint = RunFolder.keyed("teacher", inputs());
        Store.Piece piece = folder.piece("teacher/model", inputs(), () -> {
            Optional<Map<String, float[]>> given = given(network);
            Map<String, float[]> values = given.filter(v -> !setting.spec().teacher().finetune())
                    .orElseGet(() -> new TeacherTrainer(setting).run(checkpoint, given).values());
            return new Store.Piece(tensors(setting, network, values), Map.of("architecture", Networks.teacherName(setting.spec())));
        });
        Checkpoint.forget(folder, checkpoint);
        return new Teacher(network, values(piece));
    }

    /** Weights that came with the model or the spec. */
    private Optional<Map<String, float[]>> given(Network network) {
        return setting.spec().teacher().weights()
                .map(file -> WeightsFile.read(Path.of(file), Inference.parameters(network, setting.imageShape())))
                .or(() -> setting.spec().model().reference().filter(r -> Networks.isOwn(setting.spec())).flatMap(ReferenceSpec::values));
    }

    Facts facts(Teacher teacher) {
        return folder.artefact("teacher/facts.json", setting.spec().seed(), inputs(), Facts.class,
                        () -> facts(setting, teacher.network(), teacher.values()))
                .value();
    }

    /** The logits that finetuning needs. */
    TeacherLogits logits(Teacher teacher) {
        setting.progress().phase("teacher's logits");
        int images = Math.max(setting.spec().predictor().train().images(), setting.spec().finetune().train().images());
        int classes = setting.spec().model().classes();
        Store.Piece piece = folder.piece("teacher/logits", List.of(inputs(), images), () -> {
            float[] values = TeacherLogits.compute(setting, teacher, setting.images().train().slice(0, images)).values();
            return new Store.Piece(Map.of("logits", HostTensor.of(Shape.of(images, classes), values)), Map.of());
        });
        return new TeacherLogits(piece.tensors().get("logits").floats(), classes);
    }

    /** Accuracies and cost of a finished network. */
    static Facts facts(Setting setting, Network network, Map<String, float[]> values) {
        List<Dataset> sets = List.of(setting.images().validation(), setting.images().test());
        Accuracy[] out = new Accuracy[2];
        setting.workers().forEach(2, (i, stream) -> out[i] = Rating.accuracy(setting, stream, network, values, sets.get(i)));
        Cost cost = Cost.of(Inference.graph(network, setting.imageShape(), 1));
        return new Facts(out[0].top1(), out[1].top1(), cost.macs(), cost.params());
    }

    /** Parameters in their own shapes and order. */
    static Map<String, HostTensor> tensors(Setting setting, Network network, Map<String, float[]> values) {
        Map<String, HostTensor> out = new LinkedHashMap<>();
        Inference.parameters(network, setting.imageShape()).forEach(p -> out.put(p.name(), HostTensor.of(p.shape(), values.get(p.name()))));
        return out;
    }

    static Map<String, float[]> values(Store.Piece piece) {
        Map<String, float[]> out = new HashMap<>();
        piece.tensors().forEach((name, t) -> out.put(name, t.floats()));
        return out;
    }
}
