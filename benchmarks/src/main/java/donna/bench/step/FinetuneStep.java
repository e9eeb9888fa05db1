package donna.bench.step;

import com.sun.management.ThreadMXBean;
import donna.backend.Backends;
import donna.backend.Device;
import donna.backend.Precision;
import donna.backend.Stream;
import donna.finetune.Finetuner;
import donna.nn.Network;
import donna.spec.KdSpec;
import donna.tensor.DType;
import donna.tensor.Shape;
import donna.tensor.Tensor;
import donna.tensor.TensorSpec;
import donna.train.Batches;
import donna.train.Inference;
import donna.train.Optimizer;
import donna.train.Recipe;
import donna.train.Schedule;
import donna.train.TrainingState;
import donna.train.TrainingStep;
import donna.train.Workers;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.CountDownLatch;

/**
 * How long does a finetuning step of a network take while every thread finetunes one of its own? Arguments: the networks file, a network's name, threads,
 * steps, {@code F32} or another precision. Prints {@code NAME: MS ms, N B allocated}: the median over the steps of all threads, and what the median step of a thread leaves
 * to the garbage collector.
 */
public final class FinetuneStep {
    /** Until the JVM has compiled all that a network runs: its compiler has the same cores. What it has not, allocates its vectors. */
    private static final long WARM_UP_NANOS = 12_000_000_000L;

    private static final long LONGEST_WARM_UP_NANOS = 45_000_000_000L;
    private static final KdSpec KD = new KdSpec(0.7, 2);
    private static final Recipe RECIPE =
            Recipe.of(Optimizer.AdamW.standard(0.01f), new Schedule(1e-3, 0.1, new Schedule.Cosine()));

    private FinetuneStep() {}

    public static void main(String[] args) {
        TrainedNetworks.Spec spec = TrainedNetworks.read(Path.of(args[0]), args[1]);
        int threads = Integer.parseInt(args[2]);
        int steps = Integer.parseInt(args[3]);
        double[][] times = new double[threads][];
        double[] allocated = new double[threads];
        CountDownLatch ready = new CountDownLatch(threads);
        try (Device device = Backends.open("cpu", Precision.valueOf(args[4]), line -> {});
                Workers workers = new Workers(device, threads)) {
            workers.forEach(threads, (t, stream) -> times[t] = train(device, stream, spec, t, steps, ready, allocated));
        }
        double[] all = Arrays.stream(times).flatMapToDouble(Arrays::stream).sorted().toArray();
        System.out.printf(Locale.ROOT, "%s: %.2f ms, %.0f B allocated%n", spec.name(), all[all.length / 2], Arrays.stream(allocated).max().orElseThrow());
    }

    private static double[] train(
            Device device, Stream stream, TrainedNetworks.Spec spec, int seed, int steps, CountDownLatch ready, double[] allocated) {
        Network network = spec.network();
        Shape image = new Shape(spec.input().stream().mapToInt(Integer::intValue).toArray());
        Shape images = Shape.of(spec.batch(), image.dim(0), image.dim(1), image.dim(2));
        int classes = spec.head().classes();
        var parameters = Inference.parameters(network, image);
        Random random = new Random(seed);
        try (TrainingState state =
                        TrainingState.start(device, parameters, TrainingState.initialValues(parameters, seed), RECIPE);
                Tensor src = device.tensor(TensorSpec.f32(images.dims()));
                Tensor labels = device.tensor(TensorSpec.of(DType.I32, Shape.of(spec.batch())));
                Tensor teacher = device.tensor(TensorSpec.f32(spec.batch(), classes));
                TrainingStep step =
                        TrainingStep.compile(device, Finetuner.objective(network, images, KD, false, 0), RECIPE, state)) {
            src.set(normal(random, images.elements()));
            teacher.set(normal(random, (long) spec.batch() * classes));
            labels.set(random.ints(spec.batch(), 0, classes).asDoubleStream().toArray());
            step.bind(Inference.IMAGES, src);
            step.bind(Batches.LABELS, labels);
            step.bind(Finetuner.TEACHER_LOGITS, teacher);
            ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
            long begin = System.nanoTime();
            long warm;
            long last;
            do {
                last = threads.getCurrentThreadAllocatedBytes();
                step.run(stream, 0, steps);
                warm = System.nanoTime() - begin;
            } while (warm < LONGEST_WARM_UP_NANOS && (warm < WARM_UP_NANOS || threads.getCurrentThreadAllocatedBytes() > last));
            ready.countDown();
            while (ready.getCount() > 0) {
                step.run(stream, 0, steps);
            }
            double[] times = new double[steps];
            double[] bytes = new double[steps];
            for (int i = 0; i < steps; i++) {
                long before = threads.getCurrentThreadAllocatedBytes();
                long start = System.nanoTime();
                double loss = step.run(stream, i, steps);
                times[i] = (System.nanoTime() - start) / 1e6;
                bytes[i] = threads.getCurrentThreadAllocatedBytes() - before;
                if (!Double.isFinite(loss)) {
                    throw new IllegalStateException(spec.name() + ": the loss is " + loss + " at step " + i);
                }
            }
            Arrays.sort(bytes);
            allocated[seed] = bytes[steps / 2];
            return times;
        }
    }

    private static float[] normal(Random random, long count) {
        float[] values = new float[Math.toIntExact(count)];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }
}
