package donna.cli;

import donna.distill.Networks;
import donna.format.WeightsFile;
import donna.nn.Network;
import donna.space.SearchSpace;
import donna.spec.SearchSpec;
import donna.tensor.DonnaException;
import donna.tensor.Shape;
import donna.train.Inference;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A network of a run with its weights.
 *
 * @param name {@code teacher} or the architecture
 * @param values of every parameter, by name
 */
record TrainedModel(String name, Network network, Shape image, Map<String, float[]> values) {
    private static final String TEACHER = "teacher";
    private static final String FILE = "model.safetensors";

    /** Names of the models that a run has: the teacher first. */
    static List<String> names(Path run, SearchSpec spec) {
        SearchSpace space = SearchSpace.of(spec);
        Path models = run.resolve("models");
        try (Stream<Path> folders = Files.isDirectory(models) ? Files.list(models) : Stream.empty()) {
            Stream<String> picks = folders.filter(f -> Files.exists(f.resolve(FILE)))
                    .map(f -> f.getFileName().toString())
                    .filter(name -> isOf(space, name))
                    .sorted();
            Stream<String> teacher = Files.exists(run.resolve(TEACHER).resolve(FILE)) ? Stream.of(TEACHER) : Stream.empty();
            return Stream.concat(teacher, picks).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(models + " cannot be read: " + e.getMessage(), e);
        }
    }

    private static boolean isOf(SearchSpace space, String name) {
        try {
            space.parse(name);
            return true;
        } catch (DonnaException.InvalidInput e) {
            return false;
        }
    }

    /**
     * Reads a model.
     *
     * @param name {@code teacher}, or an architecture in either of its forms
     * @throws DonnaException.InvalidInput if the run has no such model, or its file does not fit
     */
    static TrainedModel read(Path run, SearchSpec spec, String name) {
        SearchSpace space = SearchSpace.of(spec);
        boolean teacher = name.equals(TEACHER);
        String key = teacher ? TEACHER : space.name(space.parse(name));
        Path file = (teacher ? run : run.resolve("models")).resolve(key).resolve(FILE);
        if (!Files.exists(file)) {
            throw new DonnaException.InvalidInput(run + " has no model '" + name + "'; it has " + names(run, spec));
        }
        Network network = teacher ? Networks.teacher(spec, space) : Networks.of(spec, space, space.parse(name));
        Shape image = Shape.of(spec.model().input().stream().mapToInt(Integer::intValue).toArray());
        return new TrainedModel(key, network, image, WeightsFile.read(file, Inference.parameters(network, image)));
    }
}
