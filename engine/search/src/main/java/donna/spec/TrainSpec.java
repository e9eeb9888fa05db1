package donna.spec;

/**
 * One training: how long, on how many images, how fast.
 *
 * @param epochs passes over {@code images}
 * @param images number of training images used, the first ones
 * @param batch images per step, a multiple of {@code shards}
 * @param lr peak learning rate
 * @param augment what happens to each image
 * @param shards parts of a batch whose gradients are computed apart and averaged, each with its own batch-norm
 *     statistics; results depend
 *     on it and never on the number of threads
 * @param labelSmoothing share of the target spread evenly over the classes
 * @param optimizer update rule, schedule, clipping, averaging
 */
public record TrainSpec(
        int epochs,
        int images,
        int batch,
        double lr,
        DatasetSpec.Augment augment,
        int shards,
        double labelSmoothing,
        OptimizerSpec optimizer) {

    /** Steps of the whole training: the last, incomplete batch of an epoch is left out. */
    public int steps() {
        return epochs * (images / batch);
    }

    /** The same training with another learning rate. */
    public TrainSpec withLr(double rate) {
        return new TrainSpec(epochs, images, batch, rate, augment, shards, labelSmoothing, optimizer);
    }

    /** The same training on at most this many images. */
    public TrainSpec withAtMost(int count) {
        return new TrainSpec(
                epochs, Math.min(images, count), Math.min(batch, count), lr, augment, shards, labelSmoothing, optimizer);
    }

    /** The same training cut to a share of its images, each seen once if that is enough; one step at least. */
    public TrainSpec share(int parts) {
        int seen = Math.max(batch, epochs * images / parts);
        return new TrainSpec(
                Math.ceilDiv(seen, images), Math.min(images, seen), batch, lr, augment, shards, labelSmoothing, optimizer);
    }

    /** The same training with another number of epochs. */
    public TrainSpec withEpochs(int count) {
        return new TrainSpec(count, images, batch, lr, augment, shards, labelSmoothing, optimizer);
    }
}
