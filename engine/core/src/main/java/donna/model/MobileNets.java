package donna.model;

import donna.data.Normalization;
import donna.graph.Op;
import donna.graph.Value;
import donna.model.InvertedStages.Row;
import donna.nn.ChannelAttention;
import donna.nn.GraphWriter;
import donna.nn.Layer;
import donna.nn.Layers;
import donna.tensor.Activation;
import java.util.ArrayList;
import java.util.List;

/** MobileNetV2 (Sandler et al. 2018) and V3 (Howard et al. 2019). */
final class MobileNets {
    private MobileNets() {}

    /** Width 1.0 and 1.4 are published. */
    static ReferenceModel v2(ReferenceModels.Options o) {
        double width = o.width() == 0 ? 1 : o.width();
        int[][] stages = {{1, 1, 16}, {2, 2, 24}, {3, 2, 32}, {4, 2, 64}, {3, 1, 96}, {3, 2, 160}, {1, 1, 320}}; // repeats, stride, channels
        List<Row> rows = new ArrayList<>();
        for (int s = 0; s < stages.length; s++) {
            int out = InvertedStages.round(stages[s][2] * width);
            rows.add(new Row(s, stages[s][0], 3, stages[s][1], s == 0 ? 0 : 6, out, false, Activation.RELU6));
        }
        int stem = InvertedStages.round(32 * width);
        int features = Math.max(1280, InvertedStages.round(1280 * width));
        return new ReferenceModel(
                "mobilenet_v2",
                o.image(224),
                o.classesOr(1000),
                Normalization.IMAGENET,
                new Layers.ConvNorm("conv_stem", "bn1", stem, 3, 2, Activation.RELU6),
                InvertedStages.units(stem, rows, (in, hidden) -> {
                    throw new IllegalStateException("MobileNetV2 has no attention");
                }),
                new Layers.Head(features, 1, Activation.RELU6, o.classesOr(1000)));
    }

    static ReferenceModel v3Large(ReferenceModels.Options o) {
        Activation r = Activation.RELU;
        Activation h = Activation.HSWISH;
        List<Row> rows = List.of(
                new Row(0, 1, 3, 1, 0, 16, false, r),
                new Row(1, 1, 3, 2, 4, 24, false, r),
                new Row(1, 1, 3, 1, 3, 24, false, r),
                new Row(2, 3, 5, 2, 3, 40, true, r),
                new Row(3, 1, 3, 2, 6, 80, false, h),
                new Row(3, 1, 3, 1, 2.5, 80, false, h),
                new Row(3, 2, 3, 1, 2.3, 80, false, h),
                new Row(4, 2, 3, 1, 6, 112, true, h),
                new Row(5, 3, 5, 2, 6, 160, true, h));
        List<Layers.Named> units = new ArrayList<>(InvertedStages.units(16, rows, (in, hidden) ->
                new ChannelAttention.SqueezeExcite(InvertedStages.round(hidden * 0.25), Activation.RELU, Activation.HSIGMOID)));
        units.add(new Layers.Named("blocks.6.0", new Layers.ConvNorm("conv", "bn1", 960, 1, 1, h)));
        return new ReferenceModel(
                "mobilenet_v3_large",
                o.image(224),
                o.classesOr(1000),
                Normalization.IMAGENET,
                new Layers.ConvNorm("conv_stem", "bn1", 16, 3, 2, h),
                units,
                new PooledHead(1280, o.classesOr(1000)));
    }

    /** V3's head: the last convolution comes after the pool and has a bias instead of batch norm. */
    private record PooledHead(int channels, int classes) implements Layer {
        @Override
        public Value write(GraphWriter w, String name, Value src) {
            Value x = w.graph().at(name + "global_pool").add(new Op.GlobalAveragePool(), src);
            x = w.activate(w.pointwise(name + "conv_head", x, channels), Activation.HSWISH);
            return w.linear(name + "classifier", x, classes);
        }
    }
}
