package donna.ffi;

import java.util.concurrent.atomic.AtomicLong;

/** A C object that somebody owns. {@code close} destroys it and is idempotent; use after it throws. */
abstract class Handle implements AutoCloseable {
    private final AtomicLong address;

    Handle(long address) {
        this.address = new AtomicLong(address);
    }

    /** The C object's destructor. */
    abstract void destroy(long address);

    /**
     * Where the C object is.
     *
     * @throws NativeException after {@link #close}
     */
    final long address() {
        long a = address.getPlain();
        if (a == 0) {
            throw new NativeException(getClass().getSimpleName() + ": used after close; keep it open as long as what was made from it");
        }
        return a;
    }

    @Override
    public final void close() {
        long a = address.getAndSet(0);
        if (a != 0) {
            destroy(a);
        }
    }
}
