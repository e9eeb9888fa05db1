package donna.distill;

import donna.nn.Network;
import donna.space.Architecture;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * The trained candidates of every block, in the order of the search space.
 *
 * @param entries by block and candidate
 */
public record BlockLibrary(List<List<Entry>> entries) {
    /**
     * A trained candidate.
     *
     * @param nsr on held-out images; infinite where training diverged
     * @param macs multiply-accumulates for one image
     * @param params trainable numbers
     * @param values its parameters, names beginning with the layer's number
     * @param failure why it cannot be used
     */
    public record Entry(double nsr, long macs, long params, Map<String, float[]> values, Optional<String> failure) {}

    public BlockLibrary {
        entries = entries.stream().map(List::copyOf).toList();
    }

    public Entry entry(int block, int candidate) {
        return entries.get(block).get(candidate);
    }

    /** NSR by block and candidate. */
    public double[][] nsr() {
        return entries.stream()
                .map(b -> b.stream().mapToDouble(Entry::nsr).toArray())
                .toArray(double[][]::new);
    }

    /** Whether every block of the architecture was trained. */
    public boolean usable(Architecture a) {
        return IntStream.range(0, a.length()).allMatch(n -> entry(n, a.choice(n)).failure().isEmpty());
    }

    /** The parameters of an assembled network: the teacher's stem and head, the library's blocks. */
    public Map<String, float[]> assemble(Teacher teacher, Architecture a) {
        Map<String, float[]> out = new LinkedHashMap<>();
        teacher.values().forEach((name, v) -> {
            if (!name.startsWith("blocks.")) {
                out.put(name, v);
            }
        });
        for (int n = 0; n < a.length(); n++) {
            String prefix = Network.blockName(n);
            entry(n, a.choice(n)).values().forEach((name, v) -> out.put(prefix + name, v));
        }
        return out;
    }
}
