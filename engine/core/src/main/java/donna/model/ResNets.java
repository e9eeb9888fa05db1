package donna.model;

import donna.data.Normalization;
import donna.nn.Layer;
import donna.nn.Layers;
import donna.nn.Residual;
import donna.nn.Residual.Shortcut;
import donna.tensor.Activation;
import donna.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Residual networks (He et al. 2016), for ImageNet as timm has them and for CIFAR with option A shortcuts. */
final class ResNets {
    private ResNets() {}

    static ReferenceModel imageNet(int depth, ReferenceModels.Options o) {
        int[] repeats = depth == 18 ? new int[] {2, 2, 2, 2} : new int[] {3, 4, 6, 3};
        List<Layers.Named> units = new ArrayList<>();
        for (int stage = 0; stage < repeats.length; stage++) {
            int width = 64 << stage;
            for (int i = 0; i < repeats[stage]; i++) {
                int stride = stage > 0 && i == 0 ? 2 : 1;
                Layer block = depth < 50
                        ? new Residual.Basic(width, 3, stride, Shortcut.PROJECTION, Optional.empty(), Activation.RELU)
                        : new Residual.Bottleneck(width, 4 * width, 3, stride, Shortcut.PROJECTION, Optional.empty(), Activation.RELU);
                units.add(new Layers.Named("layer" + (stage + 1) + "." + i, block));
            }
        }
        Layer stem = new Layers.Chain(List.of(new Layers.ConvNorm("conv1", "bn1", 64, 7, 2, Activation.RELU), new Layers.MaxPool(3, 2)));
        return model("resnet" + depth, o.image(224), o.classesOr(1000), stem, units, "fc");
    }

    static ReferenceModel cifar(int depth, ReferenceModels.Options o) {
        List<Layers.Named> units = new ArrayList<>();
        for (int stage = 0; stage < 3; stage++) {
            for (int i = 0; i < (depth - 2) / 6; i++) {
                int stride = stage > 0 && i == 0 ? 2 : 1;
                Layer block = new Residual.Basic(16 << stage, 3, stride, Shortcut.ZERO_PADDING, Optional.empty(), Activation.RELU);
                units.add(new Layers.Named("layer" + (stage + 1) + "." + i, block));
            }
        }
        Layer stem = new Layers.ConvNorm("conv1", "bn1", 16, 3, 1, Activation.RELU);
        return model("cifar_resnet" + depth, o.image(32), o.classesOr(10), stem, units, "linear");
    }

    private static ReferenceModel model(String name, Shape image, int classes, Layer stem, List<Layers.Named> units, String classifier) {
        return new ReferenceModel(
                name, image, classes, Normalization.IMAGENET, stem, units, new Layers.PooledLinear(classifier, classes));
    }
}
