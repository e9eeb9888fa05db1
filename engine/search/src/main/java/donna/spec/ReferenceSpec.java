package donna.spec;

import donna.model.ReferenceModel;
import donna.model.ReferenceModels;
import java.util.List;

/**
 * A reference model by name and where it is cut; 0 is as published.
 *
 * @param name as {@link ReferenceModels} has it
 * @param image side of the square images, in pixels
 * @param classes of its classifier
 * @param width multiplies the channels, where the model has such a form
 * @param patch side of a transformer's patches, in pixels
 * @param depth encoders of a transformer
 * @param cut names of the units with which blocks begin
 */
public record ReferenceSpec(String name, int image, int classes, double width, int patch, int depth, List<String> cut) {
    public ReferenceSpec {
        cut = List.copyOf(cut);
    }

    /** The model. */
    public ReferenceModel model() {
        return ReferenceModels.of(name, new ReferenceModels.Options(image, classes, width, patch, depth));
    }
}
