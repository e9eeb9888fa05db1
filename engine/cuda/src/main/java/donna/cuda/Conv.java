package donna.cuda;

import donna.tensor.ConvGeometry;
import donna.tensor.Shape;

/** A convolution: {@code src [N, C, H, W]}, {@code weight [O, C / groups, KH, KW]}, {@code dst [N, O, OH, OW]}. */
record Conv(Shape src, Shape weight, Shape dst, ConvGeometry g) {
    boolean depthwise() {
        return weight.dim(1) == 1 && g.groups() == src.dim(1);
    }

    boolean pointwise() {
        return weight.dim(2) == 1 && weight.dim(3) == 1 && g.stride() == 1 && g.padding() == 0;
    }

    /** Neither of the two: each output is made of several pixels and channels, or of pixels that are apart. */
    boolean windowed() {
        return !depthwise() && !pointwise();
    }

    /** Outputs of a depthwise convolution per channel. */
    int multiplier() {
        return outputs() / src.dim(1);
    }

    int samples() {
        return src.dim(0);
    }

    int outputs() {
        return dst.dim(1);
    }

    int taps() {
        return weight.dim(2) * weight.dim(3);
    }

    /** Pixels of dst of one sample: rows of the product. */
    int pixels() {
        return dst.dim(2) * dst.dim(3);
    }

    /** Numbers in a window. */
    int window() {
        return src.dim(1) * taps();
    }

    /** The arguments that kernels of windows and of depthwise convolutions end with, but for the count. */
    Object[] geometry(Object... before) {
        Object[] geometry = {dst.dim(2), dst.dim(3), weight.dim(2), weight.dim(3), g.stride(), g.padding(), g.dilation()};
        Object[] all = new Object[before.length + geometry.length + 1];
        System.arraycopy(before, 0, all, 0, before.length);
        System.arraycopy(geometry, 0, all, before.length, geometry.length);
        return all;
    }
}
