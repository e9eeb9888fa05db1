package donna.spec;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * One mapping of the file, read key by key. A wrong or missing value is noted in {@link Mistakes} and stands in as the
 * smallest allowed
 * value, so that reading goes on. {@link #close} refuses every key that nobody asked for. One thread.
 */
final class Section {
    private final Map<String, Object> values;
    private final String path;
    private final Mistakes mistakes;
    private final Set<String> known = new LinkedHashSet<>();

    Section(Map<String, Object> values, String path, Mistakes mistakes) {
        this.values = values;
        this.path = path;
        this.mistakes = mistakes;
    }

    /** The path of {@code key} in this section. */
    String at(String key) {
        return path + "/" + key;
    }

    boolean has(String key) {
        known.add(key);
        return values.get(key) != null;
    }

    /** Whether the value is a list. */
    boolean lists(String key) {
        return values.get(key) instanceof List<?>;
    }

    /** All keys of the file in this section, for mappings whose keys are the user's. Counts them as known. */
    List<String> keys() {
        known.addAll(values.keySet());
        return List.copyOf(values.keySet());
    }

    void mistake(String key, String sentence) {
        mistakes.add(key.isEmpty() ? path : at(key), sentence);
    }

    int integer(String key, int min, int max) {
        return require(key, range(min, max)) ? wholeNumber(at(key), values.get(key), min, max) : min;
    }

    int integer(String key, int min, int max, int fallback) {
        return has(key) ? wholeNumber(at(key), values.get(key), min, max) : fallback;
    }

    double decimal(String key, double min, double max, double fallback) {
        return has(key) ? number(at(key), values.get(key), min, max) : fallback;
    }

    double decimal(String key, double min, double max) {
        return require(key, range(min, max)) ? number(at(key), values.get(key), min, max) : min;
    }

    boolean flag(String key, boolean fallback) {
        return has(key) ? truth(at(key), values.get(key)) : fallback;
    }

    String text(String key) {
        return require(key, "a text") ? words(at(key), values.get(key)) : "";
    }

    <E extends Enum<E>> E word(String key, Class<E> type) {
        return require(key, allowed(type)) ? oneOf(at(key), values.get(key), type) : type.getEnumConstants()[0];
    }

    <E extends Enum<E>> E word(String key, E fallback) {
        return has(key) ? oneOf(at(key), values.get(key), fallback.getDeclaringClass()) : fallback;
    }

    List<Integer> integers(String key, int min, int max) {
        return list(key, (p, v) -> wholeNumber(p, v, min, max), range(min, max));
    }

    List<Double> decimals(String key, double min, double max) {
        return list(key, (p, v) -> number(p, v, min, max), range(min, max));
    }

    /** Texts of a list that may be empty. */
    List<String> texts(String key) {
        return values.get(key) instanceof List<?> items && items.isEmpty() ? List.of() : list(key, this::words, "a list of texts");
    }

    List<Boolean> flags(String key) {
        return list(key, Section.this::truth, "true, false");
    }

    <E extends Enum<E>> List<E> wordList(String key, Class<E> type) {
        return list(key, (p, v) -> oneOf(p, v, type), allowed(type));
    }

    /** Channel attentions; {@code false} and {@code true} are the oldest two. */
    List<Attention> attentions(String key) {
        return list(
                key,
                (p, v) -> v instanceof Boolean b ? (b ? Attention.SE : Attention.NONE) : oneOf(p, v, Attention.class),
                "false, true, " + allowed(Attention.class));
    }

    /** The mapping at {@code key}; empty where it is absent. */
    Section section(String key) {
        return has(key) ? mapping(at(key), values.get(key)) : new Section(Map.of(), at(key), mistakes);
    }

    /** The mappings listed at {@code key}; at least one is required. */
    List<Section> sections(String key) {
        return list(key, this::mapping, "a list of mappings");
    }

    /** Refuses keys that were never asked for, naming the nearest known one. */
    void close() {
        for (String key : values.keySet()) {
            if (!known.contains(key)) {
                String nearest = known.stream()
                        .min((a, b) -> Integer.compare(Spelling.distance(key, a), Spelling.distance(key, b)))
                        .filter(k -> Spelling.distance(key, k) <= 1 + key.length() / 3)
                        .map(k -> "; did you mean " + k + "?")
                        .orElse("");
                mistake(
                        key,
                        "unknown key" + nearest + (nearest.isEmpty() ? "; " : " ") + "allowed "
                                + String.join(", ", known));
            }
        }
    }

    /** The spec's word for an enum constant: {@code FASHION_MNIST} is {@code fashion-mnist}. */
    static String word(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private interface Reader<T> {
        T read(String path, Object value);
    }

    private <T> List<T> list(String key, Reader<T> reader, String expected) {
        if (!require(key, expected)) {
            return List.of();
        }
        if (!(values.get(key) instanceof List<?> items)) {
            return List.of(reader.read(at(key), values.get(key)));
        }
        if (items.isEmpty()) {
            mistake(key, "the list is empty; at least one entry is needed");
        }
        List<T> out = new ArrayList<>();
        for (int i = 0; i < items.size(); i++) {
            Object item = items.get(i) == null ? "null" : items.get(i);
            out.add(reader.read(at(key) + "/" + i, item));
        }
        return out;
    }

    private boolean require(String key, String expected) {
        if (!has(key)) {
            mistake(key, "missing; expected " + expected);
            return false;
        }
        return true;
    }

    private int wholeNumber(String at, Object value, int min, int max) {
        boolean whole = value instanceof Integer || value instanceof Long || isWhole(value);
        if (!whole || ((Number) value).doubleValue() < min || ((Number) value).doubleValue() > max) {
            mistakes.add(
                    at,
                    show(value) + (whole ? " is out of range" : " is not a whole number") + "; allowed "
                            + range(min, max));
            return min;
        }
        return ((Number) value).intValue();
    }

    private static boolean isWhole(Object value) {
        return value instanceof Number n && n.doubleValue() == Math.rint(n.doubleValue());
    }

    private double number(String at, Object value, double min, double max) {
        if (!(value instanceof Number n)) {
            mistakes.add(at, show(value) + " is not a number; allowed " + range(min, max));
            return min;
        }
        double x = n.doubleValue();
        if (!(x >= min && x <= max)) {
            mistakes.add(at, show(value) + " is out of range; allowed " + range(min, max));
            return min;
        }
        return x;
    }

    private boolean truth(String at, Object value) {
        if (!(value instanceof Boolean b)) {
            mistakes.add(at, show(value) + " is neither true nor false; allowed true, false");
            return false;
        }
        return b;
    }

    private String words(String at, Object value) {
        if (value instanceof Map || value instanceof List) {
            mistakes.add(at, show(value) + " is not a text; expected a text");
            return "";
        }
        return value.toString();
    }

    private <E extends Enum<E>> E oneOf(String at, Object value, Class<E> type) {
        String wanted = value.toString().toLowerCase(Locale.ROOT).replace('_', '-');
        for (E e : type.getEnumConstants()) {
            if (word(e).equals(wanted)) {
                return e;
            }
        }
        mistakes.add(at, show(value) + " is unknown; allowed " + allowed(type));
        return type.getEnumConstants()[0];
    }

    private Section mapping(String at, Object value) {
        if (!(value instanceof Map<?, ?> map)) {
            mistakes.add(at, show(value) + " is not a mapping; expected key: value entries");
            return new Section(Map.of(), at, mistakes);
        }
        Map<String, Object> copy = new LinkedHashMap<>();
        map.forEach((k, v) -> copy.put(k.toString(), v));
        return new Section(copy, at, mistakes);
    }

    private static String show(Object value) {
        String s = value.toString();
        return s.length() <= 60 ? s : s.substring(0, 57) + "...";
    }

    private static <E extends Enum<E>> String allowed(Class<E> type) {
        return Arrays.stream(type.getEnumConstants()).map(Section::word).collect(Collectors.joining(", "));
    }

    private static String range(int min, int max) {
        return max == Integer.MAX_VALUE ? "whole numbers from " + min : min + " to " + max;
    }

    private static String range(double min, double max) {
        Function<Double, String> f =
                x -> x == Math.rint(x) && Math.abs(x) < 1e15 ? Long.toString(x.longValue()) : x.toString();
        String low = min == Double.MIN_VALUE ? "above 0" : "from " + f.apply(min);
        return "numbers " + low + (max == Double.MAX_VALUE ? "" : " to " + f.apply(max));
    }
}
