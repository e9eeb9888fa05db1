package donna.distill;

import donna.backend.Device;
import donna.data.Batcher;
import donna.data.Dataset;
import donna.tensor.Shape;
import donna.tensor.Tensor;
import donna.tensor.TensorSpec;
import donna.train.Batches;
import donna.train.Inference;
import donna.train.Workers;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * The teacher's boundaries for a sequence of batches, on each of some devices, made a chunk at a time in bounded memory. Where each thread has a network
 * of its own all workers make a chunk, and then use it; elsewhere the next chunk is made on streams of its own while the present one is used. Owner: closes
 * it. Thread rule: {@link #forEach} from outside the workers; the present chunk is read by any number of threads.
 */
final class FeatureStream implements AutoCloseable {
    /** Memory for the boundaries of a chunk, at least one batch of them. */
    private static final long CHUNK_BYTES = 96L << 20;

    /** Batches of a chunk where groups train: their plans make a graph for each. */
    private static final int MOST_AHEAD = 4;

    private final Setting setting;
    private final int batch;
    private final int chunkBatches;
    private final Workers loaders;

    /** Boundaries of the chunks in use, by chunk, device and boundary. */
    private final List<List<List<Tensor>>> chunks = new ArrayList<>();

    private final List<Inference> teachers = new ArrayList<>();
    private final List<Batches> inputs = new ArrayList<>();
    private final List<Tensor> logits = new ArrayList<>();
    private List<List<Tensor>> present;

    /**
     * Some batches: of the images {@code order[at], order[at + 1] ..}.
     *
     * @param first number of its first batch
     * @param count of batches
     */
    record Chunk(int[] order, int at, int first, int count) {}

    /**
     * The boundaries on {@code devices}: those of the setting, or its first.
     *
     * @param batches batches that will be asked for at most, all chunks together
     */
    FeatureStream(Setting setting, List<Device> devices, Teacher teacher, Dataset data, int batch, int batches) {
        this.setting = setting;
        this.batch = batch;
        loaders = ahead() ? new Workers(devices, setting.workers().countEach()) : setting.workers();
        Batcher batcher = setting.plain(data);
        for (int w = 0; w < loaders.count(); w++) {
            Device device = devices.get(w % devices.size());
            teachers.add(new Inference(device, teacher.network(), teacher.values(), setting.imageShape(), batch, true));
            inputs.add(new Batches(device, batcher, batch));
            logits.add(device.tensor(teachers.getLast().bindings().get(Inference.LOGITS)));
            teachers.getLast().bind(Inference.IMAGES, inputs.getLast().images());
            teachers.getLast().bind(Inference.LOGITS, logits.getLast());
        }
        List<TensorSpec> specs = new ArrayList<>();
        long bytes = 0;
        for (int k = 0; k <= setting.space().blocks().size(); k++) {
            specs.add(teachers.getFirst().bindings().get(Inference.boundary(k)));
            bytes += specs.getLast().bytes();
        }
        chunkBatches = Math.clamp(CHUNK_BYTES / bytes, 1, Math.max(1, ahead() ? Math.min(batches, MOST_AHEAD) : batches));
        for (int c = 0; c < (ahead() ? 2 : 1); c++) {
            chunks.add(devices.stream().map(d -> specs.stream()
                            .map(s -> d.tensor(new TensorSpec(s.dtype(), s.shape().with(0, chunkBatches * batch), s.layout())))
                            .toList())
                    .toList());
        }
        present = chunks.getFirst();
    }

    private boolean ahead() {
        return !setting.singly();
    }

    /** Batches in a full chunk. */
    int chunkBatches() {
        return chunkBatches;
    }

    /** Spec of boundary {@code k} of one batch. */
    TensorSpec spec(int k) {
        return boundary(0, k, 0).spec();
    }

    /** The batches 0 .. batches - 1 of {@code order}, in chunks. */
    Iterator<Chunk> chunks(int[] order, int batches) {
        return IntStream.iterate(0, at -> at < batches, at -> at + chunkBatches)
                .mapToObj(at -> new Chunk(order, at * batch, at, Math.min(chunkBatches, batches - at)))
                .iterator();
    }

    /** Makes chunk after chunk, and has each used while it is the present one. */
    void forEach(Iterator<Chunk> wanted, Consumer<Chunk> use) {
        present = chunks.getFirst();
        Optional<Chunk> next = next(wanted);
        next.ifPresent(c -> load(present, c));
        for (int turn = 1; next.isPresent(); turn++) {
            Chunk now = next.get();
            next = next(wanted);
            List<List<Tensor>> other = chunks.get(turn % chunks.size());
            if (ahead() && next.isPresent()) {
                Chunk coming = next.get();
                beside(() -> load(other, coming), () -> use.accept(now));
            } else {
                use.accept(now);
                next.ifPresent(c -> load(other, c));
            }
            present = other;
        }
    }

    private static Optional<Chunk> next(Iterator<Chunk> wanted) {
        return wanted.hasNext() ? Optional.of(wanted.next()) : Optional.empty();
    }

    /** Does both and returns when both are done; the exception of {@code here} goes before the other's. */
    private static void beside(Runnable there, Runnable here) {
        CompletableFuture<Void> other = CompletableFuture.runAsync(there, task -> Thread.ofPlatform().daemon().name("donna-teacher").start(task));
        try {
            here.run();
        } finally {
            other.handle((nothing, failure) -> nothing).join();
        }
        try {
            other.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
    }

    /** Every device makes all batches of the chunk, its teachers one each in turn. */
    private void load(List<List<Tensor>> chunk, Chunk c) {
        int devices = chunk.size();
        int each = Math.min(c.count, loaders.countEach());
        int[] places = IntStream.range(0, each * devices).map(t -> t % devices).toArray();
        loaders.forEachInTurn(places, (t, stream) -> {
            List<Tensor> own = chunk.get(places[t]);
            for (int i = t / devices; i < c.count; i += each) {
                setting.progress().check();
                inputs.get(t).fill(c.order, c.at + i * batch, 0);
                for (int k = 0; k < own.size(); k++) {
                    teachers.get(t).bind(Inference.boundary(k), own.get(k).samples(i * batch, batch));
                }
                teachers.get(t).run(stream);
            }
        });
    }

    /** Boundary {@code k} (0 is the stem's) of batch {@code i} of the present chunk, on the device at {@code place}. */
    Tensor boundary(int place, int k, int i) {
        return present.get(place).get(k).samples(i * batch, batch);
    }

    @Override
    public void close() {
        teachers.forEach(Inference::close);
        inputs.forEach(Batches::close);
        logits.forEach(Tensor::close);
        chunks.forEach(c -> c.forEach(d -> d.forEach(Tensor::close)));
        if (ahead()) {
            loaders.close();
        }
    }
}
