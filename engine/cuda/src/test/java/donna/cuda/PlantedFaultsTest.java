package donna.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import donna.backend.Device;
import donna.ffi.ConvolutionPlan;
import donna.ffi.ConvolutionSpec;
import donna.ffi.Cuda;
import donna.ffi.CudaBindings;
import donna.ffi.CudaContext;
import donna.ffi.CudaElement;
import donna.ffi.CudaEvent;
import donna.ffi.CudaFunction;
import donna.ffi.CudaGraphExec;
import donna.ffi.CudaStream;
import donna.ffi.DeviceMemory;
import donna.ffi.Dnn;
import donna.ffi.KernelArguments;
import donna.ffi.KernelCompiler;
import donna.ffi.LaunchShape;
import donna.ffi.NativeException;
import donna.ffi.PinnedMemory;
import donna.kernels.Kernel;
import donna.kernels.KernelFile;
import donna.kernels.Launch;
import donna.testkit.cuda.CudaSimulator;
import donna.testkit.cuda.NeedsCudaSimulator;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Mistakes made on purpose: the simulator finds each, and says where. A lost context cannot be cleaned up, so nothing here is closed but the context. */
@ExtendWith(NeedsCudaSimulator.class)
class PlantedFaultsTest {
    private static final int COUNT = 64;
    private static final long BYTES = COUNT * 4L;
    private final Arena arena = Arena.ofShared();
    private CudaContext context;
    private CudaStream stream;

    @BeforeEach
    void open() {
        context = Cuda.open(new CudaSimulator()).devices().getFirst().open();
        stream = context.stream();
        CudaSimulator.clear();
    }

    @AfterEach
    void close() {
        context.close();
        arena.close();
        CudaSimulator.clear();
    }

    private CudaFunction function(String source, String entry) {
        List<String> options = List.of("--gpu-architecture=sm_90");
        return context.module(KernelCompiler.open(new CudaSimulator()).compile(source, entry + ".cu", options).image()).function(entry);
    }

    private CudaFunction kernel(Kernel k) {
        return function(k.file().source(), k.entry());
    }

    private DeviceMemory ones() {
        DeviceMemory m = context.allocate(BYTES);
        stream.fillInts(m.pointer(), Float.floatToIntBits(1), COUNT);
        stream.synchronize();
        return m;
    }

    private void add(CudaStream on, DeviceMemory a, DeviceMemory b, DeviceMemory dst, int count) {
        KernelArguments arguments = new KernelArguments(arena, 4).set(0, a.pointer()).set(1, b.pointer()).set(2, dst.pointer()).set(3, count);
        on.launch(kernel(Kernel.ADD), LaunchShape.linear(1, Launch.BLOCK), arguments);
    }

    private float first(DeviceMemory m) {
        return first(m, BYTES);
    }

    private float first(DeviceMemory m, long bytes) {
        PinnedMemory host = context.pinned(bytes);
        stream.download(host.segment(), m.pointer(), bytes);
        stream.synchronize();
        return host.segment().get(ValueLayout.JAVA_FLOAT, 0);
    }

    private String lostContext() {
        assertThrows(NativeException.class, context::synchronize);
        return CudaSimulator.findings().getFirst();
    }

    /** Sums over 16 pixels of 4 channels, of one sample, shared by two blocks. */
    private DeviceMemory sumPixels(String source) {
        DeviceMemory counter = context.allocate(4);
        stream.fillInts(counter.pointer(), 0, 1);
        DeviceMemory dst = context.allocate(16);
        KernelArguments arguments = new KernelArguments(arena, 9)
                .set(0, counter.pointer())
                .set(1, ones().pointer())
                .set(2, 0L)
                .set(3, context.allocate(2 * 4 * 4).pointer())
                .set(4, dst.pointer())
                .set(5, 1f)
                .set(6, 16)
                .set(7, 4)
                .set(8, 2);
        CudaFunction sums = function(source, "sum_pixels");
        for (int i = 0; i < 2; i++) {
            stream.launch(sums, new LaunchShape(1, 1, 2, 4, Launch.ROWS, 1, 0), arguments);
        }
        return dst;
    }

