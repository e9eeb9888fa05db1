package donna.distill;

import donna.backend.Device;
import donna.graph.Cost;
import donna.tensor.Tensor;
import donna.tensor.TensorSpec;
import donna.train.Recipe;
import java.util.ArrayList;
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

    /** The groups of each worker of each device, and the devices: a group stays with its worker, so that its graphs stay with one stream. */
    private final List<List<CandidateGroup>> turns = new ArrayList<>();

    private final int[] places;

    /** Seconds of a step of each chunk since they were last asked for, by device. */
    private final List<List<Double>> seconds = new ArrayList<>();

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
        devices.forEach(d -> seconds.add(new ArrayList<>()));
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
        for (int d = 0; d < devices.size(); d++) {
            takeTurns(d, setting.workers().countEach());
        }
        places = turns.stream().mapToInt(t -> t.getFirst().place()).toArray();
    }

    private void takeTurns(int d, int workers) {
        List<CandidateGroup> own = groups.stream().filter(g -> g.place() == d).toList();
        for (int w = 0; w < Math.min(workers, own.size()); w++) {
            int first = w;
            turns.add(IntStream.range(0, own.size()).filter(i -> i % workers == first).mapToObj(own::get).toList());
        }
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
        if (setting.singly()) {
            setting.workers().forEach(groups.size(), (i, stream) -> groups.get(i).queue(pass, stream, features, chunk, steps));
            groups.forEach(CandidateGroup::settle);
            return;
        }
        double[] last = new double[seconds.size()];
        long start = System.nanoTime();
        setting.workers().forEachInTurn(places, (t, stream) -> {
            turns.get(t).forEach(g -> g.queue(pass, stream, features, chunk, steps));
            turns.get(t).forEach(CandidateGroup::settle);
            double took = (System.nanoTime() - start) / 1e9;
            synchronized (last) {
                last[places[t]] = Math.max(last[places[t]], took);
            }
        });
        for (int d = 0; d < last.length; d++) {
            seconds.get(d).add(last[d] / chunk.count());
        }
    }

    /** Median seconds that each device was busy with a step since this was asked for last, so that one hiccup counts for nothing; not on a CPU. */
    double[] seconds() {
        double[] medians = seconds.stream().mapToDouble(all -> {
            double[] sorted = all.stream().mapToDouble(Double::doubleValue).sorted().toArray();
            return sorted.length == 0 ? 0 : sorted[sorted.length / 2];
        }).toArray();
        seconds.forEach(List::clear);
        return medians;
    }

    @Override
    public void close() {
        groups.forEach(CandidateGroup::close);
        candidates.forEach(CandidateTraining::close);
        weights.forEach(Tensor::close);
    }
}
