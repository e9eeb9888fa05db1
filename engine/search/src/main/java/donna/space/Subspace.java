package donna.space;

import donna.tensor.DonnaException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A part of a space: of every block the candidates that meet all conditions. As text {@code kernel=3,5 type!=fused}. Immutable.
 *
 * @param conditions at least one
 */
public record Subspace(List<Condition> conditions) {
    private static final Pattern FORM = Pattern.compile("([a-z_]+)(!?=)([A-Za-z0-9_.,-]+)");

    public Subspace {
        conditions = List.copyOf(conditions);
    }

    /**
     * One axis bound to, or kept from, some values.
     *
     * @param axis as in {@link Candidate#traits}
     * @param among whether the value is one of {@code values}, or else none of them
     */
    public record Condition(String axis, boolean among, Set<String> values) {
        boolean holds(Candidate c) {
            return values.contains(c.traits().get(axis)) == among;
        }

        @Override
        public String toString() {
            return axis + (among ? "=" : "!=") + String.join(",", values);
        }
    }

    /**
     * Reads the text form; {@code space} has every axis and value that it names.
     *
     * @throws DonnaException.InvalidInput if it cannot be read, or names an axis or value that the space has not
     */
    public static Subspace parse(String text, SearchSpace space) {
        Map<String, Set<String>> axes = axes(space);
        List<Condition> conditions = new ArrayList<>();
        for (String part : text.strip().split("\\s+")) {
            Matcher m = FORM.matcher(part);
            if (!m.matches()) {
                throw new DonnaException.InvalidInput("sub-space '" + text + "': '" + part
                        + "' is no condition; expected AXIS=VALUE or AXIS!=VALUE, such as 'kernel=3,5 se=false'");
            }
            Set<String> known = axes.getOrDefault(m.group(1), Set.of());
            Set<String> values = new LinkedHashSet<>(Arrays.asList(m.group(3).split(",")));
            if (known.isEmpty()) {
                throw new DonnaException.InvalidInput(
                        "sub-space '" + text + "': no axis '" + m.group(1) + "'; the space has " + axes.keySet());
            }
            if (!known.containsAll(values)) {
                throw new DonnaException.InvalidInput("sub-space '" + text + "': " + m.group(1) + " is never one of " + values
                        + " in this space; it is one of " + known);
            }
            conditions.add(new Condition(m.group(1), m.group(2).equals("="), values));
        }
        return new Subspace(conditions);
    }

    /** For every axis on which the space's candidates differ, each value alone and, of three or more, each value left out. */
    public static List<Subspace> ofAxes(SearchSpace space) {
        List<Subspace> all = new ArrayList<>();
        axes(space).forEach((axis, values) -> {
            if (values.size() > 1) {
                values.forEach(v -> all.add(new Subspace(List.of(new Condition(axis, true, Set.of(v))))));
            }
            if (values.size() > 2) {
                values.forEach(v -> all.add(new Subspace(List.of(new Condition(axis, false, Set.of(v))))));
            }
        });
        return all;
    }

    /** The values that each axis takes somewhere in the space, in the order in which they come. */
    public static Map<String, Set<String>> axes(SearchSpace space) {
        Map<String, Set<String>> axes = new LinkedHashMap<>();
        space.candidates().forEach(block -> block.forEach(
                c -> c.traits().forEach((axis, value) -> axes.computeIfAbsent(axis, a -> new LinkedHashSet<>()).add(value))));
        return axes;
    }

    /** By block and candidate, whether it belongs. */
    public boolean[][] mask(SearchSpace space) {
        boolean[][] mask = new boolean[space.blocks().size()][];
        for (int n = 0; n < mask.length; n++) {
            mask[n] = new boolean[space.candidates().get(n).size()];
            for (int m = 0; m < mask[n].length; m++) {
                Candidate c = space.candidate(n, m);
                mask[n][m] = conditions.stream().allMatch(k -> k.holds(c));
            }
        }
        return mask;
    }

    @Override
    public String toString() {
        return conditions.stream().map(Condition::toString).collect(Collectors.joining(" "));
    }
}
