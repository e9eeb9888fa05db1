package donna.onnx;

import donna.graph.Op;
import donna.graph.Value;
import donna.tensor.ConvGeometry;
import donna.tensor.Shape;
import java.util.Arrays;
import java.util.stream.IntStream;

/** Sums, means and extremes over dimensions. */
final class Reductions {
    private final Lowering l;

    Reductions(Lowering lowering) {
        this.l = lowering;
    }

    void write(OnnxNode n) {
        Value v = l.live(n, 0);
        int[] dims = v.shape().dims();
        int[] axes = Index.axes(l.integers(n, 1, "axes"), dims.length);
        if (axes.length == 0) {
            if (n.integer("noop_with_empty_axes", 0) == 1) {
                l.put(n, v);
                return;
            }
            axes = IntStream.range(0, dims.length).toArray();
        }
        Value out = switch (n.op()) {
            case "ReduceMean" -> mean(v, axes);
            case "ReduceSum" -> sum(v, axes);
            case "ReduceL1" -> sum(l.elementwise.absolute(v), axes);
            case "ReduceSumSquare" -> sum(l.graph.add(new Op.Multiply(), v, v), axes);
            case "ReduceMax" -> largest(n, v, axes);
            case "ReduceMin" -> l.scale(largest(n, l.scale(v, -1), axes), -1);
            default -> throw new AssertionError(n);
        };
        l.put(n, l.reshape(out, target(dims, axes, n.integer("keepdims", 1) == 1)));
    }

    private static int[] target(int[] dims, int[] axes, boolean keep) {
        return IntStream.range(0, dims.length)
                .filter(d -> keep || Arrays.binarySearch(axes, d) < 0)
                .map(d -> Arrays.binarySearch(axes, d) < 0 ? dims[d] : 1)
                .toArray();
    }

    private static boolean isPixels(Value v, int[] axes) {
        return v.shape().rank() == 4 && Arrays.equals(axes, new int[] {2, 3});
    }

    private Value mean(Value v, int[] axes) {
        if (isPixels(v, axes)) {
            return l.graph.add(new Op.GlobalAveragePool(), v);
        }
        return l.scale(sum(v, axes), 1f / count(v, axes));
    }

    private static int count(Value v, int[] axes) {
        return Arrays.stream(axes).map(a -> v.shape().dim(a)).reduce(1, (a, b) -> a * b);
    }

    /** A product with ones, the axes brought to the end. */
    private Value sum(Value v, int[] axes) {
        int rank = v.shape().rank();
        int[] kept = IntStream.range(0, rank).filter(d -> Arrays.binarySearch(axes, d) < 0).toArray();
        int[] order = IntStream.concat(Arrays.stream(kept), Arrays.stream(axes)).toArray();
        int inner = count(v, axes);
        Value rows = l.reshape(l.transpose(v, order), Math.toIntExact(v.shape().elements() / inner), inner);
        return l.graph.add(new Op.MatMul(false, false), rows, l.fill(1, Shape.of(inner, 1)));
    }

    private Value largest(OnnxNode n, Value v, int[] axes) {
        if (!isPixels(v, axes)) {
            throw n.error("takes the extreme of " + v.shape() + " over dimensions " + Arrays.toString(axes) + "; expected [N, C, H, W] over 2 and 3");
        }
        return globalMax(n, v);
    }

    /** {@code [N, C, H, W] -> [N, C, 1, 1]}, of square images. */
    Value globalMax(OnnxNode n, Value v) {
        if (v.shape().dim(2) != v.shape().dim(3)) {
            throw n.error("takes the largest of " + v.shape() + "; expected square images");
        }
        return l.graph.add(new Op.MaxPool(v.shape().dim(2), ConvGeometry.POINTWISE), v);
    }
}