    private void requireFinding(String right, String wrong, String expected) {
        String source = KernelFile.SUM.source();
        assertTrue(source.contains(right));
        DeviceMemory sums = sumPixels(source);
        assertEquals(16, first(sums, 16));
        assertEquals(List.of(), CudaSimulator.findings());

        sumPixels(source.replace(right, wrong));
        String found = lostContext();
        assertTrue(found.contains("sum_pixels, thread") && found.contains(expected), found);
    }

    @Test
    void aMissingSyncthreadsIsARace() {
        String barrier = "across + (int) threadIdx.x] = v.v[k];\n    }\n";
        requireFinding(barrier + "    __syncthreads();", barrier, "shared memory");
    }

    @Test
    void aBlockThatCountsItselfWithoutAFenceIsARace() {
        String counting = "before = atomicInc(counter, (unsigned) blocks - 1);";
        requireFinding("__threadfence();\n        " + counting, counting, "of the grid writes");
    }

    @Test
    void aBlockThatReadsWhatOthersLeftWithoutAFenceIsARace() {
        String counting = "before = atomicInc(counter, (unsigned) blocks - 1);";
        requireFinding(counting + "\n        __threadfence();", counting, "of the grid writes");
    }

    @Test
    void aBlockThatCountsItselfBeforeAllItsThreadsHaveWrittenIsARace() {
        String waiting = "__shared__ unsigned before;\n    __syncthreads();";
        requireFinding(waiting, "__shared__ unsigned before;", "of the grid writes");
    }

    @Test
    void aMissingEventWaitIsARace() {
        CudaStream other = context.stream();
        CudaEvent written = context.event();
        DeviceMemory a = ones();
        DeviceMemory sum = ones();
        DeviceMemory twice = ones();
        add(stream, a, a, sum, COUNT);
        stream.record(written);
        other.waitFor(written);
        add(other, sum, sum, twice, COUNT);
        other.synchronize();
        assertEquals(4, first(twice));
        assertEquals(List.of(), CudaSimulator.findings());

        add(stream, a, a, sum, COUNT);
        add(other, sum, sum, twice, COUNT);
        String found = lostContext();
        assertTrue(found.startsWith("race: add ") && found.contains("nothing orders the two"), found);
    }

    @Test
    void aBranchThatDoesNotWaitForWhatCameBeforeIsARace() {
        DeviceMemory a = ones();
        DeviceMemory sum = ones();
        DeviceMemory twice = ones();
        DeviceMemory thrice = ones();
        Lanes lanes = new Lanes(context);
        lanes.open(2);
        stream.beginCapture();
        add(stream, a, a, sum, COUNT);
        lanes.fork(stream, List.of(on -> add(on, sum, sum, twice, COUNT), on -> add(on, sum, a, thrice, COUNT)));
        add(stream, twice, thrice, sum, COUNT);
        CudaGraphExec whole = stream.endCapture().instantiate();
        for (int i = 0; i < 8; i++) {
            stream.launch(whole);
        }
        assertEquals(7, first(sum));
        assertEquals(List.of(), CudaSimulator.findings());

        CudaStream other = context.stream();
        CudaEvent forked = context.event();
        CudaEvent joined = context.event();
        stream.beginCapture();
        stream.record(forked);
        add(stream, a, a, sum, COUNT);
        other.waitFor(forked);
        add(other, sum, sum, twice, COUNT);
        other.record(joined);
        stream.waitFor(joined);
        stream.launch(stream.endCapture().instantiate());
        String found = lostContext();
        assertTrue(found.startsWith("race: add ") && found.contains("nothing orders the two"), found);
    }

    @Test
    void aBranchThatNobodyWaitsForIsNoGraph() {
        DeviceMemory memory = ones();
        CudaStream other = context.stream();
        CudaEvent forked = context.event();
        stream.beginCapture();
        stream.record(forked);
        other.waitFor(forked);
        add(other, memory, memory, memory, COUNT);
        NativeException e = assertThrows(NativeException.class, stream::endCapture);
        assertTrue(e.getMessage().contains("UNJOINED"), e.getMessage());
    }

