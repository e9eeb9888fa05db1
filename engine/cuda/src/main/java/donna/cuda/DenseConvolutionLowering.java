package donna.cuda;

import donna.ffi.ConvolutionPlan;
import donna.ffi.ConvolutionSpec;
import donna.ffi.ConvolutionSpec.Pass;
import donna.graph.Node;
import java.util.Optional;

/**
 * Convolutions by cuDNN, for windows of more than one pixel: images and weights have the channels last, so the weights, which are bound in row-major order,
 * are converted before and their gradients afterwards.
 */
final class DenseConvolutionLowering {
    private final PlanBuilder b;

    DenseConvolutionLowering(PlanBuilder b) {
        this.b = b;
    }

    private Optional<ConvolutionPlan> plan(Conv c, Pass pass) {
        ConvolutionSpec spec = new ConvolutionSpec(
                Arithmetic.element(b.activations()), b.device().arithmetic().tensorFloat(), c.samples(), c.src().dim(2),
                c.src().dim(3), c.src().dim(1), c.outputs(), c.weight().dim(2), c.weight().dim(3),
                c.g().stride(), c.g().stride(), c.g().padding(), c.g().padding(), c.g().dilation(), c.g().dilation(), c.g().groups());
        return b.device().convolutions().plan(spec, pass);
    }

    /** The result of the convolution alone; empty, and nothing done, if cuDNN has no plan for it. */
    Optional<Slot> forward(Conv c, Node n) {
        return plan(c, Pass.FORWARD).map(plan ->
                b.convolution(plan, b.image(n.input(0)), b.image(n.input(1)), b.define(n.output(0), Order.CHANNELS_LAST)));
    }

    /** As {@link #forward}: the gradient of the images. */
    Optional<Slot> backwardData(Conv c, Node n) {
        return plan(c, Pass.BACKWARD_DATA).map(plan ->
                b.convolution(plan, b.image(n.input(0)), b.image(n.input(1)), b.define(n.output(0), Order.CHANNELS_LAST)));
    }

    /** As {@link #forward}: the gradient of the weights. */
    Optional<Slot> backwardWeight(Conv c, Node n) {
        return plan(c, Pass.BACKWARD_WEIGHT).map(plan ->
                b.convolution(plan, b.image(n.input(0)), b.image(n.input(1)), b.define(n.output(0), Order.CHANNELS_LAST)));
    }
}
