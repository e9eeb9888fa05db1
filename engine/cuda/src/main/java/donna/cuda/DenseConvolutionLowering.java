package donna.cuda;

import donna.ffi.ConvolutionPlan;
import donna.ffi.ConvolutionSpec;
import donna.ffi.ConvolutionSpec.Pass;
import donna.graph.Node;
import donna.kernels.Kernel;
import donna.kernels.Launch;
import donna.kernels.Storage;
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
        Arithmetic arithmetic = b.device().arithmetic();
        ConvolutionSpec spec = new ConvolutionSpec(
                Arithmetic.element(arithmetic.storage()), arithmetic.tensorFloat(), c.samples(), c.src().dim(2), c.src().dim(3), c.src().dim(1),
                c.outputs(), c.weight().dim(2), c.weight().dim(3), c.g().stride(), c.g().stride(), c.g().padding(), c.g().padding(), c.g().dilation(),
                c.g().dilation(), c.g().groups());
        return b.device().convolutions().plan(spec, pass);
    }

    /** The result of the convolution alone; empty, and nothing done, if cuDNN has no plan for it. */
    Optional<Slot> forward(Conv c, Node n) {
        return plan(c, Pass.FORWARD).map(plan -> image(plan, n));
    }

    /** As {@link #forward}: the gradient of the images. */
    Optional<Slot> backwardData(Conv c, Node n) {
        return plan(c, Pass.BACKWARD_DATA).map(plan -> image(plan, n));
    }

    /** From images, or gradients of images, and weights. */
    private Slot image(ConvolutionPlan plan, Node n) {
        return b.convolution(plan, b.image(n.input(0)), b.image(n.input(1)), b.define(n.output(0), Order.CHANNELS_LAST));
    }

    /** As {@link #forward}: the gradient of the weights, in floats. The library writes it as the images are stored. */
    Optional<Slot> backwardWeight(Conv c, Node n) {
        return plan(c, Pass.BACKWARD_WEIGHT).map(plan -> {
            Slot dWeight = b.define(n.output(0), Order.CHANNELS_LAST, Storage.F32);
            Slot written = b.activations() == Storage.F32 ? dWeight : b.temporary(dWeight.count(), b.activations());
            b.convolution(plan, b.image(n.input(0)), b.image(n.input(1)), written);
            if (written != dWeight) {
                b.kernel(Kernel.TO_FLOAT, Launch.eights(dWeight.count()), written, dWeight, dWeight.count());
            }
            return dWeight;
        });
    }
}
