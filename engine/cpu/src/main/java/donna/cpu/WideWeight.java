package donna.cpu;

import donna.tensor.ConvGeometry;
import donna.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Convolution weights with zeros put in between: a grouped convolution as one with fewer, wider groups whose weights are zero off the diagonal, or a dense
 * one over whole channel blocks. oneDNN's fast kernels take groups of whole blocks only, and refuse some narrow images.
 *
 * @param geometry with the wider groups
 * @param narrow {@code [O, C / groups, K, K]} of the op
 * @param weight of the convolution that runs
 * @param factor groups that became one; 1 if there is nothing to merge
 * @param padded whether images count the zeros of an incomplete block as channels
 */
record WideWeight(ConvGeometry geometry, Shape narrow, Shape weight, int factor, boolean padded) {
    /** The fewest groups merged that give whole blocks; all of them if no number does. Dense and depthwise convolutions stay as they are. */
    static WideWeight merge(ConvGeometry g, Shape w, int block) {
        int groups = g.groups();
        int out = w.dim(0) / groups;
        int in = w.dim(1);
        if (groups == 1 || (in == 1 && out == 1)) {
            return new WideWeight(g, w, w, 1, false);
        }
        int factor = 1;
        while (factor < groups && (groups % factor != 0 || in * factor % block != 0 || out * factor % block != 0)) {
            factor++;
        }
        ConvGeometry wide = new ConvGeometry(g.stride(), g.padding(), g.dilation(), groups / factor);
        return new WideWeight(wide, w, w.with(1, in * factor), factor, false);
    }

    /** The same, of a dense convolution, for images of whole blocks: {@code srcBlock} of 1 leaves the input channels as they are. */
    WideWeight padded(int srcBlock, int block) {
        Shape whole = weight.with(0, roundUp(weight.dim(0), block)).with(1, roundUp(weight.dim(1), srcBlock));
        return new WideWeight(geometry, narrow, whole, factor, true);
    }

    private static int roundUp(int channels, int block) {
        return (channels + block - 1) / block * block;
    }

    boolean widened() {
        return !narrow.equals(weight);
    }

    /** {@code image}, in channel blocks of {@code block}, as the convolution that runs sees it. */
    Shape image(Shape image, int block) {
        return padded ? image.with(1, roundUp(image.dim(1), block)) : image;
    }

    /** Writes the wide weights for the narrow ones. */
    void widen(MemorySegment from, MemorySegment wide) {
        wide.fill((byte) 0);
        long row = bytes(narrow.dim(1));
        for (int o = 0; o < narrow.dim(0); o++) {
            MemorySegment.copy(from, o * row, wide, place(o, row), row);
        }
    }

    /** Takes the narrow weights out of the wide ones. */
    void narrow(MemorySegment wide, MemorySegment to) {
        long row = bytes(narrow.dim(1));
        for (int o = 0; o < narrow.dim(0); o++) {
            MemorySegment.copy(wide, place(o, row), to, o * row, row);
        }
    }

    private long bytes(int channels) {
        return (long) channels * weight.dim(2) * weight.dim(3) * ValueLayout.JAVA_FLOAT.byteSize();
    }

    private long place(int o, long row) {
        int groupOutputs = narrow.dim(0) / (geometry.groups() * factor);
        return o * bytes(weight.dim(1)) + o / groupOutputs % factor * row;
    }
}
