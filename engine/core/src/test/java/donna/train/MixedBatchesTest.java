package donna.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import donna.backend.Device;
import donna.backend.Plan;
import donna.backend.Stream;
import donna.backend.reference.ReferenceBackend;
import donna.data.Augmentation;
import donna.data.Batcher;
import donna.data.Dataset;
import donna.data.MemoryDataset;
import donna.data.Mixing;
import donna.data.Normalization;
import donna.nn.GraphWriter;
import donna.nn.Init;
import donna.tensor.Tensor;
import donna.tensor.TensorSpec;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The loss of mixed images against cross-entropy with shares of labels, computed by hand. */
class MixedBatchesTest {
    private static final int N = 6;
    private static final int CLASSES = 4;
    private static final int[] LABELS = {3, 0, 1, 1, 2, 0};

    /** Image i is one pixel of value 20 i. */
    private static Dataset data() {
        byte[] pixels = new byte[N];
        IntStream.range(0, N).forEach(i -> pixels[i] = (byte) (20 * i));
        return MemoryDataset.of("made", 1, 1, 1, List.of("a", "b", "c", "d"), LABELS, pixels);
    }

    @Test
    void theLossIsThatOfLabelsMixedAsTheImagesAre() {
        Augmentation mixup = new Augmentation(false, 0, Optional.empty(), Optional.empty(), Optional.empty(), 0, new Mixing(0.8, 0));
        Batcher batcher = new Batcher(data(), Normalization.none(1), mixup, 11);
        double smoothing = 0.1;
        float[] logits = new Init.Uniform(2).values(3, "logits", N * CLASSES);
        GraphWriter w = new GraphWriter(GraphWriter.Mode.INFERENCE);
        w.graph().output("loss", Batches.loss(w, w.graph().input("logits", TensorSpec.f32(N, CLASSES)), batcher.mixes(), smoothing));
        try (Device device = new ReferenceBackend().open(0)) {
            try (Batches batches = new Batches(device, batcher, N, CLASSES, smoothing);
                    Tensor z = device.tensor(TensorSpec.f32(N, CLASSES));
                    Tensor loss = device.tensor(TensorSpec.f32(1));
                    Stream stream = device.openStream();
                    Plan plan = device.compile(w.graph().build())) {
                z.set(logits);
                plan.bind("logits", z);
                plan.bind("loss", loss);
                batches.truth().forEach(plan::bind);
                for (int epoch = 0; epoch < 5; epoch++) {
                    batches.fill(IntStream.range(0, N).toArray(), 0, epoch);
                    // Pixel 1 is 20 s + 80 (1 - s) levels.
                    double share = (80 / 255.0 - batches.images().toFloats()[1]) / (60 / 255.0);
                    assertTrue(share > 0 && share < 1, "share " + share);
                    plan.run(stream);
                    stream.synchronize();
                    assertEquals(expected(logits, share, smoothing), loss.item(), 2e-5, "epoch " + epoch);
                }
            }
            assertEquals(0, device.bytesInUse());
        }
    }

    private static double expected(float[] logits, double share, double smoothing) {
        double sum = 0;
        for (int i = 0; i < N; i++) {
            double norm = 0;
            for (int k = 0; k < CLASSES; k++) {
                norm += Math.exp(logits[i * CLASSES + k]);
            }
            for (int k = 0; k < CLASSES; k++) {
                double p = smoothing / CLASSES;
                p += (1 - smoothing) * (LABELS[i] == k ? share : 0);
                p += (1 - smoothing) * (LABELS[N - 1 - i] == k ? 1 - share : 0);
                sum += p * (Math.log(p) - (logits[i * CLASSES + k] - Math.log(norm)));
            }
        }
        return sum / N;
    }

    @Test
    void withoutMixingTheLabelsAreTheTruth() {
        try (Device device = new ReferenceBackend().open(0);
                Batches batches = new Batches(device, new Batcher(data(), Normalization.none(1), Augmentation.NONE, 1), N, CLASSES, 0)) {
            assertEquals(List.of(Batches.LABELS), List.copyOf(batches.truth().keySet()));
        }
    }
}
