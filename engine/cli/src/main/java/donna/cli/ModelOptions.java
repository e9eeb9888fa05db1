package donna.cli;

import donna.model.ReferenceModel;
import donna.model.ReferenceModels;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** A reference model by name, with what may differ from its published form. */
final class ModelOptions {
    @Option(names = "--weights", paramLabel = "FILE", description = "A reference model's weights: .safetensors, or .pth, .pt, .th as torch.save writes them.")
    private Optional<Path> weights = Optional.empty();

    @Option(names = "--image-size", paramLabel = "N", description = "Side of a reference model's images, in pixels (default: as published).")
    private Optional<Integer> imageSize = Optional.empty();

    @Option(
            names = "--resize",
            paramLabel = "N",
            description = "Shorter side of an image before its centre is cut out, such as 256 for 224 (default: the model's side).")
    private Optional<Integer> resize = Optional.empty();

    @Option(names = "--classes", paramLabel = "N", description = "Classes of a reference model (default: as published).")
    private Optional<Integer> classes = Optional.empty();

    @Option(names = "--width", paramLabel = "FACTOR", description = "Multiplies the channels of mobilenet_v2 (default: 1).")
    private Optional<Double> width = Optional.empty();

    Optional<Integer> resize() {
        return resize;
    }

    Optional<Path> weights() {
        return weights;
    }

    /** The model called {@code name}. */
    ReferenceModel model(String name) {
        return ReferenceModels.of(name, new ReferenceModels.Options(imageSize.orElse(0), classes.orElse(0), width.orElse(0.0), 0, 0));
    }
}
