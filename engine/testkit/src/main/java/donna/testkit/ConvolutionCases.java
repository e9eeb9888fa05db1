package donna.testkit;

import donna.graph.Op;
import donna.graph.Value;
import donna.tensor.Activation;
import donna.tensor.ConvGeometry;
import donna.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/** Convolutions of every kind the search space has, and those at its edges. */
final class ConvolutionCases {
    private ConvolutionCases() {}

    /** {@code src [n, c, h, w]}, {@code out} channels, kernel {@code k}. */
    private record Conv(int n, int c, int h, int w, int out, int k, ConvGeometry g) {
        int[] src() {
            return new int[] {n, c, h, w};
        }

        int[] weight() {
            return new int[] {out, c / g.groups(), k, k};
        }

        int[] dst() {
            return new int[] {n, out, g.outputSize(h, k), g.outputSize(w, k)};
        }

        @Override
        public String toString() {
            return "n" + n + " c" + c + " " + h + "x" + w + " o" + out + " k" + k + " s" + g.stride() + " p"
                    + g.padding() + " d" + g.dilation() + " g" + g.groups();
        }
    }

    private static Conv same(int n, int c, int h, int w, int out, int k, int stride, int groups) {
        return new Conv(n, c, h, w, out, k, ConvGeometry.same(k, stride, groups));
    }

    private static List<Conv> shapes() {
        List<Conv> all = new ArrayList<>(List.of(
                same(1, 1, 7, 7, 8, 3, 1, 1),
                same(3, 3, 5, 9, 24, 3, 2, 1),
                same(3, 8, 7, 7, 40, 1, 1, 1),
                same(1, 24, 5, 9, 3, 1, 1, 1),
                same(3, 40, 7, 7, 24, 1, 2, 1),
                same(3, 8, 7, 7, 24, 5, 1, 1),
                same(1, 24, 9, 5, 8, 7, 2, 1),
                same(1, 16, 8, 8, 32, 3, 1, 1),
                same(3, 64, 1, 1, 10, 1, 1, 1),
                same(3, 24, 7, 7, 1, 3, 1, 1),
                same(4, 20, 7, 9, 33, 3, 1, 1),
                new Conv(4, 33, 8, 8, 24, 3, new ConvGeometry(1, 0, 1, 1)),
                new Conv(4, 20, 5, 6, 17, 3, new ConvGeometry(1, 2, 1, 1)),
                new Conv(3, 3, 5, 9, 8, 3, new ConvGeometry(1, 0, 1, 1)),
                new Conv(1, 8, 7, 7, 24, 3, new ConvGeometry(1, 2, 2, 1)),
                new Conv(3, 8, 7, 9, 8, 3, new ConvGeometry(2, 0, 2, 1)),
                new Conv(1, 1, 9, 9, 3, 5, new ConvGeometry(2, 1, 1, 1)),
                same(3, 24, 7, 7, 48, 3, 1, 24),
                new Conv(1, 24, 7, 7, 24, 3, new ConvGeometry(1, 2, 2, 24)),
                new Conv(3, 40, 5, 9, 40, 5, new ConvGeometry(1, 0, 1, 40)),
                same(1, 16, 3, 3, 16, 7, 1, 16),
                same(3, 24, 7, 7, 24, 3, 1, 3),
                same(1, 40, 5, 9, 40, 5, 2, 5),
                same(3, 24, 7, 7, 48, 3, 2, 3),
                same(3, 24, 7, 7, 24, 3, 1, 6),
                same(1, 40, 5, 9, 40, 5, 2, 10),
                same(1, 64, 6, 6, 64, 7, 1, 8),
                same(1, 32, 6, 6, 64, 3, 1, 2)));
        for (int k : new int[] {3, 5, 7}) {
            for (int stride : new int[] {1, 2}) {
                all.add(same(3, 24, 7, 7, 24, k, stride, 24));
                all.add(same(1, 40, 5, 9, 40, k, stride, 40));
            }
        }
        for (int[] of : new int[][] {{1, 12, 9, 13}, {2, 33, 14, 8}, {1, 72, 8, 28}}) {
            for (int k : new int[] {3, 5, 7}) {
                for (int stride : new int[] {1, 2}) {
                    all.add(same(of[0], of[1], of[2], of[3], of[1], k, stride, of[1]));
                }
            }
        }
        for (int[] of : new int[][] {{3, 1, 0}, {3, 1, 3}, {3, 2, 0}, {3, 2, 3}, {5, 1, 5}, {5, 2, 1}, {7, 1, 1}, {7, 2, 4}}) {
            all.add(new Conv(2, 8, 9, 10, 8, of[0], new ConvGeometry(of[1], of[2], 1, 8)));
        }
        all.add(same(2, 200, 5, 5, 200, 3, 1, 200));
        all.addAll(List.of(same(9, 24, 9, 10, 24, 7, 1, 24), same(17, 8, 7, 7, 8, 5, 1, 8), same(8, 16, 9, 20, 16, 7, 1, 16)));
        for (int c : new int[] {1, 3, 8, 16}) {
            all.add(same(3, c, 5, 9, c, 3, 1, c));
        }
        return all.stream().distinct().toList();
    }

