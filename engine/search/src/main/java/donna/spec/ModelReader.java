package donna.spec;

import donna.model.ReferenceModel;
import donna.tensor.Activation;
import donna.tensor.DonnaException;
import donna.tensor.Shape;
import donna.train.Inference;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads the skeleton of a search: written out, or a reference model's. */
final class ModelReader {
    private static final int MOST = 1 << 16;

    private ModelReader() {}

    static ModelSpec model(Section s) {
        ModelSpec model = s.has("reference") ? reference(s) : written(s);
        s.close();
        return model;
    }

    private static ModelSpec written(Section s) {
        List<Integer> input = s.integers("input", 1, MOST);
        if (!input.isEmpty() && input.size() != 3) {
            s.mistake("input", input + " has " + input.size() + " numbers; expected [channels, height, width]");
        }
        Section stem = s.section("stem");
        ModelSpec.Stem stemSpec = new ModelSpec.Stem(
                odd(stem, "conv", 3, 11),
                stem.integer("stride", 1, 4, 1),
                stem.integer("channels", 1, MOST),
                stem.word("act", Activation.SWISH));
        stem.close();
        List<ModelSpec.BlockSpec> blocks = blocks(s);
        Section head = s.section("head");
        ModelSpec.Head headSpec = new ModelSpec.Head(
                odd(head, "conv", 1, 11),
                head.integer("channels", 1, MOST),
                head.word("act", Activation.SWISH),
                head.integer("classes", 2, 1 << 20));
        head.close();
        return new ModelSpec(input, Optional.empty(), Optional.of(stemSpec), blocks, Optional.of(headSpec));
    }

    private static List<ModelSpec.BlockSpec> blocks(Section s) {
        List<ModelSpec.BlockSpec> blocks = new ArrayList<>();
        for (Section b : s.sections("blocks")) {
            blocks.add(new ModelSpec.BlockSpec(b.text("name"), b.integer("in", 1, MOST), b.integer("out", 1, MOST), b.integer("stride", 1, 64, 1)));
            b.close();
        }
        return blocks;
    }

    private static int odd(Section s, String key, int fallback, int max) {
        int value = s.integer(key, 1, max, fallback);
        if (value % 2 == 0) {
            s.mistake(key, value + " is even; allowed odd numbers from 1 to " + max);
        }
        return value;
    }

    /** Input and blocks follow from the model; a resolved spec says them too, and they must be the same. */
    private static ModelSpec reference(Section s) {
        Section r = s.section("reference");
        Optional<String> file = r.has("file") ? Optional.of(r.text("file")) : Optional.empty();
        String name = file.isPresent() && !r.has("name") ? "" : r.text("name");
        for (String key : List.of("image", "classes", "width", "patch", "depth")) {
            if (file.isPresent() && r.has(key) && !r.has("name")) {
                r.mistake(key, "is what the file says; leave it out");
            }
        }
        ReferenceSpec asked = new ReferenceSpec(
                name,
                file,
                r.integer("image", 0, MOST, 0),
                r.integer("classes", 0, 1 << 20, 0),
                r.decimal("width", 0, 16, 0),
                r.integer("patch", 0, MOST, 0),
                r.integer("depth", 0, 1000, 0),
                r.has("cut") ? r.texts("cut") : List.of());
        r.close();
        ModelSpec model;
        try {
            model = of(asked);
        } catch (DonnaException e) {
            s.mistake("reference", e.getMessage());
            return new ModelSpec(List.of(3, 1, 1), Optional.of(asked), Optional.empty(), List.of(), Optional.empty());
        }
        if (s.has("input") && !s.integers("input", 1, MOST).equals(model.input())) {
            s.mistake("input", "is not the reference model's " + model.input() + "; leave it out, or set reference/image");
        }
        if (s.has("blocks") && !blocks(s).equals(model.blocks())) {
            s.mistake("blocks", "are not those of the reference model; leave them out, or set reference/cut");
        }
        for (String key : List.of("stem", "head")) {
            if (s.has(key)) {
                s.mistake(key, "is the reference model's; leave it out");
            }
        }
        return model;
    }

    private static ModelSpec of(ReferenceSpec asked) {
        ReferenceModel m = asked.model();
        List<String> cut = asked.cut().isEmpty() ? m.automaticCuts() : asked.cut();
        List<Shape> shapes = Inference.boundaryShapes(m.network(cut), m.image());
        List<ModelSpec.BlockSpec> blocks = new ArrayList<>();
        for (int n = 1; n < shapes.size(); n++) {
            Shape in = shapes.get(n - 1);
            Shape out = shapes.get(n);
            int stride = (in.dim(1) + out.dim(1) - 1) / out.dim(1);
            blocks.add(new ModelSpec.BlockSpec("b" + n, in.dim(0), out.dim(0), stride));
        }
        ReferenceSpec resolved = new ReferenceSpec(m.name(), asked.file(), m.image().dim(1), m.classes(), asked.width(), asked.patch(), asked.depth(), cut);
        List<Integer> input = List.of(m.image().dim(0), m.image().dim(1), m.image().dim(2));
        return new ModelSpec(input, Optional.of(resolved), Optional.empty(), blocks, Optional.empty());
    }
}
