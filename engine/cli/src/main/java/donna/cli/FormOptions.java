package donna.cli;

import donna.model.ReferenceModel;
import donna.model.ReferenceModels;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Option;

/** What may differ from a reference model's published form. */
final class FormOptions {
    @Option(names = "--image-size", paramLabel = "N", description = "Side of a reference model's images, in pixels (default: as published).")
    private Optional<Integer> imageSize = Optional.empty();

    @Option(names = "--classes", paramLabel = "N", description = "Classes of a reference model (default: as published).")
    private Optional<Integer> classes = Optional.empty();

    @Option(names = "--width", paramLabel = "FACTOR", description = "Multiplies the channels of mobilenet_v2 (default: 1).")
    private Optional<Double> width = Optional.empty();

    @Option(names = "--patch", paramLabel = "N", description = "Side of a transformer's patches, in pixels (default: 16).")
    private Optional<Integer> patch = Optional.empty();

    @Option(names = "--depth", paramLabel = "N", description = "Encoders of a transformer (default: 12).")
    private Optional<Integer> depth = Optional.empty();

    /** The model called {@code name}. */
    ReferenceModel model(String name) {
        return ReferenceModels.of(name, new ReferenceModels.Options(imageSize.orElse(0), classes.orElse(0), width.orElse(0.0), patch.orElse(0), depth.orElse(0)));
    }

    /** What differs from the published form, as a spec's {@code model/reference} words it. */
    Map<String, Object> entries() {
        Map<String, Object> all = new LinkedHashMap<>();
        imageSize.ifPresent(v -> all.put("image", v));
        classes.ifPresent(v -> all.put("classes", v));
        width.ifPresent(v -> all.put("width", v));
        patch.ifPresent(v -> all.put("patch", v));
        depth.ifPresent(v -> all.put("depth", v));
        return all;
    }
}
