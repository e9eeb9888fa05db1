package donna.cuda;

import donna.graph.Node;
import donna.graph.Op;
import donna.graph.Value;
import donna.kernels.DepthwiseForm;
import donna.kernels.DepthwiseFusion;
import donna.kernels.DepthwiseGrid;
import donna.kernels.DepthwiseProducts;
import donna.kernels.Kernel;
import donna.kernels.KernelFile;
import donna.kernels.Launch;
import donna.tensor.Activation;

/** Depthwise convolutions of images with the channels last: by kernels that are compiled for the geometry where there are some, else by general ones. */
final class DepthwiseLowering {
    /** Pixels that one block of the general weight gradient adds up. */
    private static final int CHUNK = 2048;

    private final PlanBuilder b;
    private final NormLowering norms;

    DepthwiseLowering(PlanBuilder b, NormLowering norms) {
        this.b = b;
        this.norms = norms;
    }

    /** Whether the sums are stored with their bias and activation, so that this takes no pass of its own. */
    static boolean storesAll(Conv c, Op.Conv2d o) {
        return c.depthwise() && hasForms(c) && !o.residual();
    }

    private static boolean hasForms(Conv c) {
        return c.multiplier() == 1 && c.g().dilation() == 1 && DepthwiseForm.covers(c.weight().dim(2), c.weight().dim(3), c.g().stride());
    }

    private static DepthwiseForm form(KernelFile file, Conv c, Slot stored, int stride, int width) {
        return DepthwiseForm.choose(file, stored.storage(), c.weight().dim(2), stride, c.outputs(), width);
    }

    private static boolean hasProducts(Conv c, GpuDevice device) {
        return c.depthwise() && hasForms(c) && DepthwiseProducts.covers(device.arithmetic().storage(), device.capability(), c.samples(), c.outputs(),
                c.weight().dim(2), c.g().stride(), c.g().padding(), Math.max(c.src().dim(3), c.dst().dim(3)));
    }

    private static DepthwiseProducts bands(Conv c) {
        return DepthwiseProducts.bands(c.weight().dim(2), c.samples(), c.outputs(), c.src().dim(3), c.dst().dim(2), c.dst().dim(3));
    }

    /** Whether the convolution, or gradient of one by its weight, {@code n} can itself make its images by a batch norm with activation {@code act}. */
    static boolean normalises(Node n, Activation act, GpuDevice device) {
        Conv c = switch (n.op()) {
            case Op.Conv2d o -> new Conv(n.input(0).shape(), n.input(1).shape(), n.output(0).shape(), o.geometry());
            case Op.Conv2dBackwardWeight o -> new Conv(n.input(0).shape(), o.weight(), n.input(1).shape(), o.geometry());
            default -> throw new IllegalArgumentException(n.op() + " is no convolution of images that a batch norm makes");
        };
        return hasProducts(c, device) && bands(c).normalises(act.ordinal());
    }

    private void launch(Kernel kernel, int count, Object[] arguments) {
        arguments[arguments.length - 1] = count;
        b.kernel(kernel, Launch.elements(count), arguments);
    }

    void forward(Conv c, Node n, Op.Conv2d o, Slot dst) {
        Slot weight = b.plain(n.input(1));
        if (hasForms(c)) {
            boolean activated = storesAll(c, o) && (o.bias() || o.act() != Activation.NONE);
            boolean statistics = !activated && !o.residual() && b.fusions().normalised(n.output(0));
            int after = activated ? o.act().ordinal() : DepthwiseFusion.RAW;
            Slot bias = activated && o.bias() ? b.plain(n.input(2)) : null;
            if (hasProducts(c, b.device())) {
                DepthwiseProducts p = bands(c);
                NormLowering.Source s = norms.source(n.input(0));
                Slot partial = statistics ? norms.moments(n.output(0), p.blocks()) : null;
                b.kernel(Kernel.DEPTHWISE_BANDS, p.macros(new DepthwiseFusion(s.act(), after, statistics)), p.launch(), s.src(), s.gamma(), s.beta(), s.mean(),
                        s.inverseStd(), weight, bias, dst, partial, 0, c.src().dim(2), c.src().dim(3), c.outputs(), c.dst().dim(2), c.dst().dim(3),
                        c.g().padding(), p.rows(), p.tiles(), p.strips(), p.bands(), c.samples());
                return;
            }
            Slot src = b.image(n.input(0));
            DepthwiseFusion fusion = new DepthwiseFusion(DepthwiseFusion.RAW, after, statistics);
            DepthwiseForm form = form(KernelFile.DEPTHWISE_STRIPS, c, src, c.g().stride(), c.dst().dim(3));
            DepthwiseGrid grid = DepthwiseGrid.of(form, src.storage(), c.samples(), c.outputs(), c.dst().dim(2), c.dst().dim(3));
            Slot partial = statistics ? norms.moments(n.output(0), grid.blocks()) : null;
            b.kernel(Kernel.DEPTHWISE_STRIPS, form.macros(fusion), grid.launch(), src, weight, bias, dst, partial, 0, c.src().dim(2), c.src().dim(3),
                    c.outputs(), c.dst().dim(2), c.dst().dim(3), c.g().padding(), grid.rows(), grid.tiles(), grid.strips(), grid.bands(), grid.samples());
        } else {
            Slot src = b.image(n.input(0));
            launch(Kernel.DEPTHWISE_FORWARD, dst.count(), c.geometry(src, weight, dst, c.src().dim(2), c.src().dim(3), c.src().dim(1), c.multiplier()));
        }
    }

