package donna.model;

import donna.data.Normalization;
import donna.tensor.DonnaException;
import donna.tensor.Shape;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;

/** The reference models by name. */
public final class ReferenceModels {
    /**
     * What may differ from the published model; 0 is as published.
     *
     * @param imageSize side of the square images, in pixels
     * @param classes results of the classifier
     * @param width multiplies the channels; only {@code mobilenet_v2} has such a form
     * @param patch side of a transformer's patches, in pixels
     * @param depth encoders of a transformer
     */
    public record Options(int imageSize, int classes, double width, int patch, int depth) {
        /** As published. */
        public static final Options PUBLISHED = new Options(0, 0, 0, 0, 0);

        public Options withImageSize(int size) {
            return new Options(size, classes, width, patch, depth);
        }

        public Options withClasses(int count) {
            return new Options(imageSize, count, width, patch, depth);
        }

        Shape image(int published) {
            int side = imageSize == 0 ? published : imageSize;
            return Shape.of(3, side, side);
        }

        int classesOr(int published) {
            return classes == 0 ? published : classes;
        }
    }

    /** How a model is made, and in which of the options' ways it may differ from the published one. */
    private record Family(Function<Options, ReferenceModel> make, boolean widths, boolean transformer) {}

    private static final Map<String, Family> ALL = new TreeMap<>();

    static {
        ALL.put("mobilenet_v2", new Family(MobileNets::v2, true, false));
        convolutional("mobilenet_v3_large", MobileNets::v3Large);
        for (int b = 0; b < 5; b++) {
            int size = b;
            convolutional("efficientnet_b" + b, o -> EfficientNets.b(size, o));
        }
        for (int depth : new int[] {18, 34, 50}) {
            convolutional("resnet" + depth, o -> ResNets.imageNet(depth, o));
        }
        for (int depth : new int[] {20, 32, 44, 56}) {
            convolutional("cifar_resnet" + depth, o -> ResNets.cifar(depth, o));
        }
        transformer("vit_tiny", 3, Normalization.HALF);
        transformer("vit_small", 6, Normalization.HALF);
        transformer("deit_tiny", 3, Normalization.IMAGENET);
    }

    private static void convolutional(String name, Function<Options, ReferenceModel> make) {
        ALL.put(name, new Family(make, false, false));
    }

    private static void transformer(String name, int heads, Normalization normalization) {
        ALL.put(name, new Family(o -> VisionTransformers.of(name, heads, normalization, o), false, true));
    }

    private ReferenceModels() {}

    /** All names, sorted. */
    public static Set<String> names() {
        return Collections.unmodifiableSet(ALL.keySet());
    }

    /**
     * A model.
     *
     * @throws DonnaException.InvalidInput if there is no such model or form of it
     */
    public static ReferenceModel of(String name, Options options) {
        Family family = ALL.get(name);
        if (family == null) {
            throw new DonnaException.InvalidInput("model '" + name + "' is unknown; there are " + String.join(", ", ALL.keySet()));
        }
        check(name, options.width() == 0 || family.widths(), "a width");
        check(name, options.patch() == 0 || family.transformer(), "patches");
        check(name, options.depth() == 0 || family.transformer(), "a depth");
        return family.make().apply(options);
    }

    private static void check(String name, boolean fits, String what) {
        if (!fits) {
            throw new DonnaException.InvalidInput("model " + name + " has no form with " + what + " of its own; leave it out");
        }
    }
}
