package donna.distill;

import donna.backend.Device;
import donna.data.Augmentation;
import donna.data.Batcher;
import donna.data.Dataset;
import donna.graph.Mask;
import donna.jobs.Checkpoint;
import donna.jobs.Progress;
import donna.jobs.Store;
import donna.nn.Network;
import donna.space.SearchSpace;
import donna.spec.SearchSpec;
import donna.tensor.Shape;
import donna.train.Batches;
import donna.train.Workers;

/**
 * What every stage needs.
 *
 * @param spec the user's file
 * @param space its blocks and candidates
 * @param images the data
 * @param workers threads with a stream each, of all devices
 * @param progress is told how it goes
 * @param store keeps finished pieces
 * @param checkpointSeconds least time between two checkpoints of one piece of work
 */
public record Setting(
        SearchSpec spec,
        SearchSpace space,
        Images images,
        Workers workers,
        Progress progress,
        Store store,
        double checkpointSeconds) {
    /** The device of what is measured, and of work that is not cut into independent jobs. A job runs on the device of its stream. */
    public Device device() {
        return workers.devices().getFirst();
    }

    /** Whether all work is one device's whose every thread has a network of its own, as a CPU's; elsewhere work is queued where its compiled graphs are. */
    boolean singly() {
        return workers.devices().size() == 1 && device().membersAtOnce() == 1;
    }

    /** {@code [C, H, W]}. */
    public Shape imageShape() {
        return Batches.imageShape(images.train());
    }

    /** The reference model. */
    public Network teacher() {
        return Networks.teacher(spec, space);
    }

    /** Plain batches of {@code data}. */
    public Batcher plain(Dataset data) {
        return new Batcher(data, images.normalization(), Augmentation.NONE, 0);
    }

    /** The checkpoints of the work called {@code key}. */
    public Checkpoint checkpoint(String key) {
        return new Checkpoint(store, key, checkpointSeconds);
    }

    /** A key of randomness for one purpose. */
    public long seed(String stage, long index) {
        long h = spec.seed();
        for (int i = 0; i < stage.length(); i++) {
            h = Mask.mix(h ^ stage.charAt(i));
        }
        return Mask.mix(h ^ index);
    }
}
