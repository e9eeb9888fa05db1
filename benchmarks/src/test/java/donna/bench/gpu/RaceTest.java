package donna.bench.gpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RaceTest {
    private final List<String> said = new ArrayList<>();

    /** Takes {@code ms} for a step, a little more in every round, and breaks in round {@code last}. */
    private Contender contender(String name, double ms, int last) {
        return new Contender() {
            private int rounds;

            @Override
            public String name() {
                return name;
            }

            @Override
            public double round(int steps) {
                said.add(name + " " + steps);
                if (rounds++ == last) {
                    throw new IllegalStateException("the card\n was lost");
                }
                return ms + rounds;
            }

            @Override
            public void close() {
                said.add(name + " closed");
            }
        };
    }

    @Test
    void contendersAreTimedInTurnForAboutAQuarterOfASecond() {
        Race.Row row = new Race(3, 250)
                .enter("slow", () -> contender("slow", 498, 99))
                .enter("fast", () -> contender("fast", 23, 99))
                .run("work", 64);
        assertEquals(
                List.of("slow 3", "slow 3", "fast 3", "fast 3", "slow 3", "fast 10", "slow 3", "fast 10", "slow 3", "fast 10", "slow closed", "fast closed"),
                said);
        assertEquals(new Race.Timed(502, 501, 503, 3, List.of(501.0, 502.0, 503.0)), row.times().get("slow"));
        assertEquals(27, row.times().get("fast").medianMs());
        assertEquals(Map.of(), row.failed());
    }

    @Test
    void oneThatBreaksIsClosedAndTheOthersGoOn() {
        Race.Row row = new Race(2, 250)
                .enter("never ready", () -> {
                    throw new IllegalArgumentException("no memory");
                })
                .enter("breaks", () -> contender("breaks", 100, 3))
                .enter("lasts", () -> contender("lasts", 100, 99))
                .run("work", 64);
        assertEquals(Map.of("never ready", "no memory", "breaks", "the card was lost"), row.failed());
        assertEquals(List.of("lasts"), List.copyOf(row.times().keySet()));
        assertEquals(List.of(103.0, 104.0), row.times().get("lasts").roundsMs());
        assertEquals(List.of("breaks closed", "lasts 3", "lasts closed"), said.subList(said.size() - 3, said.size()));
        assertFalse(row.times().containsKey("breaks"));
    }
}