    static void addTo(OpCatalogue catalogue) {
        for (Conv c : shapes()) {
            catalogue.add(
                    "conv2d " + c,
                    w -> w.result(
                            "dst",
                            w.op(Op.Conv2d.plain(c.g()), w.src("src", c.src()), w.weight("weight", c.weight()))));
        }
        Conv dense = same(3, 8, 5, 9, 24, 3, 2, 1);
        catalogue.add(
                "conv2d with bias " + dense,
                w -> w.result(
                        "dst",
                        w.op(
                                new Op.Conv2d(dense.g(), true, Activation.NONE, false),
                                w.src("src", dense.src()),
                                w.weight("weight", dense.weight()),
                                w.weight("bias", dense.out()))));
        for (Conv c : List.of(
                dense,
                same(3, 24, 7, 7, 40, 1, 1, 1),
                same(3, 40, 7, 7, 40, 5, 1, 40),
                same(4, 20, 6, 6, 24, 3, 1, 1),
                same(1, 24, 7, 7, 24, 3, 1, 3))) {
            for (Activation act : Activation.values()) {
                inference(catalogue, c, act, true, false);
                inference(catalogue, c, act, true, true);
            }
            inference(catalogue, c, Activation.RELU, false, true);
            inference(catalogue, c, Activation.SWISH, false, false);
        }
        for (Conv c : List.of(dense, same(1, 40, 7, 7, 40, 5, 2, 40))) {
            catalogue.add(
                    "conv2d backward data " + c,
                    w -> w.observe(
                            "dSrc",
                            w.op(
                                    new Op.Conv2dBackwardData(c.g(), new Shape(c.src())),
                                    w.fixed("dDst", Values.NORMAL, c.dst()),
                                    w.weight("weight", c.weight()))));
            catalogue.add(
                    "conv2d backward weight " + c,
                    w -> w.observePlain(
                            "dWeight",
                            w.op(
                                    new Op.Conv2dBackwardWeight(c.g(), new Shape(c.weight())),
                                    w.fixed("src", Values.NORMAL, c.src()),
                                    w.fixed("dDst", Values.NORMAL, c.dst()))));
        }
    }

    private static void inference(OpCatalogue catalogue, Conv c, Activation act, boolean bias, boolean residual) {
        String name = "conv2d " + c + " " + act + (bias ? " bias" : "") + (residual ? " residual" : "");
        catalogue.add(name, w -> {
            List<Value> in = new ArrayList<>(
                    List.of(w.src("src", c.src()), w.weight("weight", Values.normal(0, 0.3), c.weight())));
            if (bias) {
                in.add(w.weight("bias", c.out()));
            }
            if (residual) {
                in.add(w.src("residual", c.dst()));
            }
            w.observe("dst", w.op(new Op.Conv2d(c.g(), bias, act, residual), in.toArray(Value[]::new)));
        });
    }
}