    @Test
    void aCountThatIsOneTooLargeIsOutOfBounds() {
        add(stream, ones(), ones(), ones(), COUNT + 1);
        String found = lostContext();
        assertTrue(found.startsWith("out of bounds: add, thread 8,0,0 of block 0,0,0 reads 4 bytes at byte 256 of an allocation of 256 bytes"), found);
    }

    private String fillFrom(long offset) {
        KernelArguments arguments = new KernelArguments(arena, 3).set(0, ones().pointer() + offset).set(1, 2f).set(2, COUNT);
        stream.launch(kernel(Kernel.FILL), LaunchShape.linear(1, Launch.BLOCK), arguments);
        return lostContext();
    }

    @Test
    void anOffsetThatIsTooLargeIsOutOfBounds() {
        String found = fillFrom(16);
        assertTrue(found.startsWith("out of bounds: fill, thread 7,0,0") && found.contains("writes 16 bytes at byte 256"), found);
    }

    @Test
    void anOffsetBetweenWideAccessesIsMisaligned() {
        String found = fillFrom(4);
        assertTrue(found.startsWith("misaligned: fill, thread") && found.contains("writes 16 bytes"), found);
    }

    /** One image of 4 x 4 pixels and 4 channels: 64 numbers; weights of 9 taps each, 36. */
    private ConvolutionPlan convolution(CudaBindings bindings) {
        ConvolutionSpec spec = new ConvolutionSpec(CudaElement.F32, false, 1, 4, 4, 4, 4, 3, 3, 1, 1, 1, 1, 1, 1, 4);
        return Dnn.open(bindings).convolution(spec, ConvolutionSpec.Pass.FORWARD, 1 << 20);
    }

    private DeviceMemory weights() {
        DeviceMemory m = context.allocate(36 * 4);
        stream.fillInts(m.pointer(), Float.floatToIntBits(1), 36);
        return m;
    }

    @Test
    void aWorkspaceThatIsOneByteTooSmallIsOutOfBounds() {
        ConvolutionPlan plan = convolution(new CudaSimulator());
        DeviceMemory dst = ones();
        plan.run(stream, ones().pointer(), weights().pointer(), dst.pointer(), context.allocate(plan.workspaceBytes()).pointer());
        assertEquals(4, first(dst));
        plan.run(stream, ones().pointer(), weights().pointer(), dst.pointer(), context.allocate(plan.workspaceBytes() - 1).pointer());
        String found = lostContext();
        assertTrue(found.startsWith("out of bounds: convolution writes 1000 bytes at byte 0 of an allocation of 999 bytes"), found);
    }

    @Test
    void tensorsThatAreTakenForOneAnotherAreOutOfBounds() {
        MemorySegment order = arena.allocateFrom(ValueLayout.JAVA_LONG, 2, 1, 3);
        ConvolutionPlan plan = convolution(ChangedCudnn.with((name, values) -> {
            if (name == 1000) {
                values.copyFrom(order);
            }
        }));
        plan.run(stream, ones().pointer(), weights().pointer(), ones().pointer(), context.allocate(plan.workspaceBytes()).pointer());
        String found = lostContext();
        assertTrue(found.startsWith("out of bounds: convolution reads 256 bytes at byte 0 of an allocation of 144 bytes"), found);
    }

    @Test
    void memoryThatNobodyWroteIsNotRead() {
        add(stream, ones(), context.allocate(BYTES), ones(), COUNT);
        String found = lostContext();
        assertTrue(found.startsWith("uninitialised: add, thread"), found);
    }

    @Test
    void memoryThatWasFreedIsNotUsed() {
        DeviceMemory freed = ones();
        long pointer = freed.pointer();
        freed.close();
        KernelArguments arguments = new KernelArguments(arena, 3).set(0, pointer).set(1, 2f).set(2, COUNT);
        stream.launch(kernel(Kernel.FILL), LaunchShape.linear(1, Launch.BLOCK), arguments);
        String found = lostContext();
        assertTrue(found.contains("where nothing is allocated"), found);
    }

