package donna.spec;

import java.util.List;

/**
 * A block family that a user composes: the ops of one of its layers, in order. A candidate of type {@code composed} names it and gives kernel, expansion,
 * depth and activation; its first layer carries the block's stride and change of channels.
 *
 * @param residual whether a layer's input is added to its result where their shapes are equal
 * @param ops one after another
 */
public record FamilySpec(boolean residual, List<Step> ops) {
    public FamilySpec {
        ops = List.copyOf(ops);
    }

    /** What a step does; every convolution is followed by batch norm and the activation. */
    public enum Kind {
        /** Full or grouped convolution. */
        CONV,
        /** One filter a channel. */
        DEPTHWISE,
        MAX_POOL,
        AVERAGE_POOL,
        /** Each channel moved by a fixed number of pixels. */
        SHIFT,
        SQUEEZE_EXCITE,
        /** Efficient channel attention. */
        ECA
    }

    /** The candidate's own kernel or activation, in place of a fixed one. */
    public static final String KERNEL = "kernel";

    public static final String ACT = "act";

    /** Channels of a layer: what comes in, what the expansion gives, what goes out. */
    public static final List<String> CHANNELS = List.of("in", "hidden", "out");

    /**
     * One op.
     *
     * @param kernel an odd number, or {@link #KERNEL}
     * @param channels of a convolution's result: a number, or one of {@link #CHANNELS}
     * @param groups channel groups of a {@link Kind#CONV}
     * @param stride whether this op carries the block's stride
     * @param act an activation's word, or {@link #ACT}
     */
    public record Step(Kind op, String kernel, String channels, int groups, boolean stride, String act) {}
}
