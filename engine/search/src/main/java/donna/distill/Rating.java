package donna.distill;

import donna.backend.Stream;
import donna.data.Dataset;
import donna.nn.Network;
import donna.nn.Parameters;
import donna.tensor.Shape;
import donna.train.Accuracy;
import donna.train.Batches;
import donna.train.Evaluation;
import donna.train.Inference;
import donna.train.Recalibration;
import java.util.Map;
import java.util.stream.IntStream;

/** What happens before a network is rated, and the rating. */
public final class Rating {
    private Rating() {}

    /** {@code values} with the batch-norm statistics that the weights have on the first training images. */
    public static Map<String, float[]> recalibrated(Setting setting, Stream stream, Network network, Map<String, float[]> values) {
        int size = setting.spec().recalibrate().batch();
        Shape image = setting.imageShape();
        int[] all = IntStream.range(0, Math.min(setting.spec().recalibrate().images(), setting.images().train().size())).toArray();
        try (Parameters parameters = Parameters.of(stream.device(), Inference.parameters(network, image), values);
                Batches batches = new Batches(stream.device(), setting.plain(setting.images().train()), size);
                Recalibration recalibration = new Recalibration(
                        stream.device(),
                        w -> network.write(w, w.graph().input(Inference.IMAGES, batches.images().spec())).logits(),
                        parameters.tensors())) {
            recalibration.bind(Inference.IMAGES, batches.images());
            for (int at = 0; at + size <= all.length; at += size) {
                setting.progress().check();
                batches.fill(all, at, 0);
                recalibration.run(stream);
            }
            return parameters.values();
        }
    }

    /** Accuracy on all of {@code data}. */
    public static Accuracy accuracy(Setting setting, Stream stream, Network network, Map<String, float[]> values, Dataset data) {
        return Evaluation.accuracy(stream.device(), stream, network, values, data, setting.images().normalization(), setting.progress()::check);
    }
}
