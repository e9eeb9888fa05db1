package donna.predict;

import donna.space.Architecture;

/**
 * An architecture whose accuracy is known.
 *
 * @param architecture which one
 * @param top1 after finetuning, in any unit (all labels in the same)
 * @param top1BeforeFinetuning of the network assembled from the block library with batch norm recalibrated, in the same
 *     unit
 */
public record LabelledArchitecture(Architecture architecture, double top1, double top1BeforeFinetuning) {}
