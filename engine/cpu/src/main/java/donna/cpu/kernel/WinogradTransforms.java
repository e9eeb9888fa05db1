package donna.cpu.kernel;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The transforms of Winograd's convolution of 3x3 taps in tiles of 2x2 outputs (Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2016):
 * with {@code B}, {@code G} and {@code A} of that paper, a tile of the result is {@code A' ((G g G') * (B' d B)) A} of the taps {@code g} and the 4x4 pixels
 * {@code d} that it sees, where {@code *} is by element, and by matrix product if there are channels. Gradients go through the transposed matrices.
 */
final class WinogradTransforms {
    /** Rows and columns of outputs in a tile. */
    static final int OUTPUTS = 2;

    static final int TAPS = 3;

    /** Rows and columns of a transformed tile. */
    static final int GRID = OUTPUTS + TAPS - 1;

    static final int POINTS = GRID * GRID;

    private static final double[][] B_TRANSPOSED = {{1, 0, -1, 0}, {0, 1, 1, 0}, {0, -1, 1, 0}, {0, 1, 0, -1}};
    private static final double[][] G = {{1, 0, 0}, {0.5, 0.5, 0.5}, {0.5, -0.5, 0.5}, {0, 0, 1}};
    private static final double[][] A_TRANSPOSED = {{1, 1, 1, 0}, {0, 1, -1, -1}};

    /** From pixels to points. */
    static final TileTransform SOURCE = make(B_TRANSPOSED);

    /** From taps to points. */
    static final TileTransform WEIGHT = make(G);

    /** From points to outputs. */
    static final TileTransform RESULT = make(A_TRANSPOSED);

    /** From gradients of outputs to those of points. */
    static final TileTransform RESULT_GRADIENT = make(transposed(A_TRANSPOSED));

    /** From gradients of points to those of taps. */
    static final TileTransform WEIGHT_GRADIENT = make(transposed(G));

    private WinogradTransforms() {}

    private static double[][] transposed(double[][] matrix) {
        return IntStream.range(0, matrix[0].length)
                .mapToObj(c -> IntStream.range(0, matrix.length).mapToDouble(r -> matrix[r][c]).toArray())
                .toArray(double[][]::new);
    }

    private static TileTransform make(double[][] matrix) {
        return VectorCode.make(TileTransform.class, code -> write(code, matrix));
    }

    private static void write(VectorCode code, double[][] matrix) {
        int in = matrix[0].length;
        int out = matrix.length;
        int src = code.argument(0);
        int s = code.argument(1);
        int sEnd = code.argument(5);
        int[] sRows = multiples(code, code.argument(2), in);
        int[] sColumns = multiples(code, code.argument(3), in);
        int dst = code.argument(6);
        int d = code.argument(7);
        int[] dRows = multiples(code, code.argument(8), out);
        int[] dColumns = multiples(code, code.argument(9), out);
        int row = code.place();
        int at = code.place();
        code.within(src, s, sEnd);
        code.within(dst, d);
        Combination of = new Combination(code);
        code.until(s, sEnd, () -> {
            int[][] columns = new int[in][in];
            for (int r = 0; r < in; r++) {
                code.sum(s, sRows[r], row);
                for (int c = 0; c < in; c++) {
                    columns[c][r] = code.vector();
                    code.sum(row, sColumns[c], at);
                    code.load(at, 0, columns[c][r]);
                }
            }
            int[][] half = new int[in][];
            for (int c = 0; c < in; c++) {
                half[c] = of.all(matrix, columns[c]);
            }
            for (int r = 0; r < out; r++) {
                int y = r;
                int[] whole = of.all(matrix, IntStream.range(0, in).map(c -> half[c][y]).toArray());
                code.sum(d, dRows[r], row);
                for (int c = 0; c < out; c++) {
                    code.sum(row, dColumns[c], at);
                    code.store(whole[c], at, 0);
                }
            }
            code.advance(s, code.argument(4));
            code.advance(d, code.argument(10));
        });
    }

    /** Variables for 0, 1, 2 ... times {@code step}. */
    private static int[] multiples(VectorCode code, int step, int count) {
        int[] all = new int[count];
        for (int i = 0; i < count; i++) {
            all[i] = code.place();
            if (i == 0) {
                code.none(all[i]);
            } else {
                code.sum(all[i - 1], step, all[i]);
            }
        }
        return all;
    }

    /** Writes sums of vectors with given factors. */
    private static final class Combination {
        private final VectorCode code;
        private final int half;
        private final int minusHalf;

        Combination(VectorCode code) {
            this.code = code;
            half = code.vector();
            minusHalf = code.vector();
            code.constant(0.5f, half);
            code.constant(-0.5f, minusHalf);
        }

        /** A variable for each row of the matrix: its product with the vectors. */
        int[] all(double[][] matrix, int[] vectors) {
            return IntStream.range(0, matrix.length).map(r -> one(matrix[r], vectors)).toArray();
        }

        private int one(double[] factors, int[] vectors) {
            List<Integer> order = new ArrayList<>(IntStream.range(0, factors.length).filter(i -> factors[i] != 0).boxed().toList());
            order.sort((a, b) -> Double.compare(factors[b], factors[a]));
            int sum = code.vector();
            int first = order.removeFirst();
            switch ((int) (2 * factors[first])) {
                case 2 -> code.copyVector(vectors[first], sum);
                case 1 -> code.multiply(vectors[first], half, sum);
                default -> code.negate(vectors[first], sum);
            }
            for (int i : order) {
                switch ((int) (2 * factors[i])) {
                    case 2 -> code.add(vectors[i], sum);
                    case 1 -> code.fma(vectors[i], half, sum);
                    case -1 -> code.fma(vectors[i], minusHalf, sum);
                    default -> code.subtract(vectors[i], sum);
                }
            }
            return sum;
        }
    }
}
