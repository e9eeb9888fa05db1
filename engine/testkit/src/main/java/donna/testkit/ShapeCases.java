package donna.testkit;

import donna.graph.Op;
import donna.graph.Value;
import donna.tensor.Shape;
import donna.tensor.TensorSpec;
import java.util.List;

/** Ops that only move elements, and constants. */
final class ShapeCases {
    private ShapeCases() {}

    static void addTo(OpCatalogue catalogue) {
        catalogue.add("fill", w -> {
            Value src = w.src("src", 3, 8, 5, 9);
            Value fill = w.op(new Op.Fill(-1.5f, TensorSpec.of(src.spec().dtype(), src.shape())));
            w.result("dst", w.op(new Op.Add(), src, fill));
            w.observe("constant", fill);
        });
        reshape(catalogue, new int[] {3, 24, 5, 9}, 3, 1080);
        reshape(catalogue, new int[] {3, 24, 5, 9}, 3, 4, 6, 45);
        reshape(catalogue, new int[] {3, 40}, 3, 40, 1, 1);
        reshape(catalogue, new int[] {2, 8, 4, 4}, 4, 4, 4, 4);
        transpose(catalogue, new int[] {5, 7}, 1, 0);
        transpose(catalogue, new int[] {2, 24, 9}, 0, 2, 1);
        transpose(catalogue, new int[] {2, 5, 4, 6}, 0, 2, 1, 3);
        transpose(catalogue, new int[] {2, 24, 5, 9}, 0, 2, 3, 1);
        transpose(catalogue, new int[] {2, 3, 4, 5}, 3, 0, 2, 1);
        slice(catalogue, new int[] {3, 24, 7, 7}, List.of(0, 0, 0, 0), List.of(1, 1, 2, 2), 3, 24, 4, 4);
        slice(catalogue, new int[] {3, 40, 5, 9}, List.of(1, 3, 0, 2), List.of(1, 2, 1, 3), 2, 18, 5, 3);
        slice(catalogue, new int[] {5, 9}, List.of(1, 0), List.of(2, 4), 2, 3);
        slice(catalogue, new int[] {2, 5, 8}, List.of(0, 0, 0), List.of(1, 1, 1), 2, 1, 8);
        pad(catalogue, new int[] {3, 24, 5, 5}, List.of(0, 8, 0, 0), List.of(1, 1, 1, 1), 3, 40, 5, 5);
        pad(catalogue, new int[] {2, 3, 3, 4}, List.of(0, 0, 1, 0), List.of(1, 1, 2, 2), 2, 3, 7, 9);
        pad(catalogue, new int[] {2, 3}, List.of(1, 2), List.of(2, 1), 5, 5);
        concat(catalogue, 1, new int[] {3, 24, 5, 9}, new int[] {3, 3, 5, 9}, new int[] {3, 8, 5, 9});
        concat(catalogue, 1, new int[] {2, 16, 3, 3}, new int[] {2, 32, 3, 3});
        concat(catalogue, 0, new int[] {1, 8, 3, 3}, new int[] {2, 8, 3, 3});
        concat(catalogue, 3, new int[] {2, 8, 3, 3}, new int[] {2, 8, 3, 1});
        concat(catalogue, 1, new int[] {2, 1, 8}, new int[] {2, 5, 8});
        concat(catalogue, 0, new int[] {7});
    }

    private static void reshape(OpCatalogue catalogue, int[] src, int... dst) {
        catalogue.add(
                "reshape " + Names.of(src) + " to " + Names.of(dst),
                w -> w.result("dst", w.op(new Op.Reshape(new Shape(dst)), w.src("src", src))));
    }

    private static void transpose(OpCatalogue catalogue, int[] src, Integer... permutation) {
        Op op = new Op.Transpose(List.of(permutation));
        catalogue.add(
                "transpose " + Names.of(src) + " by " + List.of(permutation),
                w -> w.result("dst", w.op(op, w.src("src", src))));
    }

    private static void slice(OpCatalogue catalogue, int[] src, List<Integer> start, List<Integer> step, int... dst) {
        Op op = new Op.Slice(start, step, new Shape(dst));
        catalogue.add(
                "slice " + Names.of(src) + " from " + start + " step " + step,
                w -> w.result("dst", w.op(op, w.src("src", src))));
    }

    private static void pad(OpCatalogue catalogue, int[] src, List<Integer> start, List<Integer> step, int... dst) {
        Op op = new Op.Pad(start, step, new Shape(dst));
        catalogue.add(
                "pad " + Names.of(src) + " from " + start + " step " + step,
                w -> w.result("dst", w.op(op, w.src("src", src))));
    }

    private static void concat(OpCatalogue catalogue, int axis, int[]... parts) {
        StringBuilder name = new StringBuilder("concat along " + axis + " of");
        for (int[] p : parts) {
            name.append(' ').append(Names.of(p));
        }
        catalogue.add(name.toString(), w -> {
            Value[] in = new Value[parts.length];
            for (int i = 0; i < in.length; i++) {
                in[i] = w.src("part " + i, parts[i]);
            }
            w.result("dst", w.op(new Op.Concat(axis), in));
        });
    }
}
