package donna.train;

import donna.backend.Device;
import donna.backend.Plan;
import donna.graph.Graph;
import donna.graph.Op;
import donna.graph.Value;
import donna.nn.GraphWriter;
import donna.nn.Init;
import donna.nn.ParameterSpec;
import donna.nn.Parameters;
import donna.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;

/**
 * One training step of one network on a batch cut into shards that run side by side. Batch norm is local to a shard; gradients are averaged in the order of
 * the shards, so that the bits depend on the number of shards and never on the number of threads. Running statistics are the first shard's.
 * Owner: closes it before its state. Thread rule: one run at a time.
 */
public final class ShardedStep implements AutoCloseable {
    private final List<Plan> shards = new ArrayList<>();
    private final List<StepScalars> scalars = new ArrayList<>();
    private final List<Runnable> closers = new ArrayList<>();
    private final Plan update;
    private final Recipe recipe;

    /** Compiles on the first device of the workers that will {@link #run} it {@code count} shards of {@code objective}, which describes one shard's batch. */
    public ShardedStep(Device device, Objective objective, Recipe recipe, TrainingState state, int count) {
        this.recipe = recipe;
        GraphWriter w = new GraphWriter(GraphWriter.Mode.TRAIN);
        Value loss = objective.write(w);
        Map<ParameterSpec, Value> gradients = GroupStep.gradients(w, new Update(w.graph(), device).minimised(loss));
        gradients.forEach((p, g) -> w.graph().output(gradient(p.name()), g));
        Graph graph = w.graph().output(StepScalars.LOSS, loss).build();
        List<ParameterSpec> trainable = List.copyOf(gradients.keySet());
        update = device.compile(updateGraph(device, trainable, count));
        update.bindAll(state.tensors());
        for (int s = 0; s < count; s++) {
            Plan plan = device.compile(graph);
            plan.bindAll(state.tensors());
            if (s > 0) {
                List<ParameterSpec> statistics = w.parameters().stream().filter(p -> !p.trainable()).toList();
                Parameters own = Parameters.initialize(device, statistics, 0);
                closers.add(own::close);
                plan.bindAll(own.tensors());
            }
            Parameters results = Parameters.initialize(device, gradientSpecs(trainable), 0);
            closers.add(results::close);
            plan.bindAll(results.tensors());
            for (ParameterSpec p : trainable) {
                update.bind(s + "." + gradient(p.name()), results.tensors().get(gradient(p.name())));
            }
            StepScalars own = new StepScalars(device, 1, List.of(StepScalars.LOSS));
            closers.add(own::close);
            own.bind(plan, graph.bindings().keySet(), 0);
            scalars.add(own);
            shards.add(plan);
        }
        scalars.getFirst().bind(update, update.graph().bindings().keySet(), 0);
    }

    private static String gradient(String parameter) {
        return "gradient." + parameter;
    }

    private static List<ParameterSpec> gradientSpecs(List<ParameterSpec> trainable) {
        return trainable.stream()
                .map(p -> new ParameterSpec(gradient(p.name()), p.shape(), Init.ZEROS, false, false))
                .toList();
    }

    private Graph updateGraph(Device device, List<ParameterSpec> trainable, int count) {
        Graph.Builder g = new Graph.Builder();
        Map<ParameterSpec, Value> mean = new LinkedHashMap<>();
        for (ParameterSpec p : trainable) {
            g.at(p.name());
            Value sum = g.input("0." + gradient(p.name()), p.tensor());
            for (int s = 1; s < count; s++) {
                sum = g.add(new Op.Add(), sum, g.input(s + "." + gradient(p.name()), p.tensor()));
            }
            mean.put(p, g.add(new Op.Scale(1f / count), sum));
        }
        new Update(g, device).write(recipe, mean);
        return g.build();
    }

    public int shards() {
        return shards.size();
    }

    /** Binds an input of one shard's objective. */
    public void bind(int shard, String name, Tensor tensor) {
        shards.get(shard).bind(name, tensor);
    }

    /**
     * Runs step {@code step} (from 0) of {@code steps} and returns the mean loss of the shards before the update.
     *
     * @param prepare called with each shard's number on the thread that will run it, to fill its inputs
     */
    public double run(Workers workers, int step, int steps, IntConsumer prepare) {
        scalars.forEach(s -> {
            GroupStep.numbers(s, 0, recipe, step, steps);
            s.write();
        });
        workers.forEachOnFirst(shards.size(), (s, stream) -> {
            prepare.accept(s);
            shards.get(s).run(stream);
            stream.synchronize();
        });
        workers.forEachOnFirst(1, (i, stream) -> {
            update.run(stream);
            stream.synchronize();
        });
        return scalars.stream().mapToDouble(s -> s.losses()[0][0]).average().orElseThrow();
    }

    @Override
    public void close() {
        shards.forEach(Plan::close);
        update.close();
        closers.forEach(Runnable::run);
    }
}
