package donna.cli;

import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** A reference model's weights and form. */
final class ModelOptions {
    @Mixin
    private FormOptions form;

    @Option(names = "--weights", paramLabel = "FILE", description = "A reference model's weights: .safetensors, or .pth, .pt, .th as torch.save writes them.")
    private Optional<Path> weights = Optional.empty();

    @Option(
            names = "--resize",
            paramLabel = "N",
            description = "Shorter side of an image before its centre is cut out, such as 256 for 224 (default: the model's side).")
    private Optional<Integer> resize = Optional.empty();

    Optional<Integer> resize() {
        return resize;
    }

    Optional<Path> weights() {
        return weights;
    }

    FormOptions form() {
        return form;
    }
}
