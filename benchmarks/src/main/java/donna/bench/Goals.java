package donna.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Which goals of speed and memory does a machine's results file meet? Arguments: the results folder, of which this machine's file is read. What it does not hold
 * is named as not measured.
 */
public final class Goals {
    private static final String DISTILLATION = "blockDistillation";

    /**
     * A line of the table.
     *
     * @param section of the results that holds it
     * @param goal the least, or the most
     * @param stretch the goal behind the goal; NaN if there is none
     * @param measured NaN if it was not measured
     * @param unit behind the numbers
     */
    record Goal(String work, String section, boolean most, double goal, double stretch, double measured, String unit) {
        String verdict() {
            if (Double.isNaN(measured)) {
                return "not measured";
            }
            if (most ? measured > goal : measured < goal) {
                return "no";
            }
            return !Double.isNaN(stretch) && measured >= stretch ? "yes, and the stretch" : "yes";
        }

        private String text(double value) {
            return Double.isNaN(value) ? "" : Table.number(value) + unit;
        }

        List<String> cells(Map<String, Results.Section> sections) {
            String date = sections.containsKey(section) ? sections.get(section).measured() : "";
            return List.of(work, (most ? "at most " : "") + text(goal), text(stretch), text(measured), verdict(), date);
        }
    }

    private final Map<String, Results.Section> sections;

    Goals(Map<String, Results.Section> sections) {
        this.sections = sections;
    }

    public static void main(String[] args) {
        Machine here = Machine.here();
        System.out.println(here + "\n\n" + new Goals(Results.sections(Path.of(args[0]).resolve(here.shortName() + ".json"))));
    }

    List<Goal> all() {
        List<Goal> all = new ArrayList<>();
        String four = "the four of cifar-24-40";
        all.add(ratio("four candidates against PyTorch eager", DISTILLATION, "rows", four, 3, 4));
        all.add(ratio("four candidates against torch.compile", DISTILLATION, "rows", four + ", torch.compile", 4, 5));
        for (String stage : List.of("cifar-24-40", "fashion-16-24", "imagenet-80-112")) {
            all.add(ratio("stage " + stage + " against PyTorch eager", DISTILLATION, "rows", stage, 2.5, 3.5));
        }
        double quickstart = content("quickstart").get("wallRatio") instanceof Map<?, ?> r ? number(r, "median") : Double.NaN;
        all.add(new Goal("whole quickstart against PyTorch", "quickstart", false, 2.5, 3.5, quickstart, "x"));
        for (String network : List.of("quickstart reference model", "MobileNetV2 at 32x32")) {
            all.add(ratio("finetuning step, " + network, "finetuning", "rows", network, 1.5, 2));
        }
        for (Map<?, ?> step : list(DISTILLATION, "candidates")) {
            if (String.valueOf(step.get("candidate")).contains(" k7 ")) {
                String work = "share of the floor, " + step.get("stage") + " " + step.get("candidate");
                all.add(new Goal(work, DISTILLATION, false, 45, 55, number(step, "shareOfFloor"), " %"));
            }
        }
        all.add(allocation("candidates' steps", DISTILLATION, "candidates"));
        all.add(allocation("finetuning steps", "finetuning", "rows"));
        all.add(new Goal("memory of 20 candidates over weights and workspaces", "stageMemory", true, 1.2, Double.NaN,
                number(content("stageMemory"), "ratio"), "x"));
        return all;
    }

    /** The row of a race whose first entry is {@code name}. */
    private Goal ratio(String work, String section, String rows, String name, double goal, double stretch) {
        double measured = list(section, rows).stream()
                .filter(r -> name.equals(r.values().iterator().next()))
                .findFirst()
                .map(r -> r.get("ratio") instanceof Map<?, ?> spread ? number(spread, "median") : Double.NaN)
                .orElse(Double.NaN);
        return new Goal(work, section, false, goal, stretch, measured, "x");
    }

    private Goal allocation(String what, String section, String rows) {
        List<Double> bytes = list(section, rows).stream().map(r -> number(r, "allocatedBytes")).toList();
        double most = bytes.isEmpty() ? Double.NaN : Collections.max(bytes);
        return new Goal("allocation in " + what, section, true, 0, Double.NaN, most, " B");
    }

    private Map<?, ?> content(String section) {
        return sections.containsKey(section) && sections.get(section).content() instanceof Map<?, ?> m ? m : Map.of();
    }

    private List<Map<?, ?>> list(String section, String name) {
        List<Map<?, ?>> rows = new ArrayList<>();
        if (content(section).get(name) instanceof List<?> all) {
            all.forEach(r -> rows.add((Map<?, ?>) r));
        }
        return rows;
    }

    private static double number(Map<?, ?> map, String key) {
        return map.get(key) instanceof Number n ? n.doubleValue() : Double.NaN;
    }

    @Override
    public String toString() {
        List<Goal> all = all();
        Table table = new Table("goal", "at least", "stretch", "measured", "met", "on");
        all.forEach(g -> table.row(g.cells(sections)));
        long met = all.stream().filter(g -> g.verdict().startsWith("yes")).count();
        return table + String.format(Locale.ROOT, "%d of %d met%n", met, all.size());
    }
}
