package donna.predict;

/**
 * What the network assembled from the block library gives before any finetuning, batch norm recalibrated: it costs
 * inference only.
 *
 * @param top1 accuracy, a share of 1
 * @param teacherKl mean Kullback-Leibler divergence of its outputs from the teacher's, in nats
 */
public record Assembled(double top1, double teacherKl) {}
