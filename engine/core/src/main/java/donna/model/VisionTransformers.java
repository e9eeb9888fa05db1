package donna.model;

import donna.data.Normalization;
import donna.nn.Layers;
import donna.nn.Transformer;
import donna.tensor.Activation;
import donna.tensor.DonnaException;
import donna.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/** ViT (Dosovitskiy et al. 2021) and DeiT (Touvron et al. 2021) in their small sizes, for patches of any side; published with 16. */
final class VisionTransformers {
    private static final int DEPTH = 12;

    private VisionTransformers() {}

    /** @param heads of 64 channels each */
    static ReferenceModel of(String name, int heads, Normalization normalization, ReferenceModels.Options o) {
        int patch = o.patch() == 0 ? 16 : o.patch();
        Shape image = o.image(224);
        if (image.dim(1) % patch != 0) {
            throw new DonnaException.InvalidInput("model " + name + ": an image of " + image.dim(1) + " pixels does not divide into patches of " + patch
                    + "; change the image size or the patch");
        }
        int width = 64 * heads;
        List<Layers.Named> units = new ArrayList<>();
        for (int i = 0; i < (o.depth() == 0 ? DEPTH : o.depth()); i++) {
            units.add(new Layers.Named("blocks." + i, new Transformer.Encoder(heads, 4 * width, Activation.GELU)));
        }
        int classes = o.classesOr(1000);
        return new ReferenceModel(name, image, classes, normalization, new Transformer.PatchEmbedding(width, patch), units, new Transformer.ClassHead(classes));
    }
}
