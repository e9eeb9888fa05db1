package donna.spec;

import donna.tensor.DonnaException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The tree of maps, lists and scalars in a spec file, with overrides written into it. */
final class SpecText {
    private SpecText() {}

    /**
     * Parses the file and applies {@code path=value} overrides; what cannot be applied is noted in {@code mistakes}.
     */
    static Map<String, Object> read(Path file, Map<String, String> overrides, Mistakes mistakes) {
        return overridden(copyOfMap(Json.readTree(file), file.toString()), overrides, mistakes);
    }

    /** A copy of {@code tree} with the overrides. */
    static Map<String, Object> overridden(Map<String, Object> tree, Map<String, String> overrides, Mistakes mistakes) {
        Map<String, Object> root = new LinkedHashMap<>(tree);
        overrides.forEach((path, value) -> override(root, path, value, mistakes));
        return root;
    }

    private static Map<String, Object> copyOfMap(Object tree, String file) {
        if (!(tree instanceof Map<?, ?> map)) {
            throw new DonnaException.InvalidInput(
                    file + ": the file holds no mapping at its top; expected entries such as 'seed: 1'");
        }
        Map<String, Object> out = new LinkedHashMap<>();
        map.forEach((k, v) -> out.put(k.toString(), v));
        return out;
    }

    /**
     * {@code path} is keys joined by dots (or slashes), list entries by their index; {@code value} is a piece of YAML,
     * {@code null} removes.
     */
    private static void override(Map<String, Object> root, String path, String value, Mistakes mistakes) {
        String[] keys = (path.startsWith("/") ? path.substring(1) : path).split("[./]", -1);
        Optional<Object> parsed;
        try {
            parsed = Json.parseYaml(value);
        } catch (DonnaException.InvalidInput e) {
            mistakes.add(
                    "/" + String.join("/", keys),
                    "--set value " + value + " is not YAML; quote it or check its brackets");
            return;
        }
        Object node = root;
        for (int i = 0; i < keys.length; i++) {
            boolean last = i == keys.length - 1;
            if (node instanceof Map<?, ?>) {
                @SuppressWarnings("unchecked") // every mapping of the tree was parsed with text keys
                Map<String, Object> map = (Map<String, Object>) node;
                if (last) {
                    map.remove(keys[i]);
                    parsed.ifPresent(v -> map.put(keys[keys.length - 1], v));
                } else {
                    node = map.compute(
                            keys[i], (k, old) -> old == null ? new LinkedHashMap<String, Object>() : mutable(old));
                }
            } else if (node instanceof List<?>) {
                @SuppressWarnings("unchecked") // lists of the tree hold anything
                List<Object> list = (List<Object>) node;
                int index = indexOf(keys[i], list.size());
                if (index < 0) {
                    mistakes.add(
                            "/" + String.join("/", keys),
                            "--set names entry " + keys[i] + " of a list of " + list.size() + "; allowed 0 to "
                                    + (list.size() - 1));
                    return;
                }
                if (last) {
                    list.set(index, parsed.orElse("null"));
                } else {
                    list.set(index, mutable(list.get(index)));
                    node = list.get(index);
                }
            } else {
                mistakes.add(
                        "/" + String.join("/", keys),
                        "--set goes below " + keys[i - 1]
                                + ", which is a plain value; expected a mapping or a list there");
                return;
            }
        }
    }

    private static Object mutable(Object value) {
        if (value instanceof Map<?, ?> map) {
            Map<String, Object> copy = new LinkedHashMap<>();
            map.forEach((k, v) -> copy.put(k.toString(), v));
            return copy;
        }
        return value instanceof List<?> list ? new ArrayList<Object>(list) : value;
    }

    private static int indexOf(String text, int size) {
        if (!text.matches("[0-9]{1,9}")) {
            return -1;
        }
        int i = Integer.parseInt(text);
        return i < size ? i : -1;
    }
}
