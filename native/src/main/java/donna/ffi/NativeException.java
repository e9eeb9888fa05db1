package donna.ffi;

/** A C library that cannot be loaded, or a C function that returned an error. The message names the function, the values and what to do. */
public final class NativeException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public NativeException(String message) {
        super(message);
    }

    public NativeException(String message, Throwable cause) {
        super(message, cause);
    }
}
