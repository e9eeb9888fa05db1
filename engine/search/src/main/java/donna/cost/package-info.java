/**
 * What an architecture costs: multiply-accumulates, parameters, latency as the sum of its blocks, or measured as a
 * whole.
 *
 * <p>A table of blocks makes a search over billions of architectures possible and its front exact, but only if the
 * parts add up to the
 * whole. {@link donna.cost.Additivity} says how well they do, from whole networks that were measured beside the sums.
 *
 * <pre>{@code
 * LatencyTable table = new LatencyTable(32, stemAndHeadMs, blockMs);
 * double ms = table.of(architecture);
 * Additivity check = Additivity.of(sumsMs, wholesMs);
 * }</pre>
 */
package donna.cost;
