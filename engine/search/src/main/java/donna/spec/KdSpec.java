package donna.spec;

/**
 * Knowledge distillation from the teacher's logits: {@code alpha T^2 KL(teacher, student) + (1 - alpha) cross-entropy}.
 *
 * @param alpha weight of the teacher
 * @param temperature T, softens both distributions
 */
public record KdSpec(double alpha, double temperature) {}
