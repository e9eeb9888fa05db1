/**
 * Benchmarks: {@code benchmarks/run} measures what this machine can do at best, then ops, training steps and the search
 * by JMH, and writes {@code benchmarks/results/<machine>.json}; {@code benchmarks/peers/} races whole tasks against
 * PyTorch.
 *
 * <p>One class asks one question. {@link donna.bench.Question} says how much work an invocation is, so that a time
 * becomes a rate in the field's units; a case is compared with the reference backend before it is timed.
 */
package donna.bench;
