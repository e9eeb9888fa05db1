package donna.spec;

import java.util.Optional;

/**
 * The reference model.
 *
 * @param block what every block of it is
 * @param train how it is trained
 * @param weights safetensors file of finished weights; then nothing is trained
 */
public record TeacherSpec(CandidateSpec block, TrainSpec train, Optional<String> weights) {}
