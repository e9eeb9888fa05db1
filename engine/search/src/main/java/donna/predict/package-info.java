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
 * BlockFeatures features = BlockFeatures.ofNsr(nsr);
 * List<Architecture> toLabel = LabelSelection.evenlySpaced(nsr, 14, 200, seed);
 * var predictor = AccuracyPredictor.fit(features, labels, new AccuracyPredictor.Options(true, false));
 * double top1 = predictor.predict(architecture);
 * Interval range = predictor.interval(architecture, 0.1);
 * Architecture more = NextLabel.of(predictor, pool).architecture();
 * }</pre>
 *
 * <p>A prediction from block features is a sum over blocks, or where cross terms were chosen a chain of neighbouring
 * pairs, so the exact Pareto front of the whole space can be computed from
 * {@link donna.predict.AccuracyPredictor#contributions} and {@link donna.predict.AccuracyPredictor#pairs}. Where there
 * was a trial of finetuning, the accuracy after it is what the fit starts from, and the blocks must earn every
 * departure.
 */
package donna.predict;
