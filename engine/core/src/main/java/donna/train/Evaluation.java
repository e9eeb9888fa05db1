package donna.train;

import donna.backend.Device;
import donna.backend.Stream;
import donna.data.Augmentation;
import donna.data.Batcher;
import donna.data.Dataset;
import donna.data.Normalization;
import donna.nn.Network;
import donna.tensor.Tensor;
import java.util.Map;
import java.util.stream.IntStream;

/** Rates networks on images. */
public final class Evaluation {
    /** Few enough for what lies between layers to stay in a processor's caches. */
    private static final int BATCH = 50;

    private Evaluation() {}

    /**
     * The logits of all images of {@code data}, row-major {@code [size, classes]}, on one thread.
     *
     * @param tick called before each batch; what it throws ends the work
     */
    public static float[] logits(
            Device device, Stream stream, Network network, Map<String, float[]> values, Dataset data, Normalization normalization, Runnable tick) {
        int[] all = IntStream.range(0, data.size()).toArray();
        Batcher batcher = new Batcher(data, normalization, Augmentation.NONE, 0);
        try (Batches batches = new Batches(device, batcher, Math.min(BATCH, all.length));
                Inference net = new Inference(device, network, values, Batches.imageShape(data), batches.size(), false);
                Tensor logits = device.tensor(net.bindings().get(Inference.LOGITS))) {
            net.bind(Inference.IMAGES, batches.images());
            net.bind(Inference.LOGITS, logits);
            int classes = logits.shape().dim(1);
            float[] out = new float[all.length * classes];
            for (int at = 0; at < all.length; at += batches.size()) {
                tick.run();
                int count = batches.fill(all, at, 0);
                net.run(stream);
                stream.synchronize();
                System.arraycopy(logits.toFloats(), 0, out, at * classes, count * classes);
            }
            return out;
        }
    }

    /**
     * The accuracy on all images of {@code data}, on one thread.
     *
     * @param tick called before each batch; what it throws ends the work
     */
    public static Accuracy accuracy(
            Device device, Stream stream, Network network, Map<String, float[]> values, Dataset data, Normalization normalization, Runnable tick) {
        int[] labels = IntStream.range(0, data.size()).map(data::label).toArray();
        return Accuracy.of(logits(device, stream, network, values, data, normalization, tick), labels, labels.length);
    }
}
