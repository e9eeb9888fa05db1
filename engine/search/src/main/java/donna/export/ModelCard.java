package donna.export;

import donna.data.Normalization;
import donna.tensor.DonnaException;
import donna.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What users of a model need besides its weights, as text in the file: ONNX's {@code metadata_props} and safetensors'
 * {@code __metadata__}.
 *
 * @param classes names in the order of the logits; empty where they are not known
 * @param normalization of pixels
 * @param image {@code [C, H, W]}
 */
public record ModelCard(List<String> classes, Normalization normalization, Shape image) {
    private static final String CLASSES = "classes";
    private static final String MEAN = "mean";
    private static final String STD = "std";
    private static final String SIZE = "size";

    public ModelCard {
        classes = List.copyOf(classes);
    }

    /**
     * Entries {@code classes} (one name a line), {@code mean} and {@code std} (one number a channel, on the scale of 0
     * to 1), {@code size} (channels, height, width) and {@code input}, which says it in words.
     */
    public Map<String, String> metadata() {
        Map<String, String> all = new LinkedHashMap<>();
        all.put(CLASSES, String.join("\n", classes));
        all.put(MEAN, numbers(normalization.mean()));
        all.put(STD, numbers(normalization.std()));
        all.put(SIZE, Arrays.stream(image.dims()).mapToObj(Integer::toString).collect(Collectors.joining(",")));
        all.put("input", "float32 [N, C, H, W]: (byte / 255 - mean) / std");
        return all;
    }

    private static String numbers(float[] values) {
        return Arrays.toString(values).replaceAll("[\\[\\] ]", "");
    }

    /**
     * The card of a file, where it has one.
     *
     * @param where names the file in messages
     * @param metadata of a file, whoever wrote it
     * @param image that the model takes
     * @throws DonnaException.InvalidInput if the numbers do not fit the model
     */
    public static Optional<ModelCard> of(String where, Map<String, String> metadata, Shape image) {
        if (!metadata.containsKey(MEAN) || !metadata.containsKey(STD)) {
            return Optional.empty();
        }
        float[] mean = numbers(where, metadata, MEAN, image.dim(0));
        float[] std = numbers(where, metadata, STD, image.dim(0));
        String names = metadata.getOrDefault(CLASSES, "");
        List<String> classes = names.isEmpty() ? List.of() : List.of(names.split("\n", -1));
        return Optional.of(new ModelCard(classes, new Normalization(mean, std), image));
    }

    private static float[] numbers(String where, Map<String, String> metadata, String key, int channels) {
        List<Float> all = new ArrayList<>();
        try {
            for (String part : metadata.get(key).split(",")) {
                all.add(Float.parseFloat(part.strip()));
            }
        } catch (NumberFormatException e) {
            all.clear();
        }
        if (all.size() != channels) {
            throw new DonnaException.InvalidInput(where + ": its metadata '" + key + "' is '" + metadata.get(key) + "'; expected " + channels
                    + " numbers with commas, one for each channel");
        }
        float[] out = new float[channels];
        for (int i = 0; i < channels; i++) {
            out[i] = all.get(i);
        }
        return out;
    }
}
