/**
 * The CUDA backend. A graph becomes a list of steps ({@link donna.cuda.Step}) over slots of device memory ({@link donna.cuda.Slot}): one switch over the ops
 * ({@link donna.cuda.Lowering}) chooses, for each node, one of our kernels, a matrix product of cuBLASLt or a convolution of cuDNN. Slots of intermediate
 * values are packed by lifetime into one range of the stream's scratch memory, and the whole list is captured into one CUDA graph, so that a run is one launch.
 *
 * <p>A device computes in one precision ({@link donna.cuda.Arithmetic}). Where that is one of 16 bits, what products, convolutions and batch norm write, and the
 * gradients of it, is stored so, and what they multiply is converted to it; parameters, their gradients, statistics and losses are floats, and so is all
 * arithmetic. What is bound is converted at the border.
 *
 * <p>Images lie in memory with the channels last, so that a 1x1 convolution is a matrix product of the pixels as they are, and a larger one is cuDNN's. Streams run side by side; a buffer
 * knows which streams use it ({@link donna.cuda.Uses}), and whoever comes next waits for them on the card, not on the host. Nothing is added up in an order
 * that depends on the card's scheduling: equal inputs give equal bits.
 */
package donna.cuda;
