package donna.report;

import donna.report.Exploration.Part;
import donna.report.Exploration.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** What an exploration found, in sentences. */
public final class ExplorationWords {
    private ExplorationWords() {}

    /** The answer: what matters, what does not, and how much to trust it. */
    public static List<String> answer(Exploration e) {
        List<String> out = new ArrayList<>();
        out.add("The front of all " + e.architectures() + " architectures runs from "
                + at(e, e.whole().getFirst()) + " to " + at(e, e.whole().getLast()) + ".");
        say(out, e, Verdict.MATTERS, "What matters on this device: a front confined to ");
        say(out, e, Verdict.LITTLE, "What matters little: a front confined to ");
        List<Part> free = of(e, Verdict.NOT);
        if (!free.isEmpty()) {
            out.add("What could be left out at no loss: a front confined to "
                    + free.stream().map(ExplorationWords::name).collect(Collectors.joining(", or to ")) + " is as good.");
        }
        of(e, Verdict.IMPOSSIBLE).forEach(p -> out.add(name(p) + " cannot be built: block " + p.emptyBlock() + " has no such candidate."));
        out.add("All fronts are exact over predicted accuracy. A loss counts as one that matters where it exceeds the predictor's own error of "
                + Figures.points(e.predictorRmse()).substring(1) + " points (leave-one-out; Kendall's tau " + Figures.tau(e.predictorTau())
                + "), and as none below a tenth of it.");
        return out;
    }

    private static List<Part> of(Exploration e, Verdict verdict) {
        return e.parts().stream().filter(p -> p.verdict() == verdict).toList();
    }

    private static void say(List<String> out, Exploration e, Verdict verdict, String beginning) {
        of(e, verdict).forEach(p -> out.add(beginning + name(p) + " " + loss(e, p) + "."));
    }

    /** The condition with those that mean the same here. */
    static String name(Part p) {
        return p.condition() + (p.same().isEmpty() ? "" : " (here the same as " + String.join(" and ", p.same()) + ")");
    }

    private static String loss(Exploration e, Part p) {
        if (p.reach() == 0) {
            return "is dearer throughout: its cheapest architecture is " + at(e, p.front().getFirst());
        }
        String reach = p.reach() > 0.995 ? "" : ", and has nothing cheaper than " + cost(e, p.front().getFirst().cost());
        return "loses " + points(p.meanLoss()) + " points at equal " + word(e) + " (at most " + points(p.worstLoss()) + ", at " + cost(e, p.worstCost())
                + ") and needs " + Figures.times(p.costRatio()) + " the " + word(e) + " for equal accuracy" + reach;
    }

    static String points(double difference) {
        return Figures.points(Math.max(0, difference)).substring(1);
    }

    private static String at(Exploration e, Exploration.Point p) {
        return Figures.percent(p.predictedTop1()) + " at " + cost(e, p.cost());
    }

    /** A cost with its unit. */
    static String cost(Exploration e, double value) {
        return switch (e.cost()) {
            case "latencyMs" -> Figures.milliseconds(value);
            case "macs" -> Figures.count(value) + " MACs";
            default -> Figures.count(value) + " parameters";
        };
    }

    /** What accuracy is traded against. */
    static String word(Exploration e) {
        return switch (e.cost()) {
            case "latencyMs" -> "latency";
            case "macs" -> "number of MACs";
            default -> "number of parameters";
        };
    }
}
