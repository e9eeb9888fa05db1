package donna.model;

import donna.data.Normalization;
import donna.model.InvertedStages.Row;
import donna.nn.ChannelAttention;
import donna.nn.Layers;
import donna.tensor.Activation;
import java.util.ArrayList;
import java.util.List;

/** EfficientNet-B0 to B4 (Tan and Le 2019), with symmetric padding as timm trains them. */
final class EfficientNets {
    private static final double[] WIDTH = {1.0, 1.0, 1.1, 1.2, 1.4};
    private static final double[] DEPTH = {1.0, 1.1, 1.2, 1.4, 1.8};
    private static final int[] IMAGE = {224, 240, 260, 300, 380};

    private EfficientNets() {}

    static ReferenceModel b(int size, ReferenceModels.Options o) {
        int[][] stages = { // repeats, kernel, stride, expansion, channels
            {1, 3, 1, 0, 16}, {2, 3, 2, 6, 24}, {2, 5, 2, 6, 40}, {3, 3, 2, 6, 80}, {3, 5, 1, 6, 112}, {4, 5, 2, 6, 192}, {1, 3, 1, 6, 320}
        };
        List<Row> rows = new ArrayList<>();
        for (int s = 0; s < stages.length; s++) {
            int[] t = stages[s];
            int repeats = (int) Math.ceil(t[0] * DEPTH[size]);
            rows.add(new Row(s, repeats, t[1], t[2], t[3], InvertedStages.round(t[4] * WIDTH[size]), true, Activation.SWISH));
        }
        int stem = InvertedStages.round(32 * WIDTH[size]);
        return new ReferenceModel(
                "efficientnet_b" + size,
                o.image(IMAGE[size]),
                o.classesOr(1000),
                Normalization.IMAGENET,
                new Layers.ConvNorm("conv_stem", "bn1", stem, 3, 2, Activation.SWISH),
                InvertedStages.units(stem, rows, (in, hidden) ->
                        new ChannelAttention.SqueezeExcite((int) Math.rint(in * 0.25), Activation.SWISH, Activation.SIGMOID)),
                new Layers.Head(InvertedStages.round(1280 * WIDTH[size]), 1, Activation.SWISH, o.classesOr(1000)));
    }
}
