package donna.spec;

/**
 * Blockwise distillation of every candidate.
 *
 * @param train how each candidate is trained on the teacher's features
 * @param validation number of held-out images on which a candidate's NSR is measured
 * @param varianceFloor smallest variance of a teacher channel that the NSR divides by
 * @param keepTeacher whether a candidate that is the teacher's own block takes its weights instead of being trained; its NSR is then 0
 */
public record DistillSpec(TrainSpec train, int validation, double varianceFloor, boolean keepTeacher) {}
