package donna.cuda;

import donna.ffi.MatmulSpec;
import donna.ffi.MatmulSpec.Matrix;
import donna.graph.Node;
import donna.graph.Op;
import donna.graph.Value;
import donna.kernels.Kernel;
import donna.kernels.Launch;
import donna.tensor.Activation;
import java.util.Optional;

/**
 * Convolutions of images with the channels last. A depthwise one has kernels of its own; where the window is one pixel it is a product of the
 * pixels; any other is cuDNN's or, where that has no plan, a product of the windows, gathered for as many samples at a time as fit into bounded scratch memory.
 */
final class ConvolutionLowering {
    /** Scratch memory for gathered windows, unless one sample alone needs more. */
    private static final long WINDOW_BYTES = 256L << 20;

    private final PlanBuilder b;
    private final DepthwiseLowering depthwise;
    private final DenseConvolutionLowering dense;

    ConvolutionLowering(PlanBuilder b, NormLowering norms) {
        this.b = b;
        depthwise = new DepthwiseLowering(b, norms);
        dense = new DenseConvolutionLowering(b);
    }

    private static int samplesAtOnce(Conv c) {
        return c.pointwise() ? c.samples() : Math.clamp(WINDOW_BYTES / ((long) c.pixels() * c.window() * Float.BYTES), 1, c.samples());
    }

    private void launch(Kernel kernel, int count, Object[] arguments) {
        arguments[arguments.length - 1] = count;
        b.kernel(kernel, Launch.elements(count), arguments);
    }

    /** {@code act(conv(src) + bias + residual)}: what the convolution does not store so is a pass of its own afterwards. */
    void forward(Node n, Op.Conv2d o) {
        Conv c = new Conv(n.input(0).shape(), n.input(1).shape(), n.output(0).shape(), o.geometry());
        Optional<Slot> byLibrary = c.windowed() ? dense.forward(c, n) : Optional.empty();
        Slot dst = byLibrary.orElseGet(() -> convolve(c, n, o));
        if (!DepthwiseLowering.storesAll(c, o) && (o.bias() || o.residual() || o.act() != Activation.NONE)) {
            Slot bias = o.bias() ? b.plain(n.input(2)) : null;
            Slot residual = o.residual() ? b.image(n.input(o.bias() ? 3 : 2)) : null;
            b.kernel(Kernel.EPILOGUE, Launch.eights(dst.count()), dst, bias, residual, dst, o.act().ordinal(), c.outputs(), dst.count());
        }
    }

    private Slot convolve(Conv c, Node n, Op.Conv2d o) {
        Slot dst = o.residual() || c.depthwise() ? b.define(n.output(0), Order.CHANNELS_LAST) : b.defineProduct(n.output(0), Order.CHANNELS_LAST);
        if (c.depthwise()) {
            depthwise.forward(c, n, o, dst);
        } else {
            Slot src = b.image(n.input(0));
            Slot weight = b.rows(n.input(1));
            windows(c, src, (windows, first, count) -> b.product(
                    product(c, count), 0, windows, new Place(weight, 0), pixels(c, dst, first)));
        }
        return dst;
    }

    private interface Part {
        void write(Place windows, int firstSample, int samples);
    }

    /** Gathers windows part by part, and has each part used. */
    private void windows(Conv c, Slot src, Part part) {
        int atOnce = samplesAtOnce(c);
        Slot windows = c.pointwise() ? src : b.temporary((long) atOnce * c.pixels() * c.window(), src.storage());
        long sample = c.src().elements() / c.samples() * src.storage().bytes();
        for (int first = 0; first < c.samples(); first += atOnce) {
            int count = Math.min(atOnce, c.samples() - first);
            if (!c.pointwise()) {
                launch(Kernel.GATHER_WINDOWS, Math.multiplyExact(count * c.pixels(), c.window()),
                        c.geometry(new Place(src, first * sample), windows, c.src().dim(2), c.src().dim(3), c.src().dim(1)));
            }
            part.write(new Place(windows, 0), first, count);
        }
    }

