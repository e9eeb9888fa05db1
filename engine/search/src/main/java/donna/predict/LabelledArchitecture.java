package donna.predict;

import donna.space.Architecture;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * An architecture whose accuracy is known.
 *
 * @param architecture which one
 * @param top1 after finetuning, in any unit (all labels in the same)
 * @param assembled what was seen of it before finetuning, where that was looked at
 * @param trialTop1 after a trial of finetuning, a small share of the whole, where there was one
 */
public record LabelledArchitecture(
        Architecture architecture, double top1, Optional<Assembled> assembled, OptionalDouble trialTop1) {
    /** One of which nothing else is known. */
    public LabelledArchitecture(Architecture architecture, double top1) {
        this(architecture, top1, Optional.empty(), OptionalDouble.empty());
    }
}
