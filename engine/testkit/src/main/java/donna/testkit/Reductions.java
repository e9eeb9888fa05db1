package donna.testkit;

import donna.graph.Cost;
import donna.graph.Node;
import donna.tensor.TensorSpec;

/** How many terms an op adds up for one number of its results. */
final class Reductions {
    private Reductions() {}

    static long length(Node n) {
        if (n.outputs().isEmpty() || n.inputs().isEmpty()) {
            return 1;
        }
        long smallest = n.outputs().stream()
                .map(TensorSpec::shape)
                .mapToLong(s -> s.elements())
                .min()
                .orElse(1);
        long macs = Cost.of(n).macs();
        if (macs > 0) {
            return Math.ceilDiv(macs, smallest);
        }
        long largest =
                n.inputs().stream().mapToLong(v -> v.shape().elements()).max().orElse(1);
        return Math.max(1, Math.ceilDiv(largest, smallest));
    }
}
