package donna.bench.peers;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import donna.backend.Backends;
import donna.backend.Device;
import donna.backend.Stream;
import donna.bench.Machine;
import donna.bench.Results;
import donna.bench.Table;
import donna.bench.step.TrainedNetworks;
import donna.export.OnnxCheck;
import donna.export.OnnxExport;
import donna.nn.Network;
import donna.spec.Json;
import donna.tensor.Shape;
import donna.tensor.Tensor;
import donna.tensor.TensorSpec;
import donna.train.Inference;
import donna.train.TrainingState;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * How long does a batch take in ONNX Runtime on the exported model, and here? On several threads ONNX Runtime cuts
 * every op, and here every thread takes its share of the batch. The two run in turn in one process, after their logits
 * have been compared. Arguments: the networks file, the folder for models, rounds, milliseconds of a
 * measurement, and the results folder (none: nothing is kept).
 */
public final class InferenceSpeed {
    private static final double LARGEST_DIFFERENCE = 1e-3;
    /** Until the JVM has compiled what runs. */
    private static final long COMPILER_NANOS = 3_000_000_000L;

    /** Milliseconds for a batch; ratio is ONNX Runtime's over ours, round by round. */
    private record Row(String model, int batch, int threads, Spread onnxRuntimeMs, Spread oursMs, Spread ratio) {}

    private record Race(int rounds, List<Row> rows) {}

    private final Device device;
    private final Path folder;
    private final int rounds;
    private final long nanos;

    private InferenceSpeed(Device device, Path folder, int rounds, long nanos) {
        this.device = device;
        this.folder = folder;
        this.rounds = rounds;
        this.nanos = nanos;
    }

    public static void main(String[] args) throws Exception {
        List<Row> rows = new ArrayList<>();
        try (Device device = Backends.open("cpu", line -> {})) {
            InferenceSpeed speed = new InferenceSpeed(
                    device, Path.of(args[1]), Integer.parseInt(args[2]), Long.parseLong(args[3]) * 1_000_000);
            for (TrainedNetworks.Spec m : Json.read(Path.of(args[0]), TrainedNetworks.class).networks()) {
                for (int[] work : new int[][] {{1, 1}, {32, 1}, {32, 2}, {128, 2}}) {
                    rows.add(speed.race(m, work[0], work[1]));
                }
            }
        }
        Table table = new Table("inference", "batch", "threads", "ONNX Runtime ms", "ours ms", "ratio [min, max]");
        rows.forEach(r -> table.row(
                r.model(),
                Integer.toString(r.batch()),
                Integer.toString(r.threads()),
                Table.number(r.onnxRuntimeMs().median()),
                Table.number(r.oursMs().median()),
                r.ratio().toString()));
        System.out.println(Machine.here() + "\n\n" + table);
        if (args.length > 4) {
            Race race = new Race(Integer.parseInt(args[2]), rows);
            System.out.println("written to " + Results.put(Path.of(args[4]), "inference", race));
        }
    }

    private Row race(TrainedNetworks.Spec model, int batch, int threads) throws Exception {
        System.err.println(model.name() + ", batch " + batch + ", " + threads + " threads ...");
        Network network = model.network();
        Map<String, float[]> values =
                TrainingState.initialValues(Inference.parameters(network, image(model)), 1);
        Path file = export(model, network, batch, values);
        float[] images = new float[Math.toIntExact(batch * image(model).elements())];
        Random random = new Random(1);
        for (int i = 0; i < images.length; i++) {
            images[i] = (float) random.nextGaussian();
        }
        List<Double> theirs = new ArrayList<>();
        List<Double> ours = new ArrayList<>();
        try (Replicas replicas = new Replicas(device, model, network, values, images, batch, threads)) {
            double difference = OnnxCheck.maxAbsDifference(
                    file, Map.of(Inference.IMAGES, images), Map.of(Inference.LOGITS, replicas.logits()));
            if (!(difference <= LARGEST_DIFFERENCE)) {
                throw new IllegalStateException(model.name() + ": the logits differ by " + difference);
            }
            long begin = System.nanoTime();
            while (System.nanoTime() - begin < COMPILER_NANOS) {
                replicas.run();
            }
            for (int round = 0; round < rounds; round++) {
                theirs.add(onnxRuntime(file, model, batch, threads, images));
                ours.add(milliseconds(replicas::run));
            }
        }
        return new Row(model.name(), batch, threads, Spread.of(theirs), Spread.of(ours), Spread.ofRatios(theirs, ours));
    }

