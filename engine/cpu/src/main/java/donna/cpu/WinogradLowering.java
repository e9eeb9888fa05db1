package donna.cpu;

import donna.cpu.kernel.WinogradBackwardWeight;
import donna.cpu.kernel.WinogradConvolution;
import donna.ffi.DnnlElement;
import donna.graph.Node;
import donna.graph.Op;
import donna.graph.Value;
import donna.tensor.Activation;
import donna.tensor.ConvGeometry;
import donna.tensor.Layout;
import donna.tensor.Shape;

/** Dense 3x3 convolutions of stride 1 in tiles of 2x2 outputs, which take 2.25 times fewer products than {@link ConvolutionLowering}'s. */
final class WinogradLowering {
    private static final String NAME = "vector winograd 2x2";
    private static final int TAPS = 9;

    /** Products of a tile. */
    private static final int POINTS = 16;

    /** From two blocks of 16 channels on, a tile's transforms cost less than they save: measured, on either side. */
    private static final int LEAST_CHANNELS = 17;

    /** With fewer tiles, loading the transformed weights, which are larger, costs more than is saved: measured at batch 1. */
    private static final int LEAST_TILES = 32;

    /** Of transformed weights that come from taps in channel blocks of an image of this shape. */
    private record Points(Shape taps) {}

    private final PlanBuilder b;
    private final NormLowering norms;
    private final Readers readers;
    private final int block = Lowering.block();

    WinogradLowering(PlanBuilder b, NormLowering norms, Readers readers) {
        this.b = b;
        this.norms = norms;
        this.readers = readers;
    }

    /** Whether it is faster than a primitive: enough channels and tiles, 1.5 times fewer products although tiles are cut off, all in single precision. */
    boolean takes(ConvGeometry g, Shape src, Shape weight, Shape dst) {
        boolean known = weight.dim(2) == 3 && weight.dim(3) == 3 && g.stride() == 1 && g.dilation() == 1 && g.groups() == 1 && g.padding() <= 2;
        if (!known || Math.min(weight.dim(0), weight.dim(1)) < LEAST_CHANNELS) {
            return false;
        }
        long tiles = (dst.dim(2) + 1) / 2 * ((dst.dim(3) + 1L) / 2);
        long outputs = (long) dst.dim(2) * dst.dim(3);
        long products = dst.elements() * weight.dim(1) * TAPS;
        return dst.dim(0) * tiles >= LEAST_TILES && 3 * POINTS * tiles <= 2 * TAPS * outputs
                && b.multiplied(products, Math.max(src.elements(), dst.elements())) == DnnlElement.F32;
    }

    /** {@code act(conv(src) + bias)}, and its moments where a norm takes them. */
    void forward(Node n, Op.Conv2d o, Activation act) {
        Shape s = n.input(0).shape();
        Shape w = n.input(1).shape();
        WinogradConvolution k =
                WinogradConvolution.forward(s.dim(0), s.dim(1), w.dim(0), s.dim(2), s.dim(3), o.geometry().padding(), o.bias(), act,
                        !o.residual() && readers.inside(n.output(0)).stream().anyMatch(r -> r.op() instanceof Op.BatchNorm));
        Slot points = weight(k, n.input(1), new Shape(1, w.dim(0), w.dim(1), TAPS));
        b.step(NAME, (m, stream) -> k.run(m[0], m[1], m[2], m[3], m[4]), b.in(n.input(0), block), points, b.plain(n.input(o.bias() ? 2 : 1)),
                b.define(n.output(0), block), b.temporary(k.scratchBytes()));
        k.moments().ifPresent(m -> norms.measured(n.output(0), m));
    }

    void backwardData(Node n, Op.Conv2dBackwardData o) {
        Shape s = o.src();
        Shape w = n.input(1).shape();
        WinogradConvolution k = WinogradConvolution.backwardData(s.dim(0), s.dim(1), w.dim(0), s.dim(2), s.dim(3), o.geometry().padding());
        Slot points = weight(k, n.input(1), w);
        b.step(NAME, (m, stream) -> k.run(m[0], m[1], m[1], m[2], m[3]), b.in(n.input(0), block), points, b.define(n.output(0), block),
                b.temporary(k.scratchBytes()));
    }

    /** The weight's transform, from the order of {@code taps} in channel blocks. */
    private Slot weight(WinogradConvolution k, Value weight, Shape taps) {
        return b.derived(weight, new Points(taps), () -> {
            Slot blocked = b.temporary(new Layout(block).elements(taps) * Float.BYTES, block);
            b.convert(taps, b.plain(weight), blocked);
            Slot points = b.temporary(k.weightBytes());
            b.step("vector winograd weight", (m, stream) -> k.begin(m[0], m[1]), blocked, points);
            return points;
        });
    }

    void backwardWeight(Node n, Op.Conv2dBackwardWeight o) {
        Shape s = n.input(0).shape();
        Shape w = o.weight();
        WinogradBackwardWeight k = new WinogradBackwardWeight(s.dim(0), s.dim(1), w.dim(0), s.dim(2), s.dim(3), o.geometry().padding());
        Shape taps = new Shape(1, w.dim(0), w.dim(1), TAPS);
        Slot blocked = b.temporary(new Layout(block).elements(taps) * Float.BYTES, block);
        b.step(NAME, (m, stream) -> k.run(m[0], m[1], m[2], m[3]), b.in(n.input(0), block), b.in(n.input(1), block), blocked,
                b.temporary(k.scratchBytes()));
        b.convert(taps, blocked, b.define(n.output(0), 1));
    }
}
