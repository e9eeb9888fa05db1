package donna.tensor;

/**
 * The root of every error the engine reports: unchecked, one sentence that names what failed, the values, what was
 * expected and what to do.
 */
public sealed class DonnaException extends RuntimeException
        permits DonnaException.ShapeMismatch,
                DonnaException.InvalidInput,
                DonnaException.Unavailable,
                DonnaException.NativeFailure,
                DonnaException.Diverged,
                DonnaException.Closed,
                DonnaException.Cancelled {
    private static final long serialVersionUID = 1L;

    private DonnaException(String message, Throwable cause) {
        super(message, cause);
    }

    /** Shapes, data types or layouts that do not fit together. */
    public static final class ShapeMismatch extends DonnaException {
        private static final long serialVersionUID = 1L;

        public ShapeMismatch(String message) {
            super(message, null);
        }
    }

    /** A file, a spec or an argument from outside that cannot be used. */
    public static final class InvalidInput extends DonnaException {
        private static final long serialVersionUID = 1L;

        public InvalidInput(String message) {
            super(message, null);
        }

        public InvalidInput(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /** A backend, a device, a library or a feature that was asked for and is not there. */
    public static sealed class Unavailable extends DonnaException permits OutOfMemory {
        private static final long serialVersionUID = 1L;

        public Unavailable(String message) {
            super(message, null);
        }

        public Unavailable(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /** A device has not the memory that was asked for. */
    public static final class OutOfMemory extends Unavailable {
        private static final long serialVersionUID = 1L;

        public OutOfMemory(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /** A C library returned an error; the message holds the library's own text. */
    public static final class NativeFailure extends DonnaException {
        private static final long serialVersionUID = 1L;

        public NativeFailure(String message) {
            super(message, null);
        }

        public NativeFailure(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /** Training turned to NaN or infinity. */
    public static final class Diverged extends DonnaException {
        private static final long serialVersionUID = 1L;

        public Diverged(String message) {
            super(message, null);
        }
    }

    /** Use after {@code close}. */
    public static final class Closed extends DonnaException {
        private static final long serialVersionUID = 1L;

        public Closed(String message) {
            super(message, null);
        }
    }

    /** The user stopped the work; what was finished is kept. */
    public static final class Cancelled extends DonnaException {
        private static final long serialVersionUID = 1L;

        public Cancelled(String message) {
            super(message, null);
        }
    }
}
