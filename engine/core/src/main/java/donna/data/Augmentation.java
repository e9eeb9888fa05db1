package donna.data;

import donna.tensor.DonnaException;

/**
 * Random changes of a training image.
 *
 * @param flip mirrored left to right with probability one half
 * @param padCrop pixels of black added on each side before a crop of the original size at a uniformly drawn place;
 *     0 for none
 */
public record Augmentation(boolean flip, int padCrop) {
    /** The image as it is. */
    public static final Augmentation NONE = new Augmentation(false, 0);

    /** Largest padding; far beyond any use, it bounds what a spec can ask for. */
    private static final int MAX_PAD = 1024;

    public Augmentation {
        if (padCrop < 0 || padCrop > MAX_PAD) {
            throw new DonnaException.InvalidInput(
                    "augmentation: padCrop " + padCrop + " is outside 0 to " + MAX_PAD + " pixels");
        }
    }
}
