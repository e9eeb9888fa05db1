package donna.testkit;

import donna.graph.Op;
import donna.tensor.ConvGeometry;
import java.util.List;

/** Global, average and max pooling. */
final class PoolingCases {
    private PoolingCases() {}

    static void addTo(OpCatalogue catalogue) {
        globalAverage(catalogue, 2, 40, 25, 25);
        for (int[] shape : new int[][] {{1, 1, 7, 7}, {3, 3, 5, 9}, {3, 24, 7, 7}, {1, 40, 5, 9}, {3, 16, 1, 1}}) {
            String at = " " + Names.of(shape);
            globalAverage(catalogue, shape);
            if (shape[2] > 1) {
                for (int kernel : new int[] {2, 3}) {
                    for (ConvGeometry g : List.of(
                            new ConvGeometry(2, 0, 1, 1), new ConvGeometry(1, 1, 1, 1), new ConvGeometry(2, 1, 1, 1))) {
                        String name = " k" + kernel + " s" + g.stride() + " p" + g.padding() + at;
                        catalogue.add(
                                "average pool" + name,
                                w -> w.result("dst", w.op(new Op.AveragePool(kernel, g), w.src("src", shape))));
                        catalogue.add(
                                "max pool" + name,
                                w -> w.result("dst", w.op(new Op.MaxPool(kernel, g), w.src("src", shape))));
                    }
                }
            }
        }
        ConvGeometry g = new ConvGeometry(2, 1, 1, 1);
        catalogue.add(
                "max pool backward, equal values",
                w -> w.observe(
                        "dSrc",
                        w.op(
                                new Op.MaxPoolBackward(3, g),
                                w.fixed("dDst", Values.NORMAL, 3, 24, 4, 4),
                                w.fixed("src", Values.cycle(1, 1, 0, -1), 3, 24, 7, 7))));
        catalogue.add(
                "max pool of negative values",
                w -> w.observe("dst", w.op(new Op.MaxPool(3, g), w.fixed("src", Values.normal(-9, 1), 1, 3, 7, 7))));
    }

    private static void globalAverage(OpCatalogue catalogue, int... shape) {
        catalogue.add(
                "global average pool " + Names.of(shape),
                w -> w.result("dst", w.op(new Op.GlobalAveragePool(), w.src("src", shape))));
    }
}
