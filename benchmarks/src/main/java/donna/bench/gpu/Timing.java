package donna.bench.gpu;

import java.util.List;

/** Work of ours as a contender. */
final class Timing implements Contender {
    private final String name;
    private final Runnable step;
    private final Runnable end;
    private final List<AutoCloseable> owned;

    /**
     * As a contender.
     *
     * @param step queues or does a step
     * @param end waits for all that was queued
     * @param owned closed in this order
     */
    Timing(String name, Runnable step, Runnable end, List<AutoCloseable> owned) {
        this.name = name;
        this.step = step;
        this.end = end;
        this.owned = List.copyOf(owned);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public double round(int steps) {
        end.run();
        long start = System.nanoTime();
        for (int i = 0; i < steps; i++) {
            step.run();
        }
        end.run();
        return (System.nanoTime() - start) / 1e6 / steps;
    }

    @Override
    public void close() {
        end.run();
        for (AutoCloseable o : owned) {
            try {
                o.close();
            } catch (RuntimeException e) {
                throw e;
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
