package donna.spec;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The reference model.
 *
 * @param block what every block of it is that is not named in {@code blocks}
 * @param blocks what single blocks of it are, by the block's name
 * @param train how it is trained
 * @param weights safetensors file of finished weights; then nothing is trained
 */
public record TeacherSpec(CandidateSpec block, Map<String, CandidateSpec> blocks, TrainSpec train, Optional<String> weights) {
    public TeacherSpec {
        blocks = Collections.unmodifiableMap(new LinkedHashMap<>(blocks));
    }

    /** What the block called {@code name} is. */
    public CandidateSpec blockOf(String name) {
        return blocks.getOrDefault(name, block);
    }
}
