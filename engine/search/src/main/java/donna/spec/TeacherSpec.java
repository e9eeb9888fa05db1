package donna.spec;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The reference model.
 *
 * @param block what every block of it is that is not named in {@code blocks}; empty for a reference model, whose other blocks are its own
 * @param blocks what single blocks of it are, by the block's name
 * @param train how it is trained
 * @param weights file of finished weights (safetensors, or what torch.save wrote); then nothing is trained
 * @param finetune whether it is trained from these weights, or those in the model's file, all the same: on images that they have not seen
 */
public record TeacherSpec(Optional<CandidateSpec> block, Map<String, CandidateSpec> blocks, TrainSpec train, Optional<String> weights, boolean finetune) {
    public TeacherSpec {
        blocks = Collections.unmodifiableMap(new LinkedHashMap<>(blocks));
    }

    /** What the block called {@code name} is, if the spec says so: those of a reference model are its own otherwise. */
    public Optional<CandidateSpec> blockOf(String name) {
        return Optional.ofNullable(blocks.get(name)).or(() -> block);
    }
}
