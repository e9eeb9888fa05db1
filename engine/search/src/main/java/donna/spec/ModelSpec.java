package donna.spec;

import donna.tensor.Activation;
import java.util.List;

/**
 * The skeleton that the teacher and every architecture share: stem, blocks with fixed boundaries, head.
 *
 * @param input image shape {@code [C, H, W]}
 * @param stem first convolution
 * @param blocks the cuts between stem and head
 * @param head everything after the last block
 */
public record ModelSpec(List<Integer> input, Stem stem, List<BlockSpec> blocks, Head head) {
    public ModelSpec {
        input = List.copyOf(input);
        blocks = List.copyOf(blocks);
    }

    /** Convolution of side {@code conv}, batch norm, activation. */
    public record Stem(int conv, int stride, int channels, Activation act) {}

    /**
     * A block's boundary: its first layer carries the stride and the change of channels.
     *
     * @param name unique
     * @param in channels of its input {@code [N, in, H, W]}
     * @param out channels of its output {@code [N, out, ceil(H / stride), ceil(W / stride)]}
     * @param stride 1 or 2
     */
    public record BlockSpec(String name, int in, int out, int stride) {}

    /**
     * Convolution of side {@code conv}, batch norm, activation, global average pool, linear layer to {@code classes}.
     */
    public record Head(int conv, int channels, Activation act, int classes) {}
}
