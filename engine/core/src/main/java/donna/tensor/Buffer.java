package donna.tensor;

import java.lang.foreign.MemorySegment;

/**
 * Bytes on a device. Made by {@code Device.allocate}, zero at first; who allocated it closes it. {@code close} is
 * idempotent; any other use after it throws {@link DonnaException.Closed}. Reads and writes wait for the work queued on
 * the device before them; two threads must not write one range.
 */
public interface Buffer extends AutoCloseable {
    long bytes();

    /**
     * Copies {@code source} from host memory to {@code offset} in this buffer.
     *
     * @throws DonnaException.ShapeMismatch if the range leaves the buffer
     */
    void write(long offset, MemorySegment source);

    /**
     * Copies from {@code offset} of this buffer into {@code target} in host memory, all of it.
     *
     * @throws DonnaException.ShapeMismatch if the range leaves the buffer
     */
    void read(long offset, MemorySegment target);

    @Override
    void close();
}
