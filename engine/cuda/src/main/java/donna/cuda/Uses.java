package donna.cuda;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Which runs of which streams use a buffer since it was last known to be quiet. Whoever comes next waits: a reader for the last writer, a writer for everybody;
 * for those runs alone, not for what their streams did later. A stream does not wait for itself. Thread-safe; {@link #before}, the run and {@link #after} are
 * one thing that other runs on the device do not come between.
 */
final class Uses {
    private final Map<GpuStream, Long> readers = new LinkedHashMap<>();
    private GpuStream writer;
    private long written;

    /** Makes {@code stream} wait before it reads the buffer, or writes it. */
    synchronized void before(GpuStream stream, boolean write) {
        if (writer != null && writer != stream) {
            writer.letWait(written, stream);
        }
        if (write) {
            readers.forEach((reader, run) -> {
                if (reader != stream) {
                    reader.letWait(run, stream);
                }
            });
        }
    }

    /** Run {@code run} of {@code stream} reads the buffer, or writes it. */
    synchronized void after(GpuStream stream, long run, boolean write) {
        if (write) {
            writer = stream;
            written = run;
            readers.clear();
        } else {
            readers.put(stream, run);
        }
    }

    /** Returns when nothing that is queued writes the buffer. */
    synchronized void awaitWriter() {
        if (writer != null) {
            writer.await(written);
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
