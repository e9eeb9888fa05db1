package donna.spec;

import donna.tensor.Activation;
import java.util.List;
import java.util.Optional;

/**
 * The skeleton that the teacher and every architecture share: stem, blocks with fixed boundaries, head; a reference model's, or written out.
 *
 * @param input image shape {@code [C, H, W]}
 * @param reference whose stem and head it has; then the teacher is that model
 * @param stem first convolution, where there is no reference model
 * @param blocks the cuts between stem and head
 * @param head everything after the last block, where there is no reference model
 */
public record ModelSpec(
        List<Integer> input, Optional<ReferenceSpec> reference, Optional<Stem> stem, List<BlockSpec> blocks, Optional<Head> head) {
    public ModelSpec {
        input = List.copyOf(input);
        blocks = List.copyOf(blocks);
    }

    /** Results of the classifier. */
    public int classes() {
        return head.map(Head::classes).or(() -> reference.map(ReferenceSpec::classes)).orElseThrow();
    }

    /** Names of the blocks, in order. */
    public List<String> blockNames() {
        return blocks.stream().map(BlockSpec::name).toList();
    }

    /** Convolution of side {@code conv}, batch norm, activation. */
    public record Stem(int conv, int stride, int channels, Activation act) {}

    /**
     * A block's boundary: its first layer carries the stride and the change of channels.
     *
     * @param name unique
     * @param in channels of its input {@code [N, in, H, W]}
     * @param out channels of its output {@code [N, out, ceil(H / stride), ceil(W / stride)]}
     * @param stride 1, 2, or more where a reference model's block halves the size more than once
     */
    public record BlockSpec(String name, int in, int out, int stride) {}

    /**
     * Convolution of side {@code conv}, batch norm, activation, global average pool, linear layer to {@code classes}.
     */
    public record Head(int conv, int channels, Activation act, int classes) {}
}
