package donna.ffi;

/** A C library that cannot be loaded, or a C function that returned an error. The message names the function, the values and what to do. */
public final class NativeException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int status;

    public NativeException(String message) {
        this(message, 0);
    }

    public NativeException(String message, Throwable cause) {
        super(message, cause);
        this.status = 0;
    }

    /** A C function returned {@code status}. */
    public NativeException(String message, int status) {
        super(message);
        this.status = status;
    }

    /** What the C function returned, in its library's numbers; 0 if the mistake is another. */
    public int status() {
        return status;
    }
}
