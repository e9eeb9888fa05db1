package donna.run;

import donna.data.Dataset;
import donna.distill.Setting;
import donna.export.OnnxCheck;
import donna.export.OnnxExport;
import donna.nn.Network;
import donna.train.Evaluation;
import donna.train.Inference;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.IntStream;

/** Writes a finished network as ONNX and checks what ONNX Runtime makes of it. */
final class ExportStage {
    /** Largest difference of a logit that counts as equal. */
    static final double TOLERANCE = 1e-4;

    private static final int CHECKED = 100;

    private final Setting setting;

    ExportStage(Setting setting) {
        this.setting = setting;
    }

    /** Writes {@code file} and returns the largest difference of a logit over some test images. */
    double run(String name, Network network, Map<String, float[]> values, Path file) {
        Dataset images = setting.images().test().slice(0, Math.min(CHECKED, setting.images().test().size()));
        OnnxExport.Header header = new OnnxExport.Header(
                name, RunFolder.VERSION, true, OnnxExport.describe(images.classes(), setting.images().normalization()));
        OnnxExport.write(file, Inference.graph(network, setting.imageShape(), images.size()), values, header);
        float[][] logits = new float[1][];
        setting.workers().forEach(1, (i, stream) -> logits[0] = Evaluation.logits(
                setting.device(), stream, network, values, images, setting.images().normalization(), setting.progress()::check));
        double difference = OnnxCheck.maxAbsDifference(file, Map.of(Inference.IMAGES, pixels(images)), Map.of(Inference.LOGITS, logits[0]));
        if (!(difference <= TOLERANCE)) {
            setting.progress().line(file + ": a logit differs by " + difference + " from this engine's; expected at most " + TOLERANCE);
        }
        return difference;
    }

    private float[] pixels(Dataset images) {
        int[] all = IntStream.range(0, images.size()).toArray();
        float[] out = new float[all.length * Math.toIntExact(setting.imageShape().elements())];
        int[] labels = new int[all.length];
        setting.plain(images).fill(all, 0, all.length, 0, MemorySegment.ofArray(out), MemorySegment.ofArray(labels));
        return out;
    }
}
