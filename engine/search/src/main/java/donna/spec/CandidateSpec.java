package donna.spec;

import donna.tensor.Activation;

/**
 * One way to build a block, as the spec words it.
 *
 * @param type what its layers are
 * @param kernel side of the kxk window, odd; 1 where the type has none, and where the windows of {@code own} units stay as they are
 * @param expand hidden channels as a multiple of the layer's input channels; 1 where the type has none
 * @param depth number of layers
 * @param se channel attention after the spatial part
 * @param act the activation; none for {@code own} units
 * @param heads of a transformer, else 1
 * @param width share of the channels inside that there are
 * @param family of a {@code composed} candidate, else empty
 */
public record CandidateSpec(
        BlockType type, int kernel, int expand, int depth, Attention se, Activation act, int heads, double width, String family) {
    /** A convolutional candidate with or without squeeze-and-excitation. */
    public CandidateSpec(BlockType type, int kernel, int expand, int depth, boolean se, Activation act) {
        this(type, kernel, expand, depth, se ? Attention.SE : Attention.NONE, act, 1, 1, "");
    }

    /** Units of the reference model. */
    public static CandidateSpec own(int kernel, int depth, boolean se, double width) {
        return new CandidateSpec(BlockType.OWN, kernel, 1, depth, se ? Attention.SE : Attention.NONE, Activation.NONE, 1, width, "");
    }

    /** The same with other sizes. */
    CandidateSpec with(int otherKernel, int otherExpand, int otherDepth, Attention otherSe) {
        return new CandidateSpec(type, otherKernel, otherExpand, otherDepth, otherSe, act, heads, width, family);
    }
}
