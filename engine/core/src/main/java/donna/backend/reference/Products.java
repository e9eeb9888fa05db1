package donna.backend.reference;

import donna.graph.Node;
import donna.graph.Op;
import donna.tensor.Shape;
import java.util.Arrays;

/** Matrix products and sums. */
final class Products {
    private Products() {}

    static void linear(Node n, double[][] in, double[] dst) {
        int outputs = n.input(1).shape().dim(0);
        int features = n.input(1).shape().dim(1);
        for (int i = 0; i < dst.length; i++) {
            int row = i / outputs * features;
            int weight = i % outputs * features;
            double sum = in.length > 2 ? in[2][i % outputs] : 0;
            for (int k = 0; k < features; k++) {
                sum += in[0][row + k] * in[1][weight + k];
            }
            dst[i] = sum;
        }
    }

    static void matmul(Op.MatMul o, Node node, double[] a, double[] b, double[] dst) {
        int m = node.output(0).shape().dim(-2);
        int n = node.output(0).shape().dim(-1);
        int k = node.input(0).shape().dim(o.transposeA() ? -2 : -1);
        int aRow = o.transposeA() ? 1 : k;
        int aColumn = o.transposeA() ? m : 1;
        int bRow = o.transposeB() ? 1 : n;
        int bColumn = o.transposeB() ? k : 1;
        for (int i = 0; i < dst.length; i++) {
            int batch = i / (m * n);
            int atA = batch * m * k + i / n % m * aRow;
            int atB = batch * k * n + i % n * bColumn;
            double sum = 0;
            for (int j = 0; j < k; j++) {
                sum += a[atA + j * aColumn] * b[atB + j * bRow];
            }
            dst[i] = sum;
        }
    }

    static void sumExcept(Op.SumExcept o, Shape src, double[] in, double[] dst) {
        int after = 1;
        for (int i = o.axis() + 1; i < src.rank(); i++) {
            after *= src.dim(i);
        }
        Arrays.fill(dst, 0);
        for (int i = 0; i < in.length; i++) {
            dst[i / after % dst.length] += in[i];
        }
    }
}
