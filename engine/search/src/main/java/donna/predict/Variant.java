package donna.predict;

/** How a block's NSR enters the prediction, simplest first. */
public enum Variant {
    /** The level. */
    LINEAR,
    /** The level and its square. */
    SQUARES,
    /** The logarithm of the level. */
    LOG
}