    private static Place pixels(Conv c, Slot dst, int firstSample) {
        return new Place(dst, (long) firstSample * c.pixels() * c.outputs() * dst.storage().bytes());
    }

    /** What a convolution's products share: for {@code samples} samples, the three matrices; a group is one of a batch. */
    private record Grouped(int batch, int rows, int outputs, int window, Conv c) {
        Grouped(Conv c, int samples) {
            this(c.g().groups(), Math.multiplyExact(samples, c.pixels()), c.outputs() / c.g().groups(), c.window() / c.g().groups(), c);
        }

        Matrix windows() {
            return new Matrix(false, c.window(), window);
        }

        Matrix weight(boolean transposed) {
            return new Matrix(transposed, window, (long) outputs * window);
        }

        Matrix dst(boolean transposed) {
            return new Matrix(transposed, c.outputs(), outputs);
        }
    }

    /** dst = windows weight'. */
    private static MatmulSpec product(Conv c, int samples) {
        Grouped g = new Grouped(c, samples);
        return Products.of(g.rows, g.outputs, g.window, g.batch, g.windows(), g.weight(true), g.dst(false));
    }

    /** dWindows = dDst weight. */
    private static MatmulSpec productBackwardData(Conv c, int samples) {
        Grouped g = new Grouped(c, samples);
        return Products.of(g.rows, g.window, g.outputs, g.batch, g.dst(false), g.weight(false), g.windows());
    }

    /** dWeight = dDst' windows. */
    private static MatmulSpec productBackwardWeight(Conv c, int samples) {
        Grouped g = new Grouped(c, samples);
        return Products.of(g.outputs, g.window, g.rows, g.batch, g.dst(true), g.windows(), g.weight(false));
    }

    void backwardData(Node n, Op.Conv2dBackwardData o) {
        Conv c = new Conv(o.src(), n.input(1).shape(), n.input(0).shape(), o.geometry());
        if (c.windowed() && dense.backwardData(c, n).isPresent()) {
            return;
        }
        Slot dDst = b.image(n.input(0));
        Slot weight = c.depthwise() ? b.plain(n.input(1)) : b.rows(n.input(1));
        Slot dSrc = b.define(n.output(0), Order.CHANNELS_LAST);
        if (c.depthwise()) {
            depthwise.backwardData(c, dDst, weight, dSrc);
            return;
        }
        int atOnce = samplesAtOnce(c);
        Slot windows = c.pointwise() ? dSrc : b.temporary((long) atOnce * c.pixels() * c.window(), dSrc.storage());
        long sample = c.src().elements() / c.samples();
        for (int first = 0; first < c.samples(); first += atOnce) {
            int count = Math.min(atOnce, c.samples() - first);
            b.product(productBackwardData(c, count), 0, pixels(c, dDst, first), new Place(weight, 0), new Place(windows, 0));
            if (!c.pointwise()) {
                launch(Kernel.GATHER_WINDOWS_BACKWARD, (int) (count * sample),
                        c.geometry(windows, new Place(dSrc, first * sample * dSrc.storage().bytes()), c.src().dim(2), c.src().dim(3), c.src().dim(1)));
            }
        }
    }

    void backwardWeight(Node n, Op.Conv2dBackwardWeight o) {
        Conv c = new Conv(n.input(0).shape(), o.weight(), n.input(1).shape(), o.geometry());
        if (c.windowed() && dense.backwardWeight(c, n).isPresent()) {
            return;
        }
        Slot dDst = b.image(n.input(1));
        Slot dWeight = b.define(n.output(0));
        if (c.depthwise()) {
            depthwise.backwardWeight(c, n.input(0), dDst, dWeight);
        } else {
            windows(c, b.image(n.input(0)), (windows, first, count) -> b.product(
                    productBackwardWeight(c, count), first == 0 ? 0 : 1, pixels(c, dDst, first), windows, new Place(dWeight, 0)));
        }
    }
}
