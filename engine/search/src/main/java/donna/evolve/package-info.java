/**
 * Searching architectures for the best trade-offs.
 *
 * <p>{@link donna.evolve.Evolution} is NSGA-II over one choice per block, for any {@link donna.evolve.Problem} that is
 * rated at once; {@link donna.evolve.MeasuredEvolution} waits for measurements and keeps them, and {@link
 * donna.evolve.AskTell} leaves rating to others. Where every objective is a sum over blocks, or over pairs of
 * neighbours, {@link donna.evolve.ExactFront} computes the complete front instead, so that what evolution missed is a
 * number, and a {@link donna.evolve.FrontCertificate} proves it.
 *
 * <pre>{@code
 * AdditiveProblem problem = AdditiveProblem.of(spec.search(), predictor, latency, macs, params);
 * ParetoFront found = Evolution.search(spec.search(), problem, seed, threads, progress);
 * ParetoFront exact = ExactFront.of(problem);
 * double share = found.hypervolume(problem.worst()) / exact.hypervolume(problem.worst());
 * Individual pick = found.best(1, 0.35 * teacherMs).orElseThrow();
 * }</pre>
 *
 * <p>Nothing random is drawn from a stream: every draw is a function of (seed, island, generation, individual, draw), so
 * that threads may take islands, and individuals to rate, in any order and the result has the same bits. There is no lock
 * and no queue: {@link donna.evolve.Crew} says how work is handed out, {@link donna.evolve.Post} how a measurement is,
 * {@link donna.evolve.ParetoArchive} how many threads keep one front.
 */
package donna.evolve;
