package donna.run;

import donna.cost.AdditiveCost;
import donna.cost.LatencyTable;
import donna.cost.Macs;
import donna.cost.Params;
import donna.distill.Networks;
import donna.graph.Cost;
import donna.nn.Network;
import donna.space.Block;
import donna.space.Candidate;
import donna.space.SearchSpace;
import donna.spec.SearchSpec;
import donna.spec.EvolutionSpec.Objective;
import donna.tensor.DonnaException;
import donna.tensor.Shape;
import donna.train.Inference;
import java.util.List;

/** The costs of a space that are sums over its blocks. */
record Costs(LatencyTable latency, Macs macs, Params params) {
    /**
     * Counts multiply-accumulates and parameters of every candidate; latencies are those measured.
     *
     * @param teacher its stem and head are every architecture's
     * @param image {@code [C, H, W]}
     */
    static Costs of(SearchSpec spec, SearchSpace space, Network teacher, Shape image, CostStage.Table measured) {
        List<Shape> boundaries = Inference.boundaryShapes(teacher, image);
        Cost stem = Networks.cost(teacher.stem(), image);
        Cost head = Networks.cost(teacher.head(), boundaries.getLast());
        long[][] macs = new long[space.blocks().size()][];
        long[][] params = new long[macs.length][];
        for (int n = 0; n < macs.length; n++) {
            Block block = space.blocks().get(n);
            List<Candidate> candidates = space.candidates().get(n);
            Shape input = boundaries.get(n);
            List<Cost> costs = candidates.stream().map(c -> Networks.cost(Networks.block(spec.model(), block, c), input)).toList();
            macs[n] = costs.stream().mapToLong(Cost::macs).toArray();
            params[n] = costs.stream().mapToLong(Cost::params).toArray();
        }
        return new Costs(
                LatencyTable.ofMs(measured.batch(), measured.fixedMs(), measured.blockMs()),
                Macs.of(stem.macs() + head.macs(), macs),
                Params.of(stem.params() + head.params(), params));
    }

    /** The cost that an objective names. */
    AdditiveCost of(Objective objective) {
        return switch (objective) {
            case LATENCY -> latency;
            case MACS -> macs;
            case PARAMS -> params;
            case ACCURACY -> throw new DonnaException.InvalidInput("accuracy is no cost; expected latency, macs or params");
        };
    }
}
