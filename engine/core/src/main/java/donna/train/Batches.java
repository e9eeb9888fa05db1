package donna.train;

import donna.backend.Device;
import donna.data.Batcher;
import donna.data.Dataset;
import donna.graph.Op;
import donna.graph.Value;
import donna.nn.GraphWriter;
import donna.tensor.DType;
import donna.tensor.Shape;
import donna.tensor.Tensor;
import donna.tensor.TensorSpec;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.Optional;

/**
 * A batch of images and labels on a device, filled again and again. Owner: closes it. Thread rule: one thread at a time.
 */
public final class Batches implements AutoCloseable {
    public static final String LABELS = "labels";

    /** Logarithms of the shares of each class in each image, {@code [N, classes]}: in place of labels where images are mixed. */
    private static final String TARGETS = "targets";

    /** Stands for a share of 0 under the logarithm. */
    private static final double LEAST = 1e-30;

    private final Batcher batcher;
    private final float[] hostImages;
    private final int[] hostLabels;
    private final Tensor images;
    private final Tensor labels;
    private final float[] hostTargets;
    private final Optional<Tensor> targets;
    private final double smoothing;

    /** Batches that are looked at, or trained on without {@link #loss}. */
    public Batches(Device device, Batcher batcher, int size) {
        this(device, batcher, size, 0, 0);
    }

    /**
     * Batches for {@link #loss}.
     *
     * @param classes of the network's logits
     * @param smoothing share of a target spread evenly over the classes
     */
    public Batches(Device device, Batcher batcher, int size, int classes, double smoothing) {
        Dataset data = batcher.data();
        this.batcher = batcher;
        TensorSpec spec = TensorSpec.f32(size, data.channels(), data.height(), data.width());
        images = device.tensor(spec);
        labels = device.tensor(TensorSpec.of(DType.I32, Shape.of(size)));
        hostImages = new float[Math.toIntExact(spec.shape().elements())];
        hostLabels = new int[size];
        hostTargets = new float[batcher.mixes() ? size * classes : 0];
        targets = hostTargets.length == 0 ? Optional.empty() : Optional.of(device.tensor(TensorSpec.f32(size, classes)));
        this.smoothing = smoothing;
    }

    /**
     * Cross-entropy of a batch, mean over samples; of mixed images less the entropy of their labels, which is the same for any logits.
     *
     * @param mixes whether the batches come from a batcher that mixes
     */
    public static Value loss(GraphWriter w, Value logits, boolean mixes, double smoothing) {
        int batch = logits.shape().dim(0);
        if (mixes) {
            return w.graph().add(new Op.DistillationLoss(1), logits, w.graph().input(TARGETS, TensorSpec.of(DType.F32, logits.shape())));
        }
        Value labels = w.graph().input(LABELS, TensorSpec.of(DType.I32, Shape.of(batch)));
        return w.graph().add(new Op.CrossEntropy((float) smoothing), logits, labels);
    }

    /** The inputs of {@link #loss} by name. */
    public Map<String, Tensor> truth() {
        return targets.map(t -> Map.of(TARGETS, t)).orElseGet(() -> Map.of(LABELS, labels));
    }

    /** {@code [C, H, W]} of the images of a data set. */
    public static Shape imageShape(Dataset data) {
        return Shape.of(data.channels(), data.height(), data.width());
    }

    public int size() {
        return hostLabels.length;
    }

    public Tensor images() {
        return images;
    }

    public Tensor labels() {
        return labels;
    }

    /** The labels of the last {@link #fill} on the host; valid until the next. */
    public int[] hostLabels() {
        return hostLabels;
    }

    /** Takes images {@code indices[from ..]}; where fewer than a batch are left, the rest keeps what it held. Returns how many were taken. */
    public int fill(int[] indices, int from, int epoch) {
        int count = Math.min(size(), indices.length - from);
        double share = batcher.fill(indices, from, count, epoch, MemorySegment.ofArray(hostImages), MemorySegment.ofArray(hostLabels));
        images.buffer().write(images.offset(), MemorySegment.ofArray(hostImages));
        labels.buffer().write(labels.offset(), MemorySegment.ofArray(hostLabels));
        targets.ifPresent(t -> {
            share(count, share);
            t.set(hostTargets);
        });
        return count;
    }

    private void share(int count, double share) {
        int classes = hostTargets.length / size();
        for (int i = 0; i < count; i++) {
            for (int k = 0; k < classes; k++) {
                double own = hostLabels[i] == k ? share : 0;
                double partners = hostLabels[count - 1 - i] == k ? 1 - share : 0;
                double p = (1 - smoothing) * (own + partners) + smoothing / classes;
                hostTargets[i * classes + k] = (float) Math.log(Math.max(p, LEAST));
            }
        }
    }

    @Override
    public void close() {
        images.close();
        labels.close();
        targets.ifPresent(Tensor::close);
    }
}
