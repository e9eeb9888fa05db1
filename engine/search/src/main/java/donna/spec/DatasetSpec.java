package donna.spec;

import java.util.List;
import java.util.Optional;

/**
 * The labelled images of a search.
 *
 * @param name which kind of data set
 * @param path folder that holds it; empty: the fetched copy in the user's cache (only data sets with a known address)
 * @param train number of training images, the first of the training set
 * @param validation number of images held out of training, the last of the training set
 * @param resize length to which the shorter side of image files is scaled before the centre square of the model's input is cut out; the input's side
 *     unless given
 * @param normalize what is subtracted and divided by, in units of pixel / 255
 * @param augment what training does to an image unless a stage says otherwise; distillation never augments by default
 */
public record DatasetSpec(
        Kind name, Optional<String> path, int train, int validation, int resize, Normalize normalize, Augment augment) {

    /** Where images come from. */
    public enum Kind {
        FASHION_MNIST(60_000, 1, List.of(0.2860), List.of(0.3530)),
        MNIST(60_000, 1, List.of(0.1307), List.of(0.3081)),
        CIFAR10(50_000, 3, List.of(0.4914, 0.4822, 0.4465), List.of(0.2470, 0.2435, 0.2616)),
        /** Four IDX files, plain or gzip, in {@code path}. */
        IDX(0, 0, List.of(), List.of()),
        /** Files in the binary form of CIFAR-10 in {@code path}. */
        CIFAR_BINARY(0, 0, List.of(), List.of()),
        /** One folder of JPEG or PNG files per class below {@code path/train} and {@code path/test}. */
        IMAGE_FOLDER(0, 0, List.of(), List.of());

        final int images;
        final int channels;
        final List<Double> mean;
        final List<Double> std;

        Kind(int images, int channels, List<Double> mean, List<Double> std) {
            this.images = images;
            this.channels = channels;
            this.mean = mean;
            this.std = std;
        }

        /** Whether the project knows where to fetch it. */
        public boolean isNamed() {
            return images > 0;
        }

        /** The word the spec uses, such as {@code fashion-mnist}. */
        public String word() {
            return Section.word(this);
        }
    }

    /** Mean and standard deviation, one value per channel. */
    public record Normalize(List<Double> mean, List<Double> std) {
        public Normalize {
            mean = List.copyOf(mean);
            std = List.copyOf(std);
        }
    }

    /**
     * Random changes of training images.
     *
     * @param flip mirror left-right with probability one half
     * @param padCrop zero padding in pixels before a random crop back to size; 0: none
     * @param resizedCrop a random part brought back to size
     * @param jitter random changes of colour
     * @param randAugment operations drawn from a list
     * @param erasing probability that a rectangle becomes the mean
     * @param mixup parameter of the Beta distribution of the share in which two images are mixed; 0: none
     * @param cutmix the same of the area that one image leaves to another; 0: none
     */
    public record Augment(
            boolean flip,
            int padCrop,
            Optional<ResizedCrop> resizedCrop,
            Optional<ColourJitter> jitter,
            Optional<RandAugment> randAugment,
            double erasing,
            double mixup,
            double cutmix) {
        /** The image as it is. */
        public static final Augment NONE = new Augment(false, 0);

        /** Mirroring, and pad and crop, alone. */
        public Augment(boolean flip, int padCrop) {
            this(flip, padCrop, Optional.empty(), Optional.empty(), Optional.empty(), 0, 0, 0);
        }
    }

    /**
     * Which parts a random resized crop takes.
     *
     * @param scale smallest and largest share of the area
     * @param ratio smallest and largest width divided by height
     */
    public record ResizedCrop(List<Double> scale, List<Double> ratio) {
        public ResizedCrop {
            scale = List.copyOf(scale);
            ratio = List.copyOf(ratio);
        }
    }

    /** How far colours change: factors in {@code 1 - x .. 1 + x}, the hue by up to {@code hue} of the circle. */
    public record ColourJitter(double brightness, double contrast, double saturation, double hue) {}

    /** Number and strength (0 to 30) of the operations. */
    public record RandAugment(int ops, int magnitude) {}
}
