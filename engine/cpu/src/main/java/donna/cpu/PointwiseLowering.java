package donna.cpu;

import donna.cpu.ConvolutionChoices.Choice;
import donna.cpu.Primitives.Pass;
import donna.ffi.Dnnl;
import donna.ffi.DnnlElement;
import donna.ffi.MemoryDesc;
import donna.graph.Node;
import donna.graph.Op;
import donna.tensor.ConvGeometry;
import donna.tensor.Layout;
import donna.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** Both gradients of a 1x1 convolution a piece at a time, so that they find the gradient of its result in the cache. */
final class PointwiseLowering {
    /** A weight's gradient is small if so many of them fit into a piece of the result's. */
    private static final int SMALL_GRADIENT = 4;

    private final PlanBuilder b;
    private final ConvolutionChoices choices;
    private final int block = Lowering.block();

    PointwiseLowering(PlanBuilder b, ConvolutionChoices choices) {
        this.b = b;
        this.choices = choices;
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
