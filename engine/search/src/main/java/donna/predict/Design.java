package donna.predict;

/**
 * Rows of one form of the features, ready for a regression.
 *
 * @param variant the form
 * @param rows by observation
 * @param columns of each row
 */
record Design(Variant variant, double[][] rows, Columns columns) {}
