/**
 * From block qualities to an architecture's accuracy.
 *
 * <p>With twenty labels and a free regression, noise decides the slopes: such a fit ranked worse than the plain sum of
 * the blocks' NSRs. So the
 * plain sum is where the fit starts from, and the labels must earn every departure from it: one common slope for all
 * blocks, deviations
 * penalised, no block whose worse copy is predicted to be more accurate, and curvature only where leave-one-out shows
 * that it helps.
 *
 * <pre>{@code
 * List<Architecture> toLabel = LabelSelection.evenlySpaced(nsr, 14, 200, seed);
 * AccuracyPredictor predictor = AccuracyPredictor.fit(nsr, labels, true);
 * double top1 = predictor.predict(architecture);
 * Interval range = predictor.interval(architecture, 0.1);
 * }</pre>
 *
 * <p>A prediction is a sum over blocks, so the exact Pareto front of the whole space can be computed from
 * {@link donna.predict.AccuracyPredictor#contributions}.
 */
package donna.predict;