    @Test
    void aBarrierThatNotAllThreadsReachIsNamed() {
        String header = KernelFile.SUM.source().substring(0, KernelFile.SUM.source().indexOf("/* Of a, or of its products"));
        String source = header + "KERNEL __launch_bounds__(BLOCK) half() {\n    if (threadIdx.x < 128) {\n        __syncthreads();\n    }\n}\n";
        stream.launch(function(source, "half"), LaunchShape.linear(1, Launch.BLOCK), new KernelArguments(arena, 0));
        String found = lostContext();
        assertTrue(found.startsWith("stuck: half") || found.startsWith("barrier: half"), found);
    }

    /** Fills {@code dst} with 2 after a kernel that fills it with 1, and does not wait for it to end. */
    private void fillTwice(String source, DeviceMemory dst) {
        CudaFunction fill = function(source, "fill");
        KernelArguments arguments = new KernelArguments(arena, 3).set(0, dst.pointer()).set(1, 1f).set(2, COUNT);
        stream.launch(fill, LaunchShape.linear(1, Launch.BLOCK), arguments);
        stream.overlapKernels(true);
        stream.launch(fill, LaunchShape.linear(1, Launch.BLOCK), arguments.set(1, 2f));
    }

    @Test
    void aProgrammaticKernelThatDoesNotWaitForTheOneBeforeIsNamed() {
        String source = KernelFile.ELEMENTWISE.source();
        String kernel = "fill(stored* dst, float value, int count) {\n";
        String waiting = kernel + "    begin_after_predecessors();\n";
        assertTrue(source.contains(waiting));
        DeviceMemory dst = ones();
        fillTwice(source, dst);
        assertEquals(2, first(dst));
        assertEquals(List.of(), CudaSimulator.findings());

        fillTwice(source.replace(waiting, kernel), dst);
        String found = lostContext();
        assertTrue(found.startsWith("programmatic launch: fill, thread") && found.contains("before it has waited"), found);
    }

    @Test
    void aProgrammaticKernelThatEndsWithoutWaitingIsNamed() {
        String header = KernelFile.SUM.source().substring(0, KernelFile.SUM.source().indexOf("/* Of a, or of its products"));
        CudaFunction some = function(header + "KERNEL some() {\n    if (threadIdx.x < 5) {\n        begin_after_predecessors();\n    }\n}\n", "some");
        stream.launch(some, LaunchShape.linear(1, 8), new KernelArguments(arena, 0));
        stream.overlapKernels(true);
        stream.launch(some, LaunchShape.linear(1, 8), new KernelArguments(arena, 0));
        String found = lostContext();
        assertTrue(found.startsWith("programmatic launch: some, thread") && found.contains("ends before it has waited"), found);
    }

    @Test
    void hostMemoryIsReadWhenTheCopyRunsAndNotBefore() {
        PinnedMemory host = context.pinned(BYTES);
        DeviceMemory a = context.allocate(BYTES);
        host.segment().fill((byte) 0);
        stream.upload(a.pointer(), host.segment(), BYTES);
        host.segment().set(ValueLayout.JAVA_FLOAT, 0, 5);
        assertEquals(5, first(a));
    }

    @Test
    void memoryOfAnotherCardIsOutOfReach() {
        stream.close();
        context.close();
        CudaSimulator.cards("first", "second");
        CudaContext other = Cuda.open(new CudaSimulator()).devices().get(1).open();
        try {
            DeviceMemory there = other.allocate(BYTES);
            open();
            assertThrows(NativeException.class, () -> stream.fillInts(there.pointer(), 0, COUNT));
            add(stream, ones(), there, ones(), COUNT);
            String found = lostContext();
            assertTrue(found.startsWith("out of bounds: add, thread") && found.contains("in the memory of card 1, which card 0 does not reach"), found);
            other.makeCurrent();
            other.synchronize();
            there.close();
        } finally {
            other.close();
            CudaSimulator.cards();
        }
    }

    @Test
    void whatIsNotClosedIsListedAsALeak() {
        stream.close();
        context.close();
        CudaSimulator.clear();
        Device device = new CudaBackend().open(0);
        device.allocate(100);
        device.close();
        assertEquals(List.of("leak: 100 bytes of device memory"), CudaSimulator.findings());
        open();
    }
}
