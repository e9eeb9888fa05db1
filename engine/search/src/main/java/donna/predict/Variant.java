package donna.predict;

/** How the blocks' NSRs enter the prediction, simplest first. */
public enum Variant {
    /** Their levels. */
    LINEAR,
    /** Their levels and squares. */
    SQUARES,
    /** The logarithms of their levels. */
    LOG,
    /** Their levels and the products of neighbours: no sum over blocks, but a chain of pairs. */
    CROSS
}
