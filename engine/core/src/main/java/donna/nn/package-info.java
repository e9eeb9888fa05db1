/**
 * Layers: small records that write ops into a graph. A {@link donna.nn.GraphWriter} decides how batch norm is written (training, inference, folded into
 * the convolution), so that one description of a network gives its training step, its evaluation and its deployed form.
 */
package donna.nn;
