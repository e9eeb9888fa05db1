package donna.bench.step;

import donna.backend.Backends;
import donna.backend.Device;
import donna.bench.Machine;
import donna.bench.Results;
import donna.bench.Table;
import donna.tensor.Tensor;
import donna.train.Workers;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * How much memory do the 20 candidates of {@link StageSpeed} take while they train, one a thread? At least their weights, with momentum and statistics, and for
 * each thread the workspace of the largest step. Arguments: threads, and the results folder (none: nothing is kept).
 */
public final class StageMemory {
    private static final int STEPS = 3;
    private static final double MIB = 1 << 20;

    /**
     * What was found, in bytes.
     *
     * @param weights of all candidates, momentum and statistics among them
     * @param workspaces of all threads
     * @param allocated of the device's memory, without the images that all share
     * @param heap objects of the plans, after a garbage collection
     * @param ratio of {@code allocated + heap} to {@code weights + workspaces}
     */
    record Found(int candidates, int threads, long weights, long workspaces, long allocated, long heap, double ratio) {}

    private StageMemory() {}

    public static void main(String[] args) {
        int threads = Integer.parseInt(args[0]);
        Found f = measure(threads);
        Table table = new Table(f.candidates + " candidates, " + threads + " threads", "MiB");
        table.row("weights", Table.number(f.weights / MIB));
        table.row("workspaces", Table.number(f.workspaces / MIB));
        table.row("allocated", Table.number(f.allocated / MIB));
        table.row("objects on the heap", Table.number(f.heap / MIB));
        table.row("all of it over weights and workspaces", Table.number(f.ratio));
        System.out.println(Machine.here() + "\n\n" + table);
        if (args.length > 1) {
            System.out.println("written to " + Results.put(Path.of(args[1]), "stageMemory", f));
        }
    }

    static Found measure(int threads) {
        Stages.Stage stage = StageSpeed.stage();
        List<CandidateStep> steps = new ArrayList<>();
        try (Device device = Backends.open("cpu", line -> {})) {
            Map<String, Tensor> data = BkdStep.data(device, stage);
            long before = device.bytesInUse();
            // What is loaded once stays out of the count.
            new CandidateStep(device, stage, stage.candidates().getFirst(), data).close();
            long heapBefore = heap();
            try (Workers workers = new Workers(device, threads)) {
                stage.candidates().forEach(c -> steps.add(new CandidateStep(device, stage, c, data)));
                for (int i = 0; i < STEPS; i++) {
                    workers.forEach(steps.size(), (c, stream) -> steps.get(c).run(stream));
                }
                long weights = steps.stream().mapToLong(CandidateStep::ownBytes).sum();
                long workspaces = threads * steps.stream().mapToLong(s -> s.plan().scratchBytes()).max().orElse(0);
                long allocated = device.bytesInUse() - before;
                long heap = heap() - heapBefore;
                return new Found(steps.size(), threads, weights, workspaces, allocated, heap, (double) (allocated + heap) / (weights + workspaces));
            } finally {
                steps.forEach(CandidateStep::close);
                data.values().forEach(Tensor::close);
            }
        }
    }

    private static long heap() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }
}
