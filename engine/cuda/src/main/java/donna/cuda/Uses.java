package donna.cuda;

import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Which streams have work queued on a buffer since it was last known to be quiet. Whoever comes next waits: a reader for the last writer, a writer for everybody.
 * A stream does not wait for itself. Thread-safe; a caller that lets two threads use one buffer, one of them writing, gets some order of the two.
 */
final class Uses {
    private final Set<GpuStream> readers = new LinkedHashSet<>();
    private GpuStream writer;

    /** Makes {@code stream} wait before it reads the buffer, or writes it. */
    synchronized void before(GpuStream stream, boolean write) {
        if (writer != null && writer != stream) {
            writer.letWait(stream);
        }
        if (write) {
            readers.stream().filter(r -> r != stream).forEach(r -> r.letWait(stream));
        }
    }

    /** {@code stream} has work queued that reads the buffer, or writes it. */
    synchronized void after(GpuStream stream, boolean write) {
        if (write) {
            writer = stream;
            readers.clear();
        } else {
            readers.add(stream);
        }
    }

    /** Returns when nothing that is queued writes the buffer. */
    synchronized void awaitWriter() {
        if (writer != null) {
            writer.await();
            writer = null;
        }
    }

    /** Returns when nothing that is queued uses the buffer. */
    synchronized void awaitAll() {
        awaitWriter();
        readers.forEach(GpuStream::await);
        readers.clear();
    }
}
