package donna.spec;

/** The convolution in the middle of a candidate's layers. */
public enum BlockType {
    /** 1x1 expansion, depthwise kxk, 1x1 projection. */
    MBCONV,
    /** As {@link #MBCONV}, the kxk convolution has {@code groupWidth} channels a group. */
    GROUPED,
    /** Full kxk convolution, 1x1 projection. */
    FUSED
}
