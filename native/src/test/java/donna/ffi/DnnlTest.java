package donna.ffi;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** oneDNN through the checked layer, on numbers small enough to work out by hand. */
class DnnlTest {
    private static final int[] PRODUCT = {Dnnl.ARG_SRC, Dnnl.ARG_WEIGHTS, Dnnl.ARG_DST, Dnnl.ARG_SCRATCHPAD};
    private Dnnl dnnl;

    @BeforeEach
    void open() {
        dnnl = Dnnl.open();
        Openmp.load().omp_set_num_threads(1);
    }

    @AfterEach
    void close() {
        dnnl.close();
    }

    @Test
    void theLibraryIsVersionThree() {
        assertTrue(dnnl.description().startsWith("3."), dnnl.description());
    }

    @Test
    void aProductOfMatricesIsRight() {
        assertArrayEquals(new float[] {4, 11, 10, 25}, product(dnnl.strided(DnnlElement.F32, new int[] {2, 2}, new long[] {1, 2})));
        assertArrayEquals(new float[] {8, 9, 18, 19}, product(dnnl.rowMajor(DnnlElement.F32, 2, 2)));
    }

    /** {@code [[1, 2], [3, 4]] * b} where b's memory holds 2, 1, 3, 4. */
    private float[] product(MemoryDesc layout) {
        try (Arena arena = Arena.ofConfined();
                MemoryDesc a = dnnl.rowMajor(DnnlElement.F32, 2, 2);
                MemoryDesc b = layout;
                Primitive p = dnnl.matmul(a, b, Optional.empty(), a, name -> true).orElseThrow();
                MemoryDesc scratch = p.scratchBytes() > 0 ? p.scratchpad() : dnnl.rowMajor(DnnlElement.F32, 1);
                DnnlStream stream = dnnl.stream();
                Invocation run = dnnl.invocation(arena, p, PRODUCT, a, b, a, scratch)) {
            MemorySegment dst = arena.allocate(16, 64);
            run.set(0, floats(arena, 1, 2, 3, 4));
            run.set(1, floats(arena, 2, 1, 3, 4));
            run.set(2, dst);
            assertThrows(NativeException.class, () -> run.run(stream));
            run.set(3, arena.allocate(scratch.bytes(), 64));
            run.run(stream);
            return dst.toArray(ValueLayout.JAVA_FLOAT);
        }
    }

    @Test
    void scratchMemoryIsNotForgotten() {
        try (Arena arena = Arena.ofConfined();
                MemoryDesc a = dnnl.rowMajor(DnnlElement.F32, 300, 300);
                MemoryDesc b = dnnl.strided(DnnlElement.F32, new int[] {300, 300}, new long[] {1, 300});
                Primitive p = dnnl.matmul(a, b, Optional.empty(), a, name -> name.startsWith("brg")).orElseThrow()) {
            assertTrue(p.scratchBytes() > 0, p.implementation());
            int[] withoutScratch = {Dnnl.ARG_SRC, Dnnl.ARG_WEIGHTS, Dnnl.ARG_DST};
            NativeException e = assertThrows(NativeException.class, () -> dnnl.invocation(arena, p, withoutScratch, a, b, a));
            assertTrue(e.getMessage().contains("scratch"), e.getMessage());
        }
    }

    private static MemorySegment floats(Arena arena, float... values) {
        MemorySegment s = arena.allocate(4L * values.length, 64);
        MemorySegment.copy(values, 0, s, ValueLayout.JAVA_FLOAT, 0, values.length);
        return s;
    }

    @Test
    void aBlockedLayoutHasRoomForWholeBlocks() {
        try (MemoryDesc blocked = dnnl.blocked(DnnlElement.F32, 16, 2, 24, 3, 3);
                MemoryDesc plain = dnnl.rowMajor(DnnlElement.F32, 2, 24, 3, 3);
                MemoryDesc again = dnnl.blocked(DnnlElement.F32, 16, 2, 24, 3, 3)) {
            assertEquals(2 * 32 * 9 * 4, blocked.bytes());
            assertEquals(2 * 24 * 9 * 4, plain.bytes());
            assertTrue(blocked.same(again));
            assertFalse(blocked.same(plain));
        }
    }

    @Test
    void theReferenceImplementationCanBeRefused() {
        try (MemoryDesc image = dnnl.blocked(DnnlElement.F32, 16, 1, 16, 9, 9);
                MemoryDesc weight = dnnl.any(DnnlElement.F32, 16, 1, 1, 5, 5)) {
            Window window = new Window(1, 1, 2, 2, 2);
            List<String> offered = new ArrayList<>();
            assertTrue(dnnl.convolutionBackwardWeights(image, weight, weight, image, window, name -> {
                offered.add(name);
                return false;
            }).isEmpty());
            assertTrue(offered.stream().anyMatch(n -> n.startsWith("ref")), offered.toString());
        }
    }

    @Test
    void anErrorNamesTheFunctionAndTheStatus() {
        NativeException e = assertThrows(NativeException.class, () -> dnnl.rowMajor(DnnlElement.F32, -1, 2));
        assertTrue(e.getMessage().contains("dnnl_memory_desc_create_with_tag") && e.getMessage().contains("invalid arguments"), e.getMessage());
    }

    @Test
    void closeIsIdempotentAndUseAfterItThrows() {
        MemoryDesc desc = dnnl.rowMajor(DnnlElement.F32, 2, 2);
        desc.close();
        desc.close();
        NativeException e = assertThrows(NativeException.class, desc::bytes);
        assertTrue(e.getMessage().contains("MemoryDesc"), e.getMessage());
    }

    @Test
    void hugePagesAreZeroAlignedAndGivenBack() {
        long bytes = 5L << 20;
        MemorySegment segment;
        try (Arena arena = Arena.ofShared()) {
            segment = HugePages.allocate(arena, bytes);
            assertEquals(bytes, segment.byteSize());
            assertEquals(0, segment.address() % HugePages.PAGE_BYTES);
            assertEquals(0, segment.get(ValueLayout.JAVA_LONG, bytes - 8));
            segment.set(ValueLayout.JAVA_LONG, bytes - 8, 42);
            assertEquals(42, segment.get(ValueLayout.JAVA_LONG, bytes - 8));
        }
        assertThrows(IllegalStateException.class, () -> segment.get(ValueLayout.JAVA_LONG, 0));
    }
}
