package donna.testkit;

import donna.graph.Op;

/** Linear layers, matrix products and sums. */
final class ProductCases {
    private ProductCases() {}

    static void addTo(OpCatalogue catalogue) {
        for (int[] src : new int[][] {{1, 8}, {3, 40}, {5, 1}, {2, 5, 24}, {2, 3, 4, 7}}) {
            for (boolean bias : new boolean[] {false, true}) {
                int features = src[src.length - 1];
                for (int out : new int[] {1, 10, 24}) {
                    catalogue.add("linear " + Names.of(src) + " to " + out + (bias ? " bias" : ""), w -> {
                        var x = w.src("src", src);
                        var weight = w.weight("weight", out, features);
                        w.result(
                                "dst",
                                bias
                                        ? w.op(new Op.Linear(true), x, weight, w.weight("bias", out))
                                        : w.op(new Op.Linear(false), x, weight));
                    });
                }
            }
        }
        for (int[] leading : new int[][] {{}, {3}, {2, 3}}) {
            for (int transposed = 0; transposed < 4; transposed++) {
                boolean a = (transposed & 1) != 0;
                boolean b = (transposed & 2) != 0;
                catalogue.add(
                        "matmul " + Names.of(leading) + (a ? " a'" : " a") + (b ? " b'" : " b"),
                        w -> w.result(
                                "dst",
                                w.op(
                                        new Op.MatMul(a, b),
                                        w.src("a", Names.append(leading, a ? 7 : 5, a ? 5 : 7)),
                                        w.src("b", Names.append(leading, b ? 9 : 7, b ? 7 : 9)))));
            }
        }
        int[][] summed = {{6}, {3, 5}, {2, 3, 4}, {700, 24}, {3, 24, 5, 9}};
        for (int[] shape : summed) {
            for (int axis = 0; axis < shape.length; axis++) {
                Op op = new Op.SumExcept(axis);
                catalogue.add(
                        "sum except " + axis + " of " + Names.of(shape),
                        w -> w.result("dst", w.op(op, w.src("src", shape))));
            }
        }
    }
}
