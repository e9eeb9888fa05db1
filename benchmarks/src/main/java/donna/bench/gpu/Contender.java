package donna.bench.gpu;

/** One way to do a piece of work, ready to be timed. By one thread at a time; the caller closes it. */
interface Contender extends AutoCloseable {
    String name();

    /** Does {@code steps} steps, waits for their end, and returns the milliseconds of one. */
    double round(int steps);

    @Override
    void close();
}