    private static Shape image(TrainedNetworks.Spec model) {
        return new Shape(model.input().stream().mapToInt(Integer::intValue).toArray());
    }

    private Path export(TrainedNetworks.Spec model, Network network, int batch, Map<String, float[]> values) throws IOException {
        Files.createDirectories(folder);
        Path file = folder.resolve(model.name().replace(' ', '-') + "-" + batch + ".onnx");
        OnnxExport.Header header = new OnnxExport.Header(model.name(), "benchmark", false, Map.of());
        OnnxExport.write(file, Inference.graph(network, image(model), batch), values, header);
        return file;
    }

    /** The mean over a measurement, after as long a warm-up. */
    private double milliseconds(Callable<?> run) throws Exception {
        double mean = 0;
        for (int pass = 0; pass < 2; pass++) {
            long start = System.nanoTime();
            int runs = 0;
            while (System.nanoTime() - start < nanos) {
                run.call();
                runs++;
            }
            mean = (System.nanoTime() - start) / 1e6 / runs;
        }
        return mean;
    }

    private double onnxRuntime(Path file, TrainedNetworks.Spec model, int batch, int threads, float[] images) throws Exception {
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        long[] shape = {batch, model.input().get(0), model.input().get(1), model.input().get(2)};
        try (OrtSession.SessionOptions options = options(threads);
                OrtSession session = environment.createSession(file.toString(), options);
                OnnxTensor tensor = OnnxTensor.createTensor(environment, FloatBuffer.wrap(images), shape)) {
            return milliseconds(() -> {
                session.run(Map.of(Inference.IMAGES, tensor)).close();
                return 0;
            });
        }
    }

    private static OrtSession.SessionOptions options(int threads) throws OrtException {
        OrtSession.SessionOptions options = new OrtSession.SessionOptions();
        options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
        options.setIntraOpNumThreads(threads);
        options.setInterOpNumThreads(1);
        return options;
    }

    /** A plan for each thread, with its share of the batch. */
    private static final class Replicas implements AutoCloseable {
        private final List<Inference> plans = new ArrayList<>();
        private final List<Tensor> logits = new ArrayList<>();
        private final List<Tensor> images = new ArrayList<>();
        private final List<Callable<Integer>> runs = new ArrayList<>();
        private final List<Stream> streams = new ArrayList<>();
        private final ExecutorService threads;

        Replicas(Device device, TrainedNetworks.Spec model, Network network, Map<String, float[]> values, float[] all, int batch, int count) {
            threads = Executors.newFixedThreadPool(count);
            int share = batch / count;
            for (int t = 0; t < count; t++) {
                Inference plan = new Inference(device, network, values, image(model), share, false);
                Tensor src = device.tensor(plan.bindings().get(Inference.IMAGES));
                Tensor dst = device.tensor(TensorSpec.f32(share, model.head().classes()));
                int each = all.length / count;
                src.set(Arrays.copyOfRange(all, t * each, (t + 1) * each));
                plan.bind(Inference.IMAGES, src);
                plan.bind(Inference.LOGITS, dst);
                Stream stream = device.openStream();
                streams.add(stream);
                plans.add(plan);
                images.add(src);
                logits.add(dst);
                runs.add(() -> {
                    plan.run(stream);
                    stream.synchronize();
                    return 0;
                });
            }
        }

        /** One batch; a single share runs on the calling thread. */
        int run() throws Exception {
            if (runs.size() == 1) {
                return runs.getFirst().call();
            }
            for (var f : threads.invokeAll(runs)) {
                f.get();
            }
            return 0;
        }

        float[] logits() throws Exception {
            run();
            List<Float> all = new ArrayList<>();
            for (Tensor t : logits) {
                for (float v : t.toFloats()) {
                    all.add(v);
                }
            }
            float[] values = new float[all.size()];
            for (int i = 0; i < values.length; i++) {
                values[i] = all.get(i);
            }
            return values;
        }

        @Override
        public void close() {
            threads.close();
            streams.forEach(Stream::close);
            plans.forEach(Inference::close);
            logits.forEach(Tensor::close);
            images.forEach(Tensor::close);
        }
    }
}
