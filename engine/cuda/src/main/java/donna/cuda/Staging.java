package donna.cuda;

import donna.ffi.CudaContext;
import donna.ffi.CudaStream;
import donna.ffi.PinnedMemory;
import java.lang.foreign.MemorySegment;

/** Copies between the host and the card, through pinned memory, one at a time. Thread-safe; the context is current. */
final class Staging implements AutoCloseable {
    private static final long BYTES = 4L << 20;

    private final CudaStream stream;
    private final PinnedMemory pinned;

    Staging(CudaContext context) {
        stream = context.stream();
        pinned = context.pinned(BYTES);
    }

    /** Returns when the bytes are on the card. */
    synchronized void upload(long dst, MemorySegment source) {
        for (long done = 0; done < source.byteSize(); done += BYTES) {
            long count = Math.min(BYTES, source.byteSize() - done);
            MemorySegment.copy(source, done, pinned.segment(), 0, count);
            stream.upload(dst + done, pinned.segment(), count);
            stream.synchronize();
        }
    }

    /** Returns when the bytes are on the host. */
    synchronized void download(MemorySegment target, long src) {
        for (long done = 0; done < target.byteSize(); done += BYTES) {
            long count = Math.min(BYTES, target.byteSize() - done);
            stream.download(pinned.segment(), src + done, count);
            stream.synchronize();
            MemorySegment.copy(pinned.segment(), 0, target, done, count);
        }
    }

    /** Returns when the bytes are zero. */
    synchronized void clear(long dst, long bytes) {
        stream.fillBytes(dst, (byte) 0, bytes);
        stream.synchronize();
    }

    @Override
    public void close() {
        pinned.close();
        stream.close();
    }
}
