package donna.cost;

import donna.space.Architecture;

/** A cost that is a fixed part (stem and head) and one entry per block. */
public sealed interface AdditiveCost extends CostModel permits Macs, Params, LatencyTable {
    /** The fixed part and the table of blocks. */
    BlockTable table();

    @Override
    default double of(Architecture architecture) {
        return table().of(architecture);
    }
}
