/**
 * The search space: blocks, the candidates of each, and architectures, which choose one candidate per block.
 *
 * <pre>{@code
 * SearchSpace space = SearchSpace.of(spec);
 * Architecture a = space.parse("mk5e4d2r_mk7e4d2r_mk7e4d2r_mk3e2d3r");
 * Candidate second = space.candidate(1, a.choice(1));
 * }</pre>
 */
package donna.space;
