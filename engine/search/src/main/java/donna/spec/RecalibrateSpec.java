package donna.spec;

/**
 * Recomputing batch-norm statistics before anything is rated: cumulative average over the first training images.
 *
 * @param images number of images
 * @param batch images per pass
 */
public record RecalibrateSpec(int images, int batch) {}
