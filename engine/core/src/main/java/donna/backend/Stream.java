package donna.backend;

/**
 * An order of work, and the scratch memory that plans running in it share: grown to the largest plan, freed by {@code
 * close}. Used by one thread at a time. On a CPU work is done when {@link Plan#run} returns; elsewhere {@link
 * #synchronize} waits for it.
 */
public interface Stream extends AutoCloseable {
    Device device();

    /** Returns when all work queued here is done. */
    void synchronize();

    @Override
    void close();
}
