package donna.spec;

/** What a candidate's layers are. */
public enum BlockType {
    /** 1x1 expansion, depthwise kxk, 1x1 projection. */
    MBCONV,
    /** As {@link #MBCONV}, the kxk convolution has {@code groupWidth} channels a group. */
    GROUPED,
    /** Full kxk convolution, 1x1 projection. */
    FUSED,
    /** Residual block of two kxk convolutions; it has no expansion. */
    BASIC,
    /** Residual block of 1x1, kxk, 1x1; the expansion divides: the middle has {@code out / expand} channels. */
    BOTTLENECK,
    /** 1x1 expansion, each channel shifted by up to half a kernel, 1x1 projection. */
    SHIFT,
    /** Attention between pixels or tokens, and two linear layers, the inner one {@code expand} times as wide; it has heads and no kernel. */
    TRANSFORMER,
    /** A family that the user composes. */
    COMPOSED,
    /**
     * Units of the reference model itself: {@code depth} of them, those that change size or channels first; a kernel cuts larger windows, and channel
     * attention stays only where it is asked for. It has neither expansion nor activation of its own.
     */
    OWN
}
