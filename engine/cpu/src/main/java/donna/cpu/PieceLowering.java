package donna.cpu;

import donna.cpu.ConvolutionChoices.Choice;
import donna.cpu.Primitives.Conv;
import donna.cpu.Primitives.Pass;
import donna.cpu.kernel.DepthwiseBackwardData;
import donna.cpu.kernel.Lanes;
import donna.ffi.Dnnl;
import donna.ffi.DnnlElement;
import donna.ffi.MemoryDesc;
import donna.graph.Node;
import donna.graph.Op;
import donna.graph.Value;
import donna.tensor.Activation;
import donna.tensor.ConvGeometry;
import donna.tensor.Layout;
import donna.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** Convolutions a piece at a time, so that what comes before or after finds the piece in the cache. */
final class PieceLowering {
    /** A weight's gradient is small if so many of them fit into a piece of the result's. */
    private static final int SMALL_GRADIENT = 4;

    private final PlanBuilder b;
    private final ConvolutionChoices choices;
    private final int block = Lowering.block();

    PieceLowering(PlanBuilder b, ConvolutionChoices choices) {
        this.b = b;
        this.choices = choices;
    }

    /**
     * A depthwise pass a piece at a time.
     *
     * @param weights writes the steps that order the weights, where they are needed
     */
    record Piecewise(PieceWork convolution, Supplier<Slot> weights) {}

    /** A depthwise convolution forward a piece of its source at a time; empty if oneDNN has no kernel for that. */
    Optional<Piecewise> forwardPieces(Value weight, Shape src, Shape dst, ConvGeometry g, Pieces pieces) {
        Optional<Choice> whole = choices.choose(Pass.FORWARD, src, weight.shape(), dst, g, block);
        return whole.flatMap(c -> parts(Pass.FORWARD, c, src, weight.shape(), dst, g, pieces)
                .map(p -> new Piecewise(p, () -> choices.weight(weight, c))));
    }

    /** Its data gradient a piece of dDst at a time. */
    Optional<Piecewise> dataPieces(Value weight, Shape src, Shape dst, ConvGeometry g, Pieces pieces) {
        DepthwiseBackwardData own = new DepthwiseBackwardData(src.dim(0), src.dim(1), src.dim(2), src.dim(3), weight.shape().dim(2), g);
        if (own.dense()) {
            return Optional.of(new Piecewise(new PiecewiseBackwardData(pieces, own), () -> b.plain(weight)));
        }
        Optional<ConvGeometry> reverse = ConvolutionChoices.reverse(g, weight.shape());
        if (reverse.isPresent()) {
            ConvGeometry r = reverse.get();
            return choices.choose(Pass.FORWARD, dst, weight.shape(), src, r, block)
                    .flatMap(c -> parts(Pass.FORWARD, c, dst, weight.shape(), src, r, pieces)
                            .map(p -> new Piecewise(p, () -> choices.reversedWeight(weight, c))));
        }
        Optional<Choice> whole = choices.choose(Pass.BACKWARD_DATA, src, weight.shape(), dst, g, block);
        return whole.flatMap(c -> parts(Pass.BACKWARD_DATA, c, src, weight.shape(), dst, g, pieces)
                .map(p -> new Piecewise(p, () -> choices.weight(weight, c))));
    }

    private Optional<PiecewiseConvolution> parts(Pass pass, Choice whole, Shape src, Shape weight, Shape dst, ConvGeometry g, Pieces pieces) {
        long blockBytes = (long) weight.dim(2) * weight.dim(3) * Lanes.BYTES;
        boolean byBlocks = whole.weights().bytes() == pieces.planes() * blockBytes;
        List<Compiled> parts = new ArrayList<>();
        for (Pieces.Piece p : pieces.all()) {
            int channels = p.blocks() * block;
            ConvGeometry part = new ConvGeometry(g.stride(), g.padding(), g.dilation(), channels);
            Optional<Compiled> c = b.primitives().convolution(new Conv(pass, DnnlElement.F32, pieces.shape(p, src), weight.with(0, channels),
                    pieces.shape(p, dst), part, block, block, false, Activation.NONE, false));
            c.filter(k -> byBlocks && k.desc(Dnnl.ARG_WEIGHTS).bytes() == p.blocks() * blockBytes).ifPresent(parts::add);
        }
        return parts.size() == pieces.all().size() ? Optional.of(b.piecewise(pieces, parts)) : Optional.empty();
    }

    /** Gradients of a 1x1 convolution, some images at a time, and the memory that they take besides a piece of the result's gradient. */
    record Gradients(PointwiseGradients work, Supplier<List<Slot>> memory) {}

    /**
     * The gradients of a 1x1 convolution of {@code src} some images at a time; empty where the weight's gradient is large beside the images, which it would drive
     * out of the cache.
     */
    Optional<Gradients> gradients(Node weight, Optional<Node> data) {
        Op.Conv2dBackwardWeight o = (Op.Conv2dBackwardWeight) weight.op();
        Shape src = weight.input(0).shape();
        Shape dst = weight.input(1).shape();
        ConvGeometry g = ConvGeometry.POINTWISE;
        int images = Pieces.images(dst);
        Shape some = src.with(0, images);
        Shape results = dst.with(0, images);
        Optional<Choice> w = choices.choose(Pass.BACKWARD_WEIGHT, some, o.weight(), results, g, block);
        Optional<Choice> d = data.flatMap(n -> choices.choose(Pass.BACKWARD_DATA, some, o.weight(), results, g, block));
        if (w.isEmpty() || w.get().wide().widened() || d.isPresent() != data.isPresent()
                || d.filter(c -> c.wide().widened() || c.element() != w.get().element()).isPresent()) {
            return Optional.empty();
        }
        DnnlElement element = w.get().element();
        MemoryDesc layout = w.get().compiled().desc(Dnnl.ARG_DIFF_WEIGHTS);
        long piece = new Layout(block).elements(results) * Float.BYTES;
        if (piece > 2 * Pieces.BYTES || layout.bytes() > piece / SMALL_GRADIENT) {
            return Optional.empty();
        }
        Primitives p = b.primitives();
        PointwiseGradients.Parts parts = new PointwiseGradients.Parts(images, src.dim(0) / images, w.get().compiled(), d.map(Choice::compiled),
                p.reorder(p.layout(DnnlElement.F32, results, block), p.layout(element, results, block)), p.reorder(layout, p.plainWeight(o.weight(), 1)));
        return Optional.of(new Gradients(b.gradients(parts), () -> {
            List<Slot> slots = new ArrayList<>(List.of(b.in(weight.input(0), element, block), b.define(weight.output(0), 1), b.temporary(piece),
                    b.temporary(layout.bytes()), b.temporary(layout.bytes()), b.temporary(parts.scratchBytes())));
            data.ifPresent(n -> {
                slots.add(choices.weight(n.input(1), d.orElseThrow()));
                slots.add(b.define(n.output(0), block));
            });
            parts.rounding().ifPresent(r -> slots.add(b.temporary(piece / 2)));
            return slots;
        }));
    }
}
