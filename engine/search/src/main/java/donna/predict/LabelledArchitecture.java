package donna.predict;

import donna.space.Architecture;
import java.util.Optional;

/**
 * An architecture whose accuracy is known.
 *
 * @param architecture which one
 * @param top1 after finetuning, in any unit (all labels in the same)
 * @param assembled what was seen of it before finetuning, where that was looked at
 */
public record LabelledArchitecture(Architecture architecture, double top1, Optional<Assembled> assembled) {}
