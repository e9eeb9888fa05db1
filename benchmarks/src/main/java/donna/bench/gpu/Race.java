package donna.bench.gpu;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Times several ways to do the same work in turn: A B C, A B C, ... */
final class Race {
    private static final int WARM_UP_STEPS = 3;
    private static final int MOST_STEPS = 2000;

    private final int rounds;
    private final double roundMs;
    private final Map<String, Entrant> entrants = new LinkedHashMap<>();

    /** Makes a contender ready. */
    @FunctionalInterface
    interface Entrant {
        Contender prepare() throws Exception;
    }

    /**
     * What one way took.
     *
     * @param medianMs of a step
     * @param steps in a round
     */
    record Timed(double medianMs, double minMs, double maxMs, int steps, List<Double> roundsMs) {}

    /**
     * All that came out.
     *
     * @param images that a step takes, all candidates together
     * @param failed why what could not be timed could not
     */
    record Row(String work, long images, Map<String, Timed> times, Map<String, String> failed) {}

    private record Ready(Contender contender, int steps, List<Double> times) {}

    /**
     * Nobody has entered yet.
     *
     * @param rounds of each contender
     * @param roundMs about how long a round takes
     */
    Race(int rounds, double roundMs) {
        this.rounds = rounds;
        this.roundMs = roundMs;
    }

    Race enter(String name, Entrant entrant) {
        entrants.put(name, entrant);
        return this;
    }

    /** Prepares all, times them in turn, and closes them. */
    Row run(String work, long images) {
        Map<String, Ready> ready = new LinkedHashMap<>();
        Map<String, String> failed = new LinkedHashMap<>();
        entrants.forEach((name, entrant) -> {
            Contender c = null;
            try {
                c = entrant.prepare();
                c.round(WARM_UP_STEPS);
                int steps = (int) Math.clamp(Math.ceil(roundMs / c.round(WARM_UP_STEPS)), WARM_UP_STEPS, MOST_STEPS);
                ready.put(name, new Ready(c, steps, new ArrayList<>()));
            } catch (Exception e) {
                failed.put(name, message(e));
                close(c);
            }
        });
        for (int i = 0; i < rounds; i++) {
            for (String name : List.copyOf(ready.keySet())) {
                Ready r = ready.get(name);
                try {
                    r.times.add(r.contender.round(r.steps));
                } catch (RuntimeException e) {
                    failed.put(name, message(e));
                    close(ready.remove(name).contender);
                }
            }
        }
        Map<String, Timed> times = new LinkedHashMap<>();
        ready.forEach((name, r) -> {
            times.put(name, timed(r));
            close(r.contender);
        });
        return new Row(work, images, times, failed);
    }

    /** What cannot be closed after it was timed takes nothing from the result. */
    private static void close(Contender c) {
        try {
            if (c != null) {
                c.close();
            }
        } catch (RuntimeException e) {
            System.err.println("closing " + c.name() + ": " + e);
        }
    }

    private static Timed timed(Ready r) {
        double[] sorted = r.times.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        return new Timed(sorted[sorted.length / 2], sorted[0], sorted[sorted.length - 1], r.steps, r.times);
    }

    private static String message(Exception e) {
        return String.valueOf(e.getMessage() == null ? e : e.getMessage()).strip().replaceAll("\\s+", " ");
    }
}
