/** How long one training step of a candidate takes through the whole path: layers, gradient, plan. The peer is a PyTorch script on the same work. */
package donna.bench.step;
