package donna.run;

import donna.export.ModelCard;
import donna.format.Safetensors;
import donna.model.ReferenceModels;
import donna.spec.Json;
import donna.spec.ModelSpec;
import donna.spec.SearchSpec;
import donna.tensor.DonnaException;
import donna.tensor.Shape;
import donna.train.Inference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A model that comes without a spec: a reference model by name, an ONNX file, or a safetensors file that says under {@code config} how it is built.
 * A spec is put together from it and its data; where these are few, trainings see them as often as it takes.
 *
 * @param model as the user named it
 * @param weights of a reference model by name
 * @param form in which that one differs from the published one: entries of a spec's {@code model/reference}
 * @param resize length to which the shorter side of an image is scaled; the model's side unless given
 */
public record BareModel(String model, Optional<Path> weights, Map<String, Object> form, Optional<Integer> resize) {
    /** Where an exported file says how it is built. */
    private static final String CONFIG = "config";

    /** Images that a candidate or a labelled architecture sees in its training. */
    private static final int SEEN = 12_800;

    /** The same of a finished pick. */
    private static final int SEEN_IN_THE_END = 80_000;

    private static final int MOST_HELD = 10_000;
    private static final int MOST_EPOCHS = 20;
    private static final int MOST_IN_A_BATCH = 64;

    /** Transformers are trained at this share of the learning rates of others. */
    private static final double TOKENS_RATE = 0.2;

    /** Share of the side by which images are shifted in the last training. */
    private static final int SHIFTED = 8;

    /** Whether {@code model} is one of those. */
    public static boolean is(String model) {
        return ReferenceModels.names().contains(model) || isFile(model, ".onnx") || isFile(model, ".safetensors") && metadata(model).containsKey(CONFIG);
    }

    private static boolean isFile(String model, String end) {
        return model.toLowerCase(Locale.ROOT).endsWith(end) && Files.isRegularFile(Path.of(model));
    }

    private static Map<String, String> metadata(String file) {
        return Safetensors.read(Path.of(file)).metadata();
    }

    /**
     * A spec whose reference model this is; its space is a placeholder.
     *
     * @param data name of a known data set, or where images lie
     * @param overrides as in {@link SearchSpec#read(Path, Map)}
     * @param log receives a line for each step
     * @throws DonnaException.InvalidInput if the model or the data cannot be used
     */
    public SearchSpec on(String data, Map<String, String> overrides, Consumer<String> log) {
        boolean named = ReferenceModels.names().contains(model);
        if (named == weights.isEmpty()) {
            throw new DonnaException.InvalidInput(named
                    ? "model " + model + " has no weights of its own; give --weights FILE (safetensors, or what torch.save wrote)"
                    : model + " has its own weights; leave --weights out");
        }
        if (!named && !form.isEmpty()) {
            throw new DonnaException.InvalidInput(model + " says itself what it is; leave out " + String.join(", ", form.keySet()));
        }
        Map<String, Object> tree = new LinkedHashMap<>();
        Map<String, Object> normalize = new LinkedHashMap<>();
        if (isFile(model, ".safetensors")) {
            structure(tree, normalize);
        } else {
            Map<String, Object> reference = new LinkedHashMap<>(form);
            reference.put(named ? "name" : "file", named ? model : absolute(Path.of(model)));
            tree.put("model", Map.of("reference", reference));
            weights.ifPresent(w -> tree.put("teacher", Map.of("weights", absolute(w))));
        }
        ModelSpec skeleton = SearchSpec.modelOf(tree, model);
        List<Integer> input = skeleton.input();
        double slower = isOfTokens(skeleton) ? TOKENS_RATE : 1;
        int side = input.get(1);
        GivenData given = GivenData.of(data, side, resize.orElse(side), log);
        int held = given.held(MOST_HELD);
        int rest = given.size() - held;
        Map<String, Object> dataset = new LinkedHashMap<>(Map.of("name", given.kind().word(), "train", rest, "validation", held));
        given.path().ifPresent(p -> dataset.put("path", absolute(Path.of(p))));
        resize.ifPresent(r -> dataset.put("resize", r));
        if (!normalize.isEmpty()) {
            dataset.put("normalize", normalize);
        }
        tree.put("dataset", dataset);
        Map<String, Object> space = new LinkedHashMap<>(Map.of("candidates", List.of(Map.of("type", "mbconv", "kernel", 3, "expand", 1, "depth", 1))));
        space.putAll(sectionOf(tree, "space"));
        tree.put("space", space);
        Map<String, Object> teacher = new LinkedHashMap<>(sectionOf(tree, "teacher"));
        teacher.put("train", training(Math.min(rest, SEEN), SEEN, 0.002)); // never run, for it has weights
        tree.put("teacher", teacher);
        tree.put("distill", Map.of("train", training(Math.min(rest, SEEN), SEEN, 0.005 * slower)));
        tree.put("recalibrate", Map.of("images", Math.min(rest, 2048), "batch", Math.min(rest, 128)));
        tree.put("predictor", Map.of("train", training(Math.min(rest, SEEN), SEEN, 0.001 * slower)));
        Map<String, Object> last = training(rest, SEEN_IN_THE_END, 0.002 * slower);
        last.put("pad_crop", side / SHIFTED);
        last.put("flip", input.getFirst() > 1);
        tree.put("finetune", Map.of("train", last));
        return SearchSpec.of(tree, model, overrides);
    }

