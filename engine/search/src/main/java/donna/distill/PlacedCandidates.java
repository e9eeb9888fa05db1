package donna.distill;

import donna.backend.Device;
import donna.graph.Cost;
import donna.tensor.Tensor;
import donna.tensor.TensorSpec;
import donna.train.Recipe;
import donna.train.Workers;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Candidates on the devices where they are trained, there in groups of one block each. Owner: closes it. Thread rule: one call at a time. */
final class PlacedCandidates implements AutoCloseable {
    private final Setting setting;
    private final List<Tensor> weights = new ArrayList<>();
    private final List<CandidateTraining> candidates = new ArrayList<>();
    private final List<CandidateGroup> groups = new ArrayList<>();
    private final int[] places;
    private final long[] nanos;

    /** Makes candidate {@code i} on the device where it is wanted. */
    interface Maker {
        CandidateTraining make(int i, Device device);
    }

    /**
     * Makes candidates where they are wanted.
     *
     * @param blocks block of each
     * @param costs of each
     * @param wanted device of each
     * @param inverseVariance by boundary
     */
    PlacedCandidates(
            Setting setting, int[] blocks, List<Cost> costs, int[] wanted, List<float[]> inverseVariance, Recipe recipe, Maker maker) {
        this.setting = setting;
        List<Device> devices = setting.workers().devices();
        nanos = new long[devices.size()];
        boolean finished = false;
        try {
            for (int i = 0; i < blocks.length; i++) {
                candidates.add(maker.make(i, devices.get(wanted[i])));
            }
            for (int d = 0; d < devices.size(); d++) {
                List<Tensor> own = new ArrayList<>();
                for (float[] v : inverseVariance) {
                    own.add(devices.get(d).tensor(TensorSpec.f32(v.length)));
                    weights.add(own.getLast());
                    own.getLast().set(v);
                }
                for (List<Integer> group : groups(blocks, costs, wanted, d, devices.get(d).membersAtOnce())) {
                    int block = blocks[group.getFirst()];
                    List<CandidateTraining> members = group.stream().map(candidates::get).toList();
                    groups.add(new CandidateGroup(devices.get(d), d, setting.progress(), block, own.get(block + 1), recipe, members));
                }
            }
            finished = true;
        } finally {
            if (!finished) {
                close();
            }
        }
        places = groups.stream().mapToInt(CandidateGroup::place).toArray();
    }

    /** Candidates of device {@code d} by group, the most expensive first: as many of one block together as the device wants in one graph. */
    private static List<List<Integer>> groups(int[] blocks, List<Cost> costs, int[] wanted, int d, int most) {
        List<List<Integer>> groups = new ArrayList<>();
        Map<Integer, List<Integer>> open = new HashMap<>();
        IntStream.range(0, blocks.length)
                .filter(i -> wanted[i] == d)
                .boxed()
                .sorted(Comparator.comparingLong(i -> -costs.get(i).macs()))
                .forEach(i -> {
                    List<Integer> group = open.get(blocks[i]);
                    if (group == null || group.size() == most) {
                        group = new ArrayList<>();
                        groups.add(group);
                        open.put(blocks[i], group);
                    }
                    group.add(i);
                });
        return groups;
    }

    /** All of them, in the order of their numbers. */
    List<CandidateTraining> all() {
        return candidates;
    }

    /** One chunk through all groups: on a CPU by whichever worker is free, elsewhere queued where the groups' graphs are and then waited for. */
    void each(CandidateGroup.Pass pass, FeatureStream features, FeatureStream.Chunk chunk, int steps) {
        long[] end = new long[nanos.length];
        long start = System.nanoTime();
        Workers.Task queue = (i, stream) -> groups.get(i).queue(pass, stream, features, chunk, steps);
        if (setting.singly()) {
            setting.workers().forEach(groups.size(), queue);
            groups.forEach(CandidateGroup::settle);
        } else {
            setting.workers().forEachInTurn(places, queue);
            setting.workers().forEachInTurn(places, (i, stream) -> {
                groups.get(i).settle();
                long took = System.nanoTime() - start;
                synchronized (end) {
                    end[places[i]] = Math.max(end[places[i]], took);
                }
            });
        }
        for (int d = 0; d < end.length; d++) {
            nanos[d] += end[d];
        }
    }

    /** Seconds that each device was busy with chunks since this was asked for last; none on a CPU. */
    double[] seconds() {
        double[] seconds = Arrays.stream(nanos).mapToDouble(n -> n / 1e9).toArray();
        Arrays.fill(nanos, 0);
        return seconds;
    }

    @Override
    public void close() {
        groups.forEach(CandidateGroup::close);
        candidates.forEach(CandidateTraining::close);
        weights.forEach(Tensor::close);
    }
}
