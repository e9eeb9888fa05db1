package donna.bench.ops;

import donna.graph.Op;
import donna.graph.Value;
import donna.tensor.ConvGeometry;
import donna.tensor.Shape;
import donna.testkit.OpCase;

/** What a layer computes in a training step. */
public enum Pass {
    FORWARD,
    BACKWARD_DATA,
    BACKWARD_WEIGHT;

    /** This pass of a convolution with "same" padding: {@code [batch, in, size, size]} to {@code out} channels. */
    OpCase of(int batch, int in, int out, int size, int kernel, ConvGeometry g) {
        int[] src = {batch, in, size, size};
        int[] dst = {batch, out, g.outputSize(size, kernel), g.outputSize(size, kernel)};
        int[] weight = {out, in / g.groups(), kernel, kernel};
        String name =
                "conv " + in + "->" + out + " k" + kernel + " g" + g.groups() + " " + size + "x" + size + " " + this;
        return new OpCase(name, w -> {
            switch (this) {
                case FORWARD ->
                    w.result("dst", w.op(Op.Conv2d.plain(g), w.src("src", src), w.weight("weight", weight)));
                case BACKWARD_DATA ->
                    w.observe(
                            "dSrc",
                            w.op(
                                    new Op.Conv2dBackwardData(g, new Shape(src)),
                                    w.src("dDst", dst),
                                    w.weight("weight", weight)));
                case BACKWARD_WEIGHT -> {
                    Value dWeight = w.op(
                            new Op.Conv2dBackwardWeight(g, new Shape(weight)), w.src("src", src), w.src("dDst", dst));
                    w.observePlain("dWeight", dWeight);
                }
            }
        });
    }
}
