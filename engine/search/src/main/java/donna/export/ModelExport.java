package donna.export;

import donna.backend.Device;
import donna.backend.Stream;
import donna.data.Augmentation;
import donna.data.Batcher;
import donna.data.Dataset;
import donna.format.HostTensor;
import donna.format.Safetensors;
import donna.graph.Graph;
import donna.nn.Folding;
import donna.nn.GraphWriter;
import donna.nn.Init;
import donna.nn.Network;
import donna.nn.ParameterSpec;
import donna.tensor.DonnaException;
import donna.tensor.Shape;
import donna.tensor.Tensor;
import donna.tensor.TensorSpec;
import donna.train.Accuracy;
import donna.train.Inference;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * Trained classifiers as files for other programs. An ONNX file is checked as soon as it is written: the same logits in
 * ONNX Runtime as in this engine on random and on real images, and no accuracy lost.
 */
public final class ModelExport {
    /** Largest difference of a logit, as a share of the largest logit there is, or of 1 where all are smaller. */
    public static final double LARGEST_DIFFERENCE = 1e-4;

    /** Largest share of the checked images that may be classified right here, but not by the exported file. */
    public static final double LARGEST_LOSS = 0.002;

    /** A batch that no other dimension is a multiple of, to tell an open one apart while a graph is written. */
    private static final int OPEN_BATCH = 997;

    private static final int BATCH = 100;
    private static final int RANDOM_BATCHES = 2;
    private static final int REAL_IMAGES = 1000;

    private ModelExport() {}

    /**
     * A trained network with all that goes into its files.
     *
     * @param values of every parameter, batch-norm statistics as the weights have them
     * @param version of the program
     * @param details further metadata, such as how to build the network again
     */
    public record Model(
            String name,
            Network network,
            Map<String, float[]> values,
            ModelCard card,
            String version,
            Map<String, String> details) {
        public Model {
            details = Map.copyOf(details);
        }

        private Map<String, String> metadata() {
            Map<String, String> all = new TreeMap<>(details);
            all.putAll(card.metadata());
            all.put("name", name);
            all.put("version", version);
            return all;
        }
    }

    /**
     * How an ONNX file is written.
     *
     * @param batch that it takes; 0 leaves it open
     * @param folded whether batch norm is folded into the convolutions
     */
    public record Form(int batch, boolean folded) {
        /** Any batch, batch norm kept: what can be trained further. */
        public static final Form OPEN = new Form(0, false);
    }

    /**
     * What the check found.
     *
     * @param maxAbsDifference largest difference of a logit between this engine and the exported file
     * @param top1 of this engine on the real images that were taken
     * @param exportedTop1 of the exported file on the same ones
     * @param images how many those were
     */
    public record Checked(double maxAbsDifference, double top1, double exportedTop1, int images) {}

    /**
     * Writes the model's ONNX file and checks it, in single precision whatever {@code device} computes in.
     *
     * @param images real ones; the first {@value #REAL_IMAGES} are taken
     * @param tick called now and then; what it throws ends the work
     * @throws DonnaException.InvalidInput if the file cannot be written, or it does not compute what this engine does
     */
    public static Checked onnx(Path file, Model model, Form form, Device device, Dataset images, Runnable tick) {
        Written w = Written.of(model, form);
        OnnxExport.write(file, w.graph(), w.values(), w.header());
        try (Device exact = device.inSinglePrecision();
                Stream stream = exact.openStream()) {
            return check(file, model, form, exact, stream, images, tick);
        }
    }

    /**
     * Whether {@code file} is what {@link #onnx} would write, byte for byte.
     *
     * @throws DonnaException.InvalidInput if it is there and cannot be read
     */
    public static boolean isWritten(Path file, Model model, Form form) {
        try {
            Written w = Written.of(model, form);
            return Files.exists(file) && Arrays.equals(Files.readAllBytes(file), OnnxExport.bytes(w.graph(), w.values(), w.header()));
        } catch (IOException e) {
            throw new DonnaException.InvalidInput(file + ": cannot be read (" + e.getMessage() + ")", e);
        }
    }

    private record Written(Graph graph, Map<String, float[]> values, OnnxExport.Header header) {
        static Written of(Model model, Form form) {
            GraphWriter w = new GraphWriter(form.folded() ? GraphWriter.Mode.FOLDED : GraphWriter.Mode.INFERENCE);
            Shape s = model.card().image();
            int batch = form.batch() == 0 ? OPEN_BATCH : form.batch();
            TensorSpec spec = TensorSpec.f32(batch, s.dim(0), s.dim(1), s.dim(2));
            w.graph().output(Inference.LOGITS, model.network().write(w, w.graph().input(Inference.IMAGES, spec)).logits());
            return new Written(
                    w.graph().build(),
                    form.folded() ? Folding.fold(w, model.values()) : model.values(),
                    new OnnxExport.Header(model.name(), model.version(), form.batch() == 0, model.metadata()));
        }
    }

