package donna.backend.reference;

import donna.graph.Node;
import donna.graph.Op;
import donna.tensor.Shape;
import java.util.Arrays;

/** Ops that only move elements: all are a walk over one shape with strides of another. */
final class Reordering {
    private Reordering() {}

    static void transpose(Op.Transpose o, Shape src, double[] in, double[] out) {
        int[] strides = strides(src);
        int[] dims = new int[strides.length];
        int[] permuted = new int[strides.length];
        for (int i = 0; i < dims.length; i++) {
            dims[i] = src.dim(o.permutation().get(i));
            permuted[i] = strides[o.permutation().get(i)];
        }
        int[] at = positions(new Shape(dims), permuted, 0);
        for (int i = 0; i < out.length; i++) {
            out[i] = in[at[i]];
        }
    }

    static void slice(Op.Slice o, Shape src, double[] in, double[] out) {
        int[] strides = strides(src);
        int base = 0;
        for (int i = 0; i < strides.length; i++) {
            base += o.start().get(i) * strides[i];
            strides[i] *= o.step().get(i);
        }
        int[] at = positions(o.shape(), strides, base);
        for (int i = 0; i < out.length; i++) {
            out[i] = in[at[i]];
        }
    }

    static void pad(Op.Pad o, Shape src, double[] in, double[] out) {
        int[] strides = strides(o.shape());
        int base = 0;
        for (int i = 0; i < strides.length; i++) {
            base += o.start().get(i) * strides[i];
            strides[i] *= o.step().get(i);
        }
        int[] at = positions(src, strides, base);
        Arrays.fill(out, 0);
        for (int i = 0; i < in.length; i++) {
            out[at[i]] = in[i];
        }
    }

    static void concat(Op.Concat o, Node n, double[][] in, double[] out) {
        int[] strides = strides(n.output(0).shape());
        int offset = 0;
        for (int k = 0; k < in.length; k++) {
            Shape part = n.input(k).shape();
            int[] at = positions(part, strides, offset * strides[o.axis()]);
            for (int i = 0; i < in[k].length; i++) {
                out[at[i]] = in[k][i];
            }
            offset += part.dim(o.axis());
        }
    }

    private static int[] strides(Shape s) {
        int[] strides = new int[s.rank()];
        int stride = 1;
        for (int i = strides.length - 1; i >= 0; i--) {
            strides[i] = stride;
            stride *= s.dim(i);
        }
        return strides;
    }

    /** For every element of {@code shape} in row-major order, {@code base + sum(index * stride)}. */
    private static int[] positions(Shape shape, int[] strides, int base) {
        int[] at = new int[Math.toIntExact(shape.elements())];
        int[] index = new int[strides.length];
        int position = base;
        for (int i = 0; i < at.length; i++) {
            at[i] = position;
            for (int d = index.length - 1; d >= 0; d--) {
                position += strides[d];
                if (++index[d] < shape.dim(d)) {
                    break;
                }
                position -= index[d] * strides[d];
                index[d] = 0;
            }
        }
        return at;
    }
}
