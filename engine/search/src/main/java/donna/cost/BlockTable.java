package donna.cost;

import donna.space.Architecture;
import donna.tensor.DonnaException;
import java.util.Arrays;

/**
 * Costs that add up. Immutable.
 *
 * @param fixed of stem and head
 * @param blocks of every candidate, by block: finite and not negative
 */
public record BlockTable(double fixed, double[][] blocks) {
    public BlockTable {
        blocks = Arrays.stream(blocks).map(double[]::clone).toArray(double[][]::new);
        boolean fine = fixed >= 0 && Double.isFinite(fixed) && blocks.length > 0;
        for (double[] block : blocks) {
            fine &= block.length > 0 && Arrays.stream(block).allMatch(c -> c >= 0 && Double.isFinite(c));
        }
        if (!fine) {
            throw new DonnaException.InvalidInput(
                    "cost table: fixed part " + fixed + ", blocks " + Arrays.deepToString(blocks)
                            + "; expected finite costs of at least 0; measure the candidates again");
        }
    }

    /** A copy of the costs. */
    @Override
    public double[][] blocks() {
        return Arrays.stream(blocks).map(double[]::clone).toArray(double[][]::new);
    }

    /** The sum of an architecture's parts. */
    public double of(Architecture architecture) {
        double sum = fixed;
        for (int n = 0; n < blocks.length; n++) {
            sum += blocks[n][architecture.choice(n)];
        }
        return sum;
    }

    /** A table of whole numbers. */
    static BlockTable of(long fixed, long[][] blocks) {
        return new BlockTable(
                fixed,
                Arrays.stream(blocks)
                        .map(b -> Arrays.stream(b).asDoubleStream().toArray())
                        .toArray(double[][]::new));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof BlockTable t && fixed == t.fixed && Arrays.deepEquals(blocks, t.blocks);
    }

    @Override
    public int hashCode() {
        return 31 * Double.hashCode(fixed) + Arrays.deepHashCode(blocks);
    }

    @Override
    public String toString() {
        return "BlockTable[" + fixed + ", " + Arrays.deepToString(blocks) + "]";
    }
}
