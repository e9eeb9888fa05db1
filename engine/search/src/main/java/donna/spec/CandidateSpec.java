package donna.spec;

import donna.tensor.Activation;

/**
 * One way to build a block, as the spec words it.
 *
 * @param type the convolution in the middle
 * @param kernel side of the kxk convolution, odd
 * @param expand hidden channels as a multiple of the layer's input channels
 * @param depth number of layers
 * @param se whether squeeze-and-excitation follows the kxk convolution
 * @param act the activation
 */
public record CandidateSpec(BlockType type, int kernel, int expand, int depth, boolean se, Activation act) {}
