package donna.bench.step;

import donna.backend.Backends;
import donna.backend.Device;
import donna.backend.Stream;
import donna.cpu.ProfiledPlan;
import donna.graph.Op;
import donna.graph.Value;
import donna.nn.GraphWriter;
import donna.spec.Json;
import donna.tensor.DType;
import donna.tensor.Shape;
import donna.tensor.Tensor;
import donna.tensor.TensorSpec;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;

/**
 * How long does one finetuning step of a whole network take (cross-entropy and distillation, SGD with momentum), one
 * network per thread as in a search? Arguments: a {@link Model} as JSON, a device, batch, threads, steps, and
 * optionally {@code profile}. Prints the median milliseconds of a step while all threads work.
 */
public final class FinetuneStep {
    private static final int WARM_UP_NANOS = 2_000_000_000;

    private FinetuneStep() {}

    public static void main(String[] args) throws InterruptedException {
        Model model = Json.read(Path.of(args[0]), Model.class);
        int batch = Integer.parseInt(args[2]);
        int threads = Integer.parseInt(args[3]);
        int steps = Integer.parseInt(args[4]);
        try (Device device = Backends.open(args[1], System.out::println)) {
            Map<String, Tensor> data = data(device, model, batch);
            List<SgdStep> networks = new ArrayList<>();
            for (int t = 0; t < threads; t++) {
                networks.add(new SgdStep(device, w -> loss(w, model, data), data));
            }
            System.out.printf("%s batch %d: %.2f ms%n", model.name(), batch, median(device, networks, steps));
            if (args.length > 5 && networks.getFirst().plan() instanceof ProfiledPlan p) {
                try (Stream stream = device.openStream()) {
                    System.out.print(p.profile(stream, 20));
                }
            }
            networks.forEach(SgdStep::close);
            data.values().forEach(Tensor::close);
        }
    }

    private static Map<String, Tensor> data(Device device, Model model, int batch) {
        Random random = new Random(1);
        Shape s = model.image();
        Map<String, Tensor> data = new LinkedHashMap<>();
        data.put("images", normal(random, device.tensor(TensorSpec.f32(batch, s.dim(0), s.dim(1), s.dim(2)))));
        data.put("soft", normal(random, device.tensor(TensorSpec.f32(batch, model.classes()))));
        Tensor labels = device.tensor(TensorSpec.of(DType.I32, Shape.of(batch)));
        labels.set(random.ints(batch, 0, model.classes()).asDoubleStream().toArray());
        data.put("labels", labels);
        return data;
    }

    private static Tensor normal(Random random, Tensor t) {
        float[] values = new float[Math.toIntExact(t.shape().elements())];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        t.set(values);
        return t;
    }

    private static Value loss(GraphWriter w, Model model, Map<String, Tensor> data) {
        Value logits = model.network().write(w, w.graph().input("images", data.get("images").spec())).logits();
        w.graph().at("loss");
        Value soft = w.graph().add(new Op.DistillationLoss(2), logits, w.graph().input("soft", data.get("soft").spec()));
        Value hard = w.graph().add(new Op.CrossEntropy(0), logits, w.graph().input("labels", data.get("labels").spec()));
        return w.graph().add(new Op.Add(), w.graph().add(new Op.Scale(0.7f), soft), w.graph().add(new Op.Scale(0.3f), hard));
    }

    /** Of all threads' steps; a thread that has its steps goes on until the others have theirs. */
    private static double median(Device device, List<SgdStep> networks, int steps) throws InterruptedException {
        double[][] ms = new double[networks.size()][steps];
        CountDownLatch warm = new CountDownLatch(networks.size());
        CountDownLatch timed = new CountDownLatch(networks.size());
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < networks.size(); t++) {
            SgdStep network = networks.get(t);
            double[] mine = ms[t];
            threads.add(Thread.ofPlatform().start(() -> {
                try (Stream stream = device.openStream()) {
                    long begin = System.nanoTime();
                    while (System.nanoTime() - begin < WARM_UP_NANOS) {
                        network.run(stream);
                    }
                    warm.countDown();
                    while (warm.getCount() > 0) {
                        network.run(stream);
                    }
                    for (int i = 0; i < steps; i++) {
                        long start = System.nanoTime();
                        network.run(stream);
                        mine[i] = (System.nanoTime() - start) / 1e6;
                    }
                    timed.countDown();
                    while (timed.getCount() > 0) {
                        network.run(stream);
                    }
                }
            }));
        }
        for (Thread t : threads) {
            t.join();
        }
        double[] all = Arrays.stream(ms).flatMapToDouble(Arrays::stream).sorted().toArray();
        return all[all.length / 2];
    }
}
