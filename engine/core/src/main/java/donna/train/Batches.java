package donna.train;

import donna.backend.Device;
import donna.data.Batcher;
import donna.data.Dataset;
import donna.tensor.DType;
import donna.tensor.Shape;
import donna.tensor.Tensor;
import donna.tensor.TensorSpec;
import java.lang.foreign.MemorySegment;

/**
 * A batch of images and labels on a device, filled again and again. Owner: closes it. Thread rule: one thread at a time.
 */
public final class Batches implements AutoCloseable {
    public static final String LABELS = "labels";

    private final Batcher batcher;
    private final float[] hostImages;
    private final int[] hostLabels;
    private final Tensor images;
    private final Tensor labels;

    public Batches(Device device, Batcher batcher, int size) {
        Dataset data = batcher.data();
        this.batcher = batcher;
        TensorSpec spec = TensorSpec.f32(size, data.channels(), data.height(), data.width());
        images = device.tensor(spec);
        labels = device.tensor(TensorSpec.of(DType.I32, Shape.of(size)));
        hostImages = new float[Math.toIntExact(spec.shape().elements())];
        hostLabels = new int[size];
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
        batcher.fill(indices, from, count, epoch, MemorySegment.ofArray(hostImages), MemorySegment.ofArray(hostLabels));
        images.buffer().write(images.offset(), MemorySegment.ofArray(hostImages));
        labels.buffer().write(labels.offset(), MemorySegment.ofArray(hostLabels));
        return count;
    }

    @Override
    public void close() {
        images.close();
        labels.close();
    }
}
