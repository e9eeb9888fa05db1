package donna.spec;

import donna.tensor.Activation;

/**
 * One way to build a block, as the spec words it.
 *
 * @param type what its layers are
 * @param kernel side of the kxk window, odd; 1 where the type has none
 * @param expand hidden channels as a multiple of the layer's input channels; 1 where the type has none
 * @param depth number of layers
 * @param se channel attention after the spatial part
 * @param act the activation
 * @param heads of a transformer, else 1
 * @param family of a {@code composed} candidate, else empty
 */
public record CandidateSpec(
        BlockType type, int kernel, int expand, int depth, Attention se, Activation act, int heads, String family) {
    /** A convolutional candidate with or without squeeze-and-excitation. */
    public CandidateSpec(BlockType type, int kernel, int expand, int depth, boolean se, Activation act) {
        this(type, kernel, expand, depth, se ? Attention.SE : Attention.NONE, act, 1, "");
    }

    /** The same with other sizes. */
    CandidateSpec with(int otherKernel, int otherExpand, int otherDepth, Attention otherSe) {
        return new CandidateSpec(type, otherKernel, otherExpand, otherDepth, otherSe, act, heads, family);
    }
}