    /** Runs the file beside this engine. */
    private static Checked check(
            Path file, Model model, Form form, Device device, Stream stream, Dataset images, Runnable tick) {
        int batch = form.batch() == 0 ? Math.min(BATCH, images.size()) : form.batch();
        int count = Math.min(REAL_IMAGES, images.size());
        int each = Math.toIntExact(model.card().image().elements());
        try (Side here = new Side(device, model, batch);
                OnnxSession there = new OnnxSession(file)) {
            double worst = 0;
            double largest = 1;
            for (int i = 0; i < RANDOM_BATCHES; i++) {
                tick.run();
                float[] pixels = new Init.Uniform(2).values(i, "export check", batch * each);
                float[] own = here.run(stream, pixels);
                worst = Math.max(worst, OnnxCheck.largestDifference(own, logits(there, pixels)));
                largest = Math.max(largest, largest(own));
            }
            int classes = here.classes();
            float[] own = new float[count * classes];
            float[] exported = new float[count * classes];
            int[] labels = new int[count];
            Batcher batcher = new Batcher(images, model.card().normalization(), Augmentation.NONE, 0);
            float[] pixels = new float[batch * each];
            int[] batchLabels = new int[batch];
            for (int at = 0; at < count; at += batch) {
                tick.run();
                int[] indices = new int[batch];
                int first = at;
                Arrays.setAll(indices, i -> (first + i) % images.size());
                batcher.fill(indices, 0, batch, 0, MemorySegment.ofArray(pixels), MemorySegment.ofArray(batchLabels));
                int taken = Math.min(batch, count - at);
                System.arraycopy(here.run(stream, pixels), 0, own, at * classes, taken * classes);
                System.arraycopy(logits(there, pixels), 0, exported, at * classes, taken * classes);
                System.arraycopy(batchLabels, 0, labels, at, taken);
            }
            worst = Math.max(worst, OnnxCheck.largestDifference(own, exported));
            largest = Math.max(largest, largest(own));
            double top1 = Accuracy.of(own, labels, count).top1();
            double exportedTop1 = Accuracy.of(exported, labels, count).top1();
            if (!(worst <= LARGEST_DIFFERENCE * largest) || top1 - exportedTop1 > LARGEST_LOSS) {
                throw new DonnaException.InvalidInput(file + ": in ONNX Runtime a logit differs by " + worst + " from this engine's (at most "
                        + LARGEST_DIFFERENCE * largest + " is allowed), and top-1 of " + count + " images is " + exportedTop1 + " instead of "
                        + top1 + " (at most " + LARGEST_LOSS + " less is allowed); do not deploy it, and report which layers the model has");
            }
            return new Checked(worst, top1, exportedTop1, count);
        }
    }

    private static float[] logits(OnnxSession session, float[] pixels) {
        return session.run(Map.of(Inference.IMAGES, pixels)).get(Inference.LOGITS);
    }

    private static double largest(float[] values) {
        double largest = 0;
        for (float v : values) {
            largest = Math.max(largest, Math.abs(v));
        }
        return largest;
    }

    /** This engine's network with its tensors. */
    private static final class Side implements AutoCloseable {
        private final Inference net;
        private final Tensor images;
        private final Tensor logits;

        Side(Device device, Model model, int batch) {
            net = new Inference(device, model.network(), model.values(), model.card().image(), batch, false);
            images = device.tensor(net.bindings().get(Inference.IMAGES));
            logits = device.tensor(net.bindings().get(Inference.LOGITS));
            net.bind(Inference.IMAGES, images);
            net.bind(Inference.LOGITS, logits);
        }

        int classes() {
            return logits.shape().dim(1);
        }

        float[] run(Stream stream, float[] pixels) {
            images.set(pixels);
            net.run(stream);
            stream.synchronize();
            return logits.toFloats();
        }

        @Override
        public void close() {
            net.close();
            images.close();
            logits.close();
        }
    }

    /** Writes the model's weights, with the same metadata. */
    public static void safetensors(Path file, Model model) {
        Map<String, HostTensor> tensors = new LinkedHashMap<>();
        for (ParameterSpec p : Inference.parameters(model.network(), model.card().image())) {
            tensors.put(p.name(), HostTensor.of(p.shape(), model.values().get(p.name())));
        }
        Safetensors.write(file, tensors, model.metadata());
    }
}
