package donna.onnx;

import donna.graph.Value;
import donna.nn.GraphWriter;
import donna.nn.Layer;
import donna.tensor.DonnaException;
import donna.tensor.Shape;
import java.util.Arrays;
import java.util.List;

/**
 * A part of a file between two values through which everything passes. Parameters keep the file's names, wherever the
 * part is written.
 *
 * @param from name of the value that {@code src} is
 * @param to name of the value that it gives
 */
record Segment(Program program, List<Step> steps, String from, String to) implements Layer {
    Segment {
        steps = List.copyOf(steps);
    }

    @Override
    public Value write(GraphWriter w, String name, Value src) {
        int batch = src.shape().dim(0);
        Shape expected = program.declared().get(from);
        int[] found = src.shape().with(0, expected.dim(0)).dims();
        if (!Arrays.equals(found, expected.dims())) {
            throw new DonnaException.ShapeMismatch(program.file().name() + ": '" + from + "' is given as " + src.shape()
                    + "; the model was made for " + expected + " with any number of images");
        }
        Lowering l = new Lowering(program, w, batch);
        program.scratch(batch).items().forEach((known, item) -> {
            if (item instanceof Item.Known) {
                l.define(known, item);
            }
        });
        l.define(from, new Item.Live(src));
        l.write(steps);
        if (l.items().get(to) instanceof Item.Live result) {
            return result.value();
        }
        throw new DonnaException.InvalidInput(program.file().name() + ": '" + to + "' does not depend on the images");
    }
}
