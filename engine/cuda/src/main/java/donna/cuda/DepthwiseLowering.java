package donna.cuda;

import donna.kernels.Kernel;
import donna.kernels.Launch;

/** Depthwise convolutions of images with the channels last. */
final class DepthwiseLowering {
    /** Pixels that one block of the weight gradient adds up. */
    private static final int CHUNK = 2048;

    private final PlanBuilder b;

    DepthwiseLowering(PlanBuilder b) {
        this.b = b;
    }

    private void launch(Kernel kernel, int count, Object[] arguments) {
        arguments[arguments.length - 1] = count;
        b.kernel(kernel, Launch.elements(count), arguments);
    }

    void forward(Conv c, Slot src, Slot weight, Slot dst) {
        launch(Kernel.DEPTHWISE_FORWARD, dst.count(), c.geometry(src, weight, dst, c.src().dim(2), c.src().dim(3), c.src().dim(1), c.multiplier()));
    }

    void backwardData(Conv c, Slot dDst, Slot weight, Slot dSrc) {
        launch(Kernel.DEPTHWISE_BACKWARD_DATA, dSrc.count(), c.geometry(dDst, weight, dSrc, c.src().dim(2), c.src().dim(3), c.src().dim(1), c.multiplier()));
    }

    void backwardWeight(Conv c, Slot src, Slot dDst, Slot dWeight) {
        int chunks = Math.clamp((long) c.samples() * c.pixels() / CHUNK, 1, 64);
        Slot partial = b.floats((long) chunks * dWeight.count());
        b.kernel(Kernel.DEPTHWISE_BACKWARD_WEIGHT, Launch.channels(c.outputs(), chunks, c.taps()), src, dDst, partial, c.src().dim(2), c.src().dim(3),
                c.src().dim(1), c.multiplier(), c.dst().dim(2), c.dst().dim(3), c.weight().dim(2), c.weight().dim(3), c.g().stride(), c.g().padding(),
                c.g().dilation(), c.samples(), chunks);
        b.kernel(Kernel.SUM_CHUNKS, Launch.elements(dWeight.count()), partial, dWeight, chunks, dWeight.count());
    }
}
