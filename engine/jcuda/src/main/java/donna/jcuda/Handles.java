package donna.jcuda;

import donna.ffi.NativeException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;

/** JCuda's objects by the numbers that stand for them, and pointers from addresses. Thread-safe. */
final class Handles {
    private final Map<Long, Object> objects = new ConcurrentHashMap<>();
    private final Map<String, MemorySegment> texts = new ConcurrentHashMap<>();
    private final AtomicLong next = new AtomicLong(1);

    /** Writes a new number for {@code object} into {@code out} if it was made; returns {@code status}. */
    int put(int status, MemorySegment out, Object object) {
        if (status == 0) {
            long number = next.getAndIncrement();
            objects.put(number, object);
            out.set(ValueLayout.JAVA_LONG, 0, number);
        }
        return status;
    }

    /** The object of a number; 0 is none. */
    <T> T of(long number, Class<T> type) {
        if (number == 0) {
            return null;
        }
        Object object = objects.get(number);
        if (!type.isInstance(object)) {
            throw new NativeException("jcuda: " + number + " is no open " + type.getSimpleName());
        }
        return type.cast(object);
    }

    /** Forgets a number if its object was destroyed; returns {@code status}. */
    int drop(int status, long number) {
        if (status == 0) {
            objects.remove(number);
        }
        return status;
    }

    /** A text that stays in place. */
    MemorySegment text(String text) {
        return texts.computeIfAbsent(String.valueOf(text), t -> Arena.global().allocateFrom(t));
    }

    static int set(int status, MemorySegment out, int[] value) {
        out.set(ValueLayout.JAVA_INT, 0, value[0]);
        return status;
    }

    static int set(int status, MemorySegment out, long[] value) {
        out.set(ValueLayout.JAVA_LONG, 0, value[0]);
        return status;
    }

    /** Host memory at an address; null for none. */
    static Pointer host(MemorySegment segment) {
        return segment.address() == 0 ? null : new Address(segment.address());
    }

    /** A pointer whose address can be set and read. */
    static final class Address extends Pointer {
        Address() {}

        Address(long address) {
            super(address);
        }

        long value() {
            return getNativePointer() + getByteOffset();
        }
    }

    /** As {@link Address}, of the type that JCuda's driver wants for device memory. */
    static final class DeviceAddress extends CUdeviceptr {
        DeviceAddress() {}

        DeviceAddress(long address) {
            super(new CUdeviceptr(), address);
        }

        long value() {
            return getNativePointer() + getByteOffset();
        }
    }
}
