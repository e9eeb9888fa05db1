package donna.onnx;

import donna.nn.Layer;
import donna.nn.Network;
import donna.tensor.DonnaException;
import donna.tensor.Shape;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * An image classifier from an ONNX file: a network like any other, which can be run, trained on, cut into blocks and
 * exported. Stored tensors of more than one number are its parameters, under the file's names. Immutable and
 * thread-safe.
 */
public final class ImportedModel {
    private final Program program;
    private final Cuts cuts;
    private final Map<String, float[]> values;
    private final int classes;

    private ImportedModel(Program program) {
        this.program = program;
        this.cuts = Cuts.of(program);
        Lowering whole = program.scratch(program.declaredBatch());
        this.values = Collections.unmodifiableMap(new LinkedHashMap<>(whole.values()));
        if (!(whole.items().get(program.file().output()) instanceof Item.Live logits)
                || logits.value().shape().rank() != 2
                || logits.value().shape().dim(0) != program.declaredBatch()) {
            Object found = program.declared().getOrDefault(program.file().output(), Shape.of());
            throw new DonnaException.InvalidInput(program.file().name() + ": its output '" + program.file().output() + "' is " + found
                    + "; expected the logits of a classifier, [N, classes]");
        }
        this.classes = logits.value().shape().dim(1);
    }

    /**
     * Reads a file: opset 11 to 22, one image input, one output of logits.
     *
     * @throws DonnaException.InvalidInput if it is damaged, or holds an op, an attribute or a shape that is not
     *     supported; the message names the node and its place
     */
    public static ImportedModel read(Path file) {
        return new ImportedModel(Program.of(OnnxFile.read(file)));
    }

    /** A place at which the model can be cut: the name of a value of the file, and its shape without the batch. */
    public record Boundary(String name, Shape shape) {}

    Cuts cuts() {
        return cuts;
    }

    /** {@code [C, H, W]}. */
    public Shape image() {
        return cuts.shape(program.file().input());
    }

    public int classes() {
        return classes;
    }

    /** The version of the operators that the file was written for. */
    public int opset() {
        return program.file().opset();
    }

    /** The values of every parameter. */
    public Map<String, float[]> values() {
        return values;
    }

    /** What the file says of itself. */
    public Map<String, String> metadata() {
        return program.file().metadata();
    }

    /** Every place at which the model can be cut, in order. */
    public List<Boundary> boundaries() {
        return cuts.names().subList(1, cuts.names().size() - 1).stream().map(n -> new Boundary(n, cuts.shape(n))).toList();
    }

    /** The ends of stem and blocks as they show in the shapes: where the image gets smaller; none without feature maps. */
    public List<String> automaticCuts() {
        return cuts.automatic();
    }

    /** The model in one piece: no blocks, all of it the head. */
    public Network network() {
        return network(List.of());
    }

    /**
     * The model cut into stem, blocks and head.
     *
     * @param ends names of the stem's result and of each block's, in order
     * @throws DonnaException.InvalidInput if the model cannot be cut there, or they are out of order
     */
    public Network network(List<String> ends) {
        List<String> places = new ArrayList<>(List.of(program.file().input()));
        for (String end : ends) {
            int at = cuts.names().indexOf(end);
            if (at <= cuts.names().indexOf(places.getLast()) || at == cuts.names().size() - 1) {
                throw new DonnaException.InvalidInput(program.file().name() + ": it cannot be cut at '" + end + "' after '"
                        + places.getLast() + "'; the places are, in order, " + boundaries().stream().map(Boundary::name).toList());
            }
            places.add(end);
        }
        List<Layer> parts = new ArrayList<>();
        for (int i = 1; i < places.size(); i++) {
            parts.add(cuts.between(places.get(i - 1), places.get(i)));
        }
        Layer head = cuts.between(places.getLast(), program.file().output());
        Layer stem = parts.isEmpty() ? (w, name, src) -> src : parts.removeFirst();
        return new Network(stem, parts, head);
    }
}
