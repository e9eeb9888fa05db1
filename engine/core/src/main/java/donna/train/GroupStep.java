package donna.train;

import donna.backend.Device;
import donna.backend.Plan;
import donna.backend.Stream;
import donna.graph.Gradient;
import donna.graph.Graph;
import donna.graph.Value;
import donna.nn.GraphWriter;
import donna.nn.ParameterSpec;
import donna.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * One step of several networks, the members, as one compiled graph: they share the inputs that have one name and nothing else, so that each comes out with the
 * bits that it has alone, and one whose loss is no number does not disturb the others. Up to {@link #places} steps are queued one after another with nothing
 * to wait for: {@link #prepare}, then for each a place of its own for its scalars, {@link #run}, and in the end {@link #losses}.
 *
 * <p>Owner: closes it before its members' tensors. Thread rule: one call at a time; the thread may change between calls.
 */
public final class GroupStep implements AutoCloseable {
    /** Momentum of running statistics while training, PyTorch's default. */
    private static final double BATCH_NORM_MOMENTUM = 0.1;

    private final Plan plan;
    private final Set<String> names;
    private final Set<String> unread = new HashSet<>();
    private final StepScalars scalars;
    private final Numbers numbers;
    private final int places;

    /**
     * A network.
     *
     * @param objective what it computes; a recalibration does not look at the loss
     * @param tensors its variables by name
     */
    public record Member(Objective objective, Map<String, Tensor> tensors) {}

    /** Writes learning rate, number from 1 and momentum of step {@code step} (from 0) of {@code steps} at {@code place}. */
    private interface Numbers {
        void write(StepScalars to, int place, int step, int steps);
    }

    private interface Writing {
        void write(GraphWriter w, Objective objective, String loss);
    }

    private GroupStep(Device device, List<Member> members, int places, GraphWriter.Mode mode, Writing writing, boolean losses, Numbers numbers) {
        Graph.Builder g = new Graph.Builder();
        for (int m = 0; m < members.size(); m++) {
            g.member(prefix(m, members.size()));
            writing.write(new GraphWriter(mode, g), members.get(m).objective, prefix(m, members.size()) + StepScalars.LOSS);
        }
        Graph graph = g.build();
        this.numbers = numbers;
        this.places = places;
        names = Set.copyOf(graph.bindings().keySet());
        unread.addAll(g.inputs());
        unread.removeAll(names);
        List<String> given = IntStream.range(0, losses ? members.size() : 0).mapToObj(m -> prefix(m, members.size()) + StepScalars.LOSS).toList();
        scalars = new StepScalars(device, places, given);
        boolean compiled = false;
        try {
            plan = device.compile(graph);
            compiled = true;
        } finally {
            if (!compiled) {
                scalars.close();
            }
        }
        for (int m = 0; m < members.size(); m++) {
            String prefix = prefix(m, members.size());
            members.get(m).tensors.forEach((name, t) -> {
                if (names.contains(prefix + name)) {
                    plan.bind(prefix + name, t);
                }
            });
        }
    }

    private static String prefix(int member, int members) {
        return members == 1 ? "" : member + "/";
    }

    /** Forward, backward and update by {@code recipe}. */
    public static GroupStep training(Device device, List<Member> members, Recipe recipe, int places) {
        Writing writing = (w, objective, name) -> {
            Value loss = objective.write(w);
            Update update = new Update(w.graph(), device);
            update.write(recipe, gradients(w, update.minimised(loss)));
            w.graph().output(name, loss);
        };
        return new GroupStep(device, members, places, GraphWriter.Mode.TRAIN, writing, true,
                (to, place, step, steps) -> numbers(to, place, recipe, step, steps));
    }

    /** Sets learning rate, number from 1 and momentum of a step of training. */
    static void numbers(StepScalars to, int place, Recipe recipe, int step, int steps) {
        to.set(place, recipe.schedule().at(step, steps), step + 1, BATCH_NORM_MOMENTUM);
    }

    /**
     * Gives batch norms the statistics that the weights have now: the cumulative average over some batches in place of the trailing average of training.
     * Without it an assembled network is at chance. The first step replaces what was there. A member without batch norm has nothing to do.
     */
    public static GroupStep recalibration(Device device, List<Member> members, int places) {
        return new GroupStep(device, members, places, GraphWriter.Mode.TRAIN, (w, objective, name) -> objective.write(w), false,
                (to, place, step, steps) -> to.set(place, 0, step + 1, 1.0 / (step + 1)));
    }

    /** The losses alone, with running statistics. */
    public static GroupStep rating(Device device, List<Member> members, int places) {
        return new GroupStep(device, members, places, GraphWriter.Mode.INFERENCE, (w, objective, name) -> w.graph().output(name, objective.write(w)), true,
                (to, place, step, steps) -> to.set(place, 0, step + 1, 0));
    }

    static Map<ParameterSpec, Value> gradients(GraphWriter w, Value loss) {
        List<ParameterSpec> trainable = w.parameters().stream().filter(ParameterSpec::trainable).toList();
        List<Value> values = new ArrayList<>();
        trainable.forEach(p -> values.add(w.graph().variable(p.name(), p.tensor())));
        Map<Value, Value> all = Gradient.of(w.graph(), loss, values);
        Map<ParameterSpec, Value> out = new LinkedHashMap<>();
        for (int i = 0; i < values.size(); i++) {
            out.put(trainable.get(i), all.get(values.get(i)));
        }
        return out;
    }

    /** Steps that {@link #prepare} makes ready. */
    public int places() {
        return places;
    }

    /** The next steps are {@code first}, {@code first + 1} .. (from 0) of {@code steps}, at places 0, 1 and so on. Waits for those before. */
    public void prepare(int first, int steps) {
        for (int i = 0; i < places; i++) {
            numbers.write(scalars, i, first + i, steps);
        }
        scalars.write();
    }

    /** Binds an input of the objectives; one that the step does not depend on is left alone. */
    public void bind(String name, Tensor tensor) {
        if (!unread.contains(name)) {
            plan.bind(name, tensor);
        }
    }

    /** Queues the step at {@code place}, with what is bound now. */
    public void run(Stream stream, int place) {
        scalars.bind(plan, names, place);
        plan.run(stream);
    }

    /** The losses by place and member, once what was queued is done, until the next call: of training, before the update. NaN or infinity where a member diverged. */
    public double[][] losses() {
        return scalars.losses();
    }

    /** What runs, for those who measure it. */
    public Plan plan() {
        return plan;
    }

    public String describe() {
        return plan.describe();
    }

    @Override
    public void close() {
        plan.close();
        scalars.close();
    }
}
