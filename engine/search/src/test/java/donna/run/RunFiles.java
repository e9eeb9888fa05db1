package donna.run;

import donna.format.HostTensor;
import donna.format.Safetensors;
import donna.spec.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** What a run left on disk, to be compared with another's. */
final class RunFiles {
    private RunFiles() {}

    /** Every file below {@code run}, by its relative path. */
    static Map<String, Path> all(Path run) throws IOException {
        Map<String, Path> out = new TreeMap<>();
        try (Stream<Path> files = Files.walk(run)) {
            files.filter(Files::isRegularFile).forEach(p -> out.put(run.relativize(p).toString(), p));
        }
        return out;
    }

    /** All results that a seed decides, by name: the hash of every weight file's tensors, labels, the predictor, the front without what was measured. */
    static Map<String, String> bits(Path run) throws IOException {
        Map<String, String> out = new TreeMap<>();
        for (Map.Entry<String, Path> e : all(run).entrySet()) {
            String name = e.getKey();
            if (name.endsWith(".safetensors")) {
                Safetensors s = Safetensors.read(e.getValue());
                List<Object> content = new ArrayList<>();
                for (Map.Entry<String, HostTensor> t : new TreeMap<>(s.tensors()).entrySet()) {
                    content.add(List.of(t.getKey(), t.getValue().shape().toString(), Arrays.hashCode(t.getValue().bytes())));
                }
                content.add(s.metadata().getOrDefault("nsr", ""));
                content.add(s.metadata().getOrDefault("failure", ""));
                out.put(name, Json.hash(content));
            } else if (name.matches("(labels|trials|assembled)/.*|teacher/facts.json|predictor.json")) {
                out.put(name, Json.text(Json.read(e.getValue(), Map.class).get("value")));
            } else if (name.equals("front.json")) {
                out.put(name, front(run).stream()
                        .map(m -> Arrays.toString(m.choices()) + " " + m.predictedTop1() + " " + Arrays.toString(m.objectives()) + "\n")
                        .reduce("", String::concat));
            }
        }
        return out;
    }

    /** The front of a run whose objectives are accuracy and MACs. */
    static List<FrontStage.Member> front(Path run) {
        Object value = Json.read(run.resolve("front.json"), Map.class).get("value");
        return Json.parse(Json.text(value), FrontStage.Found.class).front();
    }

    /** When each file of finished work was written. */
    static Map<String, FileTime> finished(Path run) throws IOException {
        Map<String, FileTime> out = new TreeMap<>();
        for (Map.Entry<String, Path> e : all(run).entrySet()) {
            boolean piece = e.getKey().matches("(blocks|teacher|labels|trials|assembled|models)/.*\\.(safetensors|json)|(predictor|cost|front|picks|models|baselines)\\.json");
            if (piece && !e.getKey().contains(".tmp")) {
                out.put(e.getKey(), Files.getLastModifiedTime(e.getValue()));
            }
        }
        return out;
    }
}