    /** With stride 1 the forward pass over dDst with flipped taps; with stride 2 every pixel of dDst is spread over those of dSrc. */
    void backwardData(Conv c, Slot dDst, Slot weight, Slot dSrc) {
        int padding = c.g().padding();
        int height = c.src().dim(2);
        int width = c.src().dim(3);
        if (!hasForms(c)) {
            launch(Kernel.DEPTHWISE_BACKWARD_DATA, dSrc.count(), c.geometry(dDst, weight, dSrc, height, width, c.src().dim(1), c.multiplier()));
        } else if (hasProducts(c, b.device())) {
            DepthwiseProducts p = DepthwiseProducts.bands(c.weight().dim(2), c.samples(), c.outputs(), c.dst().dim(3), height, width);
            b.kernel(Kernel.DEPTHWISE_BANDS, p.macros(DepthwiseFusion.NONE), p.launch(), dDst, null, null, null, null, weight, null, dSrc, null, 1,
                    c.dst().dim(2), c.dst().dim(3), c.outputs(), height, width, p.side() - 1 - padding, p.rows(), p.tiles(), p.strips(), p.bands(), c.samples());
        } else if (c.g().stride() == 1) {
            DepthwiseForm form = form(KernelFile.DEPTHWISE_STRIPS, c, dDst, 1, width);
            DepthwiseGrid grid = DepthwiseGrid.of(form, dDst.storage(), c.samples(), c.outputs(), height, width);
            b.kernel(Kernel.DEPTHWISE_STRIPS, form.macros(), grid.launch(), dDst, weight, null, dSrc, null, 1, c.dst().dim(2), c.dst().dim(3), c.outputs(),
                    height, width, form.side() - 1 - padding, grid.rows(), grid.tiles(), grid.strips(), grid.bands(), grid.samples());
        } else {
            int odd = padding % 2;
            DepthwiseForm form = form(KernelFile.DEPTHWISE_SPREAD, c, dDst, 2, width + odd);
            DepthwiseGrid grid = DepthwiseGrid.of(form, dDst.storage(), c.samples(), c.outputs(), Math.ceilDiv(height + odd, 2), width + odd);
            b.kernel(Kernel.DEPTHWISE_SPREAD, form.macros(), grid.launch(), dDst, weight, dSrc, height, width, c.outputs(), c.dst().dim(2), c.dst().dim(3),
                    padding, grid.rows(), grid.tiles(), grid.strips(), grid.bands(), grid.samples());
        }
    }

    /** Sums of chunks, which a second kernel adds in a fixed order. */
    void backwardWeight(Conv c, Value images, Slot dDst, Slot dWeight) {
        int height = c.dst().dim(2);
        int width = c.dst().dim(3);
        int chunks;
        Slot partial;
        if (hasProducts(c, b.device())) {
            DepthwiseProducts p = DepthwiseProducts.diagonals(c.weight().dim(2), c.samples(), c.outputs(), height, width);
            NormLowering.Source s = norms.source(images);
            chunks = p.blocks();
            partial = b.floats((long) chunks * dWeight.count());
            b.kernel(Kernel.DEPTHWISE_DIAGONALS, p.macros(s.act()), p.launch(), s.src(), s.gamma(), s.beta(), s.mean(), s.inverseStd(), dDst, partial,
                    c.src().dim(2), c.src().dim(3), c.outputs(), height, width, c.g().padding(), p.rows(), p.tiles(), p.strips(), p.bands(), c.samples());
        } else if (hasForms(c)) {
            Slot src = b.image(images);
            DepthwiseForm form = form(KernelFile.DEPTHWISE_TAPS, c, src, c.g().stride(), width);
            DepthwiseGrid grid = DepthwiseGrid.of(form, src.storage(), c.samples(), c.outputs(), height, width);
            chunks = grid.chunks();
            partial = b.floats((long) chunks * dWeight.count());
            b.kernel(Kernel.DEPTHWISE_TAPS, form.macros(), grid.launchChunks(), src, dDst, partial, c.src().dim(2), c.src().dim(3), c.outputs(), height, width,
                    c.g().padding(), grid.rows(), grid.tiles(), grid.strips(), grid.bands(), grid.samples(), chunks);
        } else {
            chunks = Math.clamp((long) c.samples() * c.pixels() / CHUNK, 1, 64);
            partial = b.floats((long) chunks * dWeight.count());
            Slot src = b.image(images);
            b.kernel(Kernel.DEPTHWISE_BACKWARD_WEIGHT, Launch.channels(c.outputs(), chunks, c.taps()), src, dDst, partial, c.src().dim(2), c.src().dim(3),
                    c.src().dim(1), c.multiplier(), height, width, c.weight().dim(2), c.weight().dim(3), c.g().stride(), c.g().padding(), c.g().dilation(),
                    c.samples(), chunks);
        }
        b.kernel(Kernel.DEPTHWISE_SUM_TAPS, DepthwiseGrid.sumTaps(c.outputs(), c.taps()), partial, dWeight, c.outputs(), chunks);
    }
}
