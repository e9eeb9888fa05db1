package donna.distill;

import donna.data.Batcher;
import donna.data.Dataset;
import donna.tensor.Shape;
import donna.tensor.Tensor;
import donna.tensor.TensorSpec;
import donna.train.Batches;
import donna.train.Inference;
import java.util.ArrayList;
import java.util.List;

/**
 * The teacher's boundaries for a sequence of batches, made a chunk at a time in bounded memory, all workers side by side. Owner: closes it.
 * Thread rule: {@link #load} from outside the workers; what it loaded is read by any number of threads.
 */
final class FeatureStream implements AutoCloseable {
    /** Memory for the boundaries of a chunk, at least one batch of them. */
    private static final long CHUNK_BYTES = 96L << 20;

    private final Setting setting;
    private final int batch;
    private final int chunkBatches;
    private final List<Tensor> boundaries = new ArrayList<>();
    private final List<Inference> teachers = new ArrayList<>();
    private final List<Batches> inputs = new ArrayList<>();
    private final List<Tensor> logits = new ArrayList<>();

    /** @param batches batches that will be asked for at most, all chunks together */
    FeatureStream(Setting setting, Teacher teacher, Dataset data, int batch, int batches) {
        this.setting = setting;
        this.batch = batch;
        Batcher batcher = setting.plain(data);
        for (int w = 0; w < setting.workers().count(); w++) {
            teachers.add(new Inference(setting.device(), teacher.network(), teacher.values(), setting.imageShape(), batch, true));
            inputs.add(new Batches(setting.device(), batcher, batch));
            logits.add(setting.device().tensor(teachers.getLast().bindings().get(Inference.LOGITS)));
            teachers.getLast().bind(Inference.IMAGES, inputs.getLast().images());
            teachers.getLast().bind(Inference.LOGITS, logits.getLast());
        }
        List<TensorSpec> specs = new ArrayList<>();
        long bytes = 0;
        for (int k = 0; k <= setting.space().blocks().size(); k++) {
            specs.add(teachers.getFirst().bindings().get(Inference.boundary(k)));
            bytes += specs.getLast().bytes();
        }
        chunkBatches = Math.clamp(CHUNK_BYTES / bytes, 1, Math.max(1, batches));
        for (TensorSpec s : specs) {
            Shape all = s.shape().with(0, chunkBatches * batch);
            boundaries.add(setting.device().tensor(new TensorSpec(s.dtype(), all, s.layout())));
        }
    }

    int batch() {
        return batch;
    }

    /** Batches in a full chunk. */
    int chunkBatches() {
        return chunkBatches;
    }

    /** Spec of boundary {@code k} of one batch. */
    TensorSpec spec(int k) {
        return boundary(k, 0).spec();
    }

    /** Fills batch {@code i} of the chunk with the boundaries of the images {@code order[first + i * batch ..]}, for {@code count} batches. */
    void load(int[] order, int first, int count) {
        int tasks = Math.min(count, teachers.size());
        setting.workers().forEach(tasks, (t, stream) -> {
            for (int i = t; i < count; i += tasks) {
                setting.progress().check();
                inputs.get(t).fill(order, first + i * batch, 0);
                for (int k = 0; k < boundaries.size(); k++) {
                    teachers.get(t).bind(Inference.boundary(k), boundary(k, i));
                }
                teachers.get(t).run(stream);
                stream.synchronize();
            }
        });
    }

    /** Boundary {@code k} (0 is the stem's) of batch {@code i} of the chunk. */
    Tensor boundary(int k, int i) {
        return boundaries.get(k).samples(i * batch, batch);
    }

    @Override
    public void close() {
        teachers.forEach(Inference::close);
        inputs.forEach(Batches::close);
        logits.forEach(Tensor::close);
        boundaries.forEach(Tensor::close);
    }
}
