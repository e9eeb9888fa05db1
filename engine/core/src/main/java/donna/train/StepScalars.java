package donna.train;

import donna.backend.Device;
import donna.backend.Plan;
import donna.nn.GraphWriter;
import donna.tensor.Buffer;
import donna.tensor.Tensor;
import donna.tensor.TensorSpec;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * The scalars of some steps that run one after another: what a step takes (learning rate, its number, momentum of running statistics) is written ahead for all
 * of them, and the losses it gives are kept for all of them. Owner: closes it.
 */
final class StepScalars implements AutoCloseable {
    static final String LOSS = "loss";

    private static final List<String> TAKEN = List.of(Update.LEARNING_RATE, Update.STEP, GraphWriter.MOMENTUM);
    private static final TensorSpec SCALAR = TensorSpec.f32(1);

    /** Floats from one scalar to the next: a cache line, so that every one begins where devices want it. */
    private static final int STRIDE = 16;

    private final int steps;
    private final List<String> losses;
    private final Buffer taken;
    private final Buffer given;
    private final List<List<Tensor>> takenViews = new ArrayList<>();
    private final List<List<Tensor>> givenViews = new ArrayList<>();
    private final float[] takenValues;
    private final float[] givenValues;
    private final MemorySegment takenHost;
    private final MemorySegment givenHost;
    private final double[][] lossValues;

    /** @param losses names of the losses in the graph */
    StepScalars(Device device, int steps, List<String> losses) {
        this.steps = steps;
        this.losses = List.copyOf(losses);
        taken = device.allocate((long) steps * TAKEN.size() * STRIDE * Float.BYTES);
        given = device.allocate(Math.max(1L, (long) steps * losses.size()) * STRIDE * Float.BYTES);
        takenValues = new float[steps * TAKEN.size() * STRIDE];
        givenValues = new float[Math.max(1, steps * losses.size()) * STRIDE];
        takenHost = MemorySegment.ofArray(takenValues);
        givenHost = MemorySegment.ofArray(givenValues);
        lossValues = new double[steps][losses.size()];
        for (int s = 0; s < steps; s++) {
            takenViews.add(views(taken, s, TAKEN.size()));
            givenViews.add(views(given, s, losses.size()));
        }
    }

    private static List<Tensor> views(Buffer buffer, int step, int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> Tensor.view(SCALAR, buffer, ((long) step * count + i) * STRIDE * Float.BYTES))
                .toList();
    }

    /** Says what step {@code index} takes: learning rate, its number from 1, momentum. Holds from {@link #write} on. */
    void set(int index, double rate, double number, double momentum) {
        int at = index * TAKEN.size() * STRIDE;
        takenValues[at] = (float) rate;
        takenValues[at + STRIDE] = (float) number;
        takenValues[at + 2 * STRIDE] = (float) momentum;
    }

    /** Writes what all steps take, once the steps before are done. */
    void write() {
        taken.write(0, takenHost);
    }

    /** Binds the scalars of step {@code index} that {@code plan} has, whose names are {@code names}. */
    void bind(Plan plan, Set<String> names, int index) {
        bind(plan, names, TAKEN, takenViews.get(index));
        bind(plan, names, losses, givenViews.get(index));
    }

    private static void bind(Plan plan, Set<String> names, List<String> all, List<Tensor> tensors) {
        for (int i = 0; i < all.size(); i++) {
            if (names.contains(all.get(i))) {
                plan.bind(all.get(i), tensors.get(i));
            }
        }
    }

    /** The losses that all steps gave, by step and in the order of their names, once they are done; the next call overwrites them. */
    double[][] losses() {
        given.read(0, givenHost);
        for (int s = 0; s < steps; s++) {
            for (int i = 0; i < losses.size(); i++) {
                lossValues[s][i] = givenValues[(s * losses.size() + i) * STRIDE];
            }
        }
        return lossValues;
    }

    @Override
    public void close() {
        taken.close();
        given.close();
    }
}