    /** Whether blocks pass rows of tokens on, as those of a transformer. */
    private static boolean isOfTokens(ModelSpec skeleton) {
        return skeleton.reference().map(r -> Inference.boundaryShapes(r.model().network(r.cut()), r.model().image()).getLast()).stream()
                .anyMatch(s -> s.dim(1) > 1 && s.dim(2) == 1);
    }

    private static String absolute(Path path) {
        return path.toAbsolutePath().normalize().toString();
    }

    private static Map<String, Object> training(int images, int seen, double lr) {
        int epochs = Math.min(MOST_EPOCHS, (seen + images - 1) / images);
        int batch = Math.max(2, Math.min(MOST_IN_A_BATCH, images / 8));
        return new LinkedHashMap<>(Map.of("images", images, "epochs", epochs, "batch", batch, "lr", lr));
    }

    @SuppressWarnings("unchecked") // trees of a spec have text keys
    private static Map<String, Object> sectionOf(Map<String, Object> tree, String key) {
        return tree.get(key) instanceof Map<?, ?> m ? (Map<String, Object>) m : Map.of();
    }

    /** From what the exported file says: the skeleton, what each block is, and how images are normalised. */
    private void structure(Map<String, Object> tree, Map<String, Object> normalize) {
        Map<String, String> metadata = metadata(model);
        if (!metadata.containsKey(CONFIG)) {
            throw new DonnaException.InvalidInput(model + " does not say under '" + CONFIG + "' how it is built; expected a file that 'donna export' or a search wrote");
        }
        Map<String, Object> config = Json.parseMap(metadata.get(CONFIG));
        tree.put("model", sectionOf(config, "model"));
        ModelSpec skeleton = SearchSpec.modelOf(tree, model);
        Map<String, Object> teacher = new LinkedHashMap<>(Map.of("weights", absolute(Path.of(model))));
        Map<String, Object> space = new LinkedHashMap<>();
        Map<String, Object> families = new LinkedHashMap<>();
        Map<String, Object> blocks = new LinkedHashMap<>();
        List<?> built = config.get("blocks") instanceof List<?> l ? l : List.of();
        for (int n = 0; n < Math.min(built.size(), skeleton.blocks().size()); n++) {
            Map<String, Object> candidate = new LinkedHashMap<>(sectionOf(Map.of("block", built.get(n)), "block"));
            Object width = candidate.remove("groupWidth");
            if ("grouped".equals(candidate.get("type"))) {
                space.put("group_width", width);
            }
            Object ops = candidate.remove("ops");
            String family = String.valueOf(candidate.remove("family"));
            if (ops instanceof Map<?, ?>) {
                String name = family.substring(0, family.lastIndexOf('-'));
                families.put(name, ops);
                candidate.put("family", name);
            }
            blocks.put(skeleton.blocks().get(n).name(), candidate);
        }
        if (skeleton.reference().isEmpty() && blocks.size() < skeleton.blocks().size()) {
            throw new DonnaException.InvalidInput(model + ": its config names " + blocks.size() + " blocks and the model has " + skeleton.blocks().size()
                    + "; expected a file that 'donna export' or a search wrote");
        }
        if (!blocks.isEmpty()) {
            teacher.put("blocks", blocks);
        }
        if (skeleton.reference().isEmpty()) {
            teacher.put("block", blocks.values().iterator().next());
        }
        if (!families.isEmpty()) {
            space.put("families", families);
        }
        tree.put("teacher", teacher);
        tree.put("space", space);
        List<Integer> input = skeleton.input();
        ModelCard.of(model, metadata, Shape.of(input.get(0), input.get(1), input.get(2))).ifPresent(card -> {
            normalize.put("mean", numbers(card.normalization().mean()));
            normalize.put("std", numbers(card.normalization().std()));
        });
    }

    private static List<Double> numbers(float[] values) {
        List<Double> all = new ArrayList<>();
        for (float v : values) {
            all.add(Double.parseDouble(Float.toString(v)));
        }
        return all;
    }
}
