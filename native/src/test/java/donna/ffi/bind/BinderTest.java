package donna.ffi.bind;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Calls of functions of the C library, whose results are known. */
class BinderTest {
    /** Every type that a function may take or return. */
    interface C {
        int abs(int value);

        long labs(long value);

        float fabsf(float value);

        double ldexp(double value, int exponent);

        long strlen(MemorySegment text);

        MemorySegment strchr(MemorySegment text, int character);

        void qsort(MemorySegment base, long count, long size, MemorySegment compare);

        int thisFunctionDoesNotExist(int value);
    }

    private final SharedLibrary libm = SharedLibrary.open("libm.so.6");
    private final SharedLibrary libc = SharedLibrary.open("libc.so.6");
    private final List<String> bound = new ArrayList<>();

    private final C c = Binder.implement(C.class, name -> {
        bound.add(name);
        return MemorySegment.ofAddress(libc.find(name)
                .orElseGet(() -> libm.find(name).orElseThrow(() -> new IllegalArgumentException("no " + name))));
    });

    @Test
    void argumentsAndResultsGoThrough() {
        assertEquals(7, c.abs(-7));
        assertEquals(1L << 40, c.labs(-(1L << 40)));
        assertEquals(1.5f, c.fabsf(-1.5f));
        assertEquals(24, c.ldexp(1.5, 4));
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment text = arena.allocateFrom("backbone");
            assertEquals(8, c.strlen(text));
            assertEquals(text.address() + 3, c.strchr(text, 'k').address());
            c.qsort(text, 0, 1, MemorySegment.NULL);
        }
    }

    @Test
    void aFunctionIsBoundOnItsFirstCall() {
        assertEquals(List.of(), bound);
        c.abs(1);
        c.abs(2);
        c.labs(3);
        assertEquals(List.of("abs", "labs"), bound);
    }

    @Test
    void aMissingFunctionIsNamedAtEachCallAndHarmsNoOther() {
        RuntimeException first = assertThrows(IllegalArgumentException.class, () -> c.thisFunctionDoesNotExist(1));
        assertTrue(first.getMessage().contains("thisFunctionDoesNotExist"), first.getMessage());
        assertSame(first, assertThrows(IllegalArgumentException.class, () -> c.thisFunctionDoesNotExist(1)));
        assertEquals(5, c.abs(-5));
    }

    @Test
    void aLibraryKnowsItsFile() {
        assertTrue(libm.file().isAbsolute() && libm.file().endsWith("libm.so.6"), libm.file().toString());
    }

    @Test
    void theLinkersReasonIsKept() {
        UnsatisfiedLinkError e = assertThrows(UnsatisfiedLinkError.class, () -> SharedLibrary.open("libnone-such.so.1"));
        assertTrue(e.getMessage().startsWith("libnone-such.so.1: cannot open shared object file: No such file"), e.getMessage());
    }
}
