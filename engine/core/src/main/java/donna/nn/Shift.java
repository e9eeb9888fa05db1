package donna.nn;

import donna.graph.Op;
import donna.graph.Value;
import donna.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/**
 * Moves each channel by a fixed number of pixels (Wu et al. 2018): a spatial layer without weights or multiplications. The channels are cut into
 * {@code kernel * kernel} groups as equal as possible; the group at {@code (i, j)} of the kernel takes its pixels from {@code (i, j)} relative to the
 * kernel's middle, zeros from outside.
 *
 * @param kernel odd
 */
public record Shift(int kernel) implements Layer {
    private static final List<Integer> EACH = List.of(1, 1, 1, 1);

    @Override
    public Value write(GraphWriter w, String name, Value src) {
        w.graph().at(name + "shift");
        int channels = src.shape().dim(1);
        int groups = kernel * kernel;
        List<Value> parts = new ArrayList<>();
        for (int g = 0; g < groups; g++) {
            int from = g * channels / groups;
            int to = (g + 1) * channels / groups;
            if (to > from) {
                parts.add(shifted(w, src, from, to, g / kernel - kernel / 2, g % kernel - kernel / 2));
            }
        }
        return parts.size() == 1 ? parts.getFirst() : w.graph().node(new Op.Concat(1), parts).output(0);
    }

    private static Value shifted(GraphWriter w, Value src, int from, int to, int dy, int dx) {
        Shape whole = src.shape().with(1, to - from);
        int rows = whole.dim(2) - Math.abs(dy);
        int columns = whole.dim(3) - Math.abs(dx);
        if (rows < 1 || columns < 1) {
            Value any = w.graph().add(new Op.Slice(List.of(0, from, 0, 0), EACH, whole), src);
            return w.graph().add(new Op.Scale(0), any);
        }
        Shape inside = whole.with(2, rows).with(3, columns);
        Value part = w.graph().add(new Op.Slice(List.of(0, from, Math.max(0, dy), Math.max(0, dx)), EACH, inside), src);
        return dy == 0 && dx == 0 ? part : w.graph().add(new Op.Pad(List.of(0, 0, Math.max(0, -dy), Math.max(0, -dx)), EACH, whole), part);
    }
}
