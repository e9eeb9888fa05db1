package donna.spec;

import donna.model.Reduced;
import donna.model.ReferenceModel;
import donna.model.ReferenceModels;
import donna.tensor.DonnaException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A reference model, by name or in a file, and where it is cut; 0 is as published.
 *
 * @param name as {@link ReferenceModels} has it; of a file, what it is called
 * @param file ONNX file that holds it, with its weights
 * @param image side of the square images, in pixels
 * @param classes of its classifier
 * @param width multiplies the channels, where the model has such a form
 * @param patch side of a transformer's patches, in pixels
 * @param depth encoders of a transformer
 * @param cut names of the units with which blocks begin
 */
public record ReferenceSpec(String name, Optional<String> file, int image, int classes, double width, int patch, int depth, List<String> cut) {
    public ReferenceSpec {
        cut = List.copyOf(cut);
    }

    /**
     * The model.
     *
     * @throws DonnaException.InvalidInput if there is no such model, or its file cannot be read
     */
    public ReferenceModel model() {
        return file.isPresent() ? ModelFiles.of(file.get()).model() : ReferenceModels.of(name, new ReferenceModels.Options(image, classes, width, patch, depth));
    }

    /**
     * Block {@code n} as a candidate of type {@code own} has it; parameters keep the model's names.
     *
     * @throws DonnaException.InvalidInput if the block has no form with so many units
     */
    public Reduced block(int n, int depth, int kernel, boolean attention, double width) {
        return new Reduced(model().block(cut, n, depth), width, kernel == 1 ? Reduced.ANY_KERNEL : kernel, attention);
    }

    /** Block {@code n} as it is. */
    CandidateSpec whole(int n) {
        ReferenceModel m = model();
        return CandidateSpec.own(1, m.depths(cut, n).all(), m.hasAttention(cut, n), 1);
    }

    /** The weights in its file, by the model's own names of parameters. */
    public Optional<Map<String, float[]>> values() {
        return file.map(f -> ModelFiles.of(f).values());
    }
}
