package donna.predict;

import donna.space.Architecture;
import donna.tensor.DonnaException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What is known of the candidates of every block before any architecture is labelled: their NSRs, which ones they are,
 * and costs. Immutable.
 */
public final class BlockFeatures {
    private final double[][] nsr;
    private final int[] options;
    private final boolean choices;
    private final List<double[][]> costs;

    private BlockFeatures(double[][] nsr, int[] options, boolean choices, List<double[][]> costs) {
        this.nsr = nsr;
        this.options = options;
        this.choices = choices;
        this.costs = costs;
    }

    /**
     * Qualities.
     *
     * @param nsr held-out NSR of every candidate, by block; not finite where a candidate failed, which is then
     *     predicted at minus infinity
     */
    public static BlockFeatures ofNsr(double[][] nsr) {
        int[] options = Arrays.stream(nsr).mapToInt(b -> b.length).toArray();
        return new BlockFeatures(copy(nsr), options, false, List.of());
    }

    /** Nothing but which candidate it is. */
    public static BlockFeatures ofChoices(int... options) {
        return new BlockFeatures(new double[0][], options.clone(), true, List.of());
    }

    /** These, and which candidate it is: an effect of its own for each, shrunk towards none. */
    public BlockFeatures withChoices() {
        return new BlockFeatures(nsr, options, true, costs);
    }

    /**
     * These, and a cost that adds up over blocks; its sign is left to the labels.
     *
     * @param cost by block and candidate
     * @throws DonnaException.InvalidInput if it has not a value for each candidate
     */
    public BlockFeatures withCost(double[][] cost) {
        int[] own = Arrays.stream(cost).mapToInt(b -> b.length).toArray();
        if (!Arrays.equals(own, options)) {
            throw new DonnaException.InvalidInput("block features: a cost of " + Arrays.toString(own)
                    + " candidates beside " + Arrays.toString(options) + "; build both from one space");
        }
        List<double[][]> more = new ArrayList<>(costs);
        more.add(copy(cost));
        return new BlockFeatures(nsr, options, choices, List.copyOf(more));
    }

    /** The sum of the NSRs of an architecture's blocks, the naive score: smaller is better; 0 without NSRs. */
    public double sumOfNsr(Architecture architecture) {
        return IntStream.range(0, nsr.length)
                .mapToDouble(n -> nsr[n][architecture.choice(n)])
                .sum();
    }

    int blocks() {
        return options.length;
    }

    int options(int block) {
        return options[block];
    }

    boolean hasNsr() {
        return nsr.length > 0;
    }

    boolean hasChoices() {
        return choices;
    }

    double nsr(int block, int candidate) {
        return nsr[block][candidate];
    }

    /** NSRs of the usable candidates of a block. */
    double[] usableNsr(int block) {
        return IntStream.range(0, options[block])
                .filter(m -> usable(block, m))
                .mapToDouble(m -> nsr[block][m])
                .toArray();
    }

    List<double[][]> costs() {
        return costs;
    }

    boolean usable(int block, int candidate) {
        return (nsr.length == 0 || Double.isFinite(nsr[block][candidate]))
                && costs.stream().allMatch(c -> Double.isFinite(c[block][candidate]));
    }

    /** Whether the architecture is one of this space and all of its candidates have finite features. */
    boolean usable(Architecture a) {
        return a.length() == options.length
                && IntStream.range(0, options.length)
                        .allMatch(n -> a.choice(n) >= 0 && a.choice(n) < options[n] && usable(n, a.choice(n)));
    }

    private static double[][] copy(double[][] table) {
        return Arrays.stream(table).map(double[]::clone).toArray(double[][]::new);
    }
}
