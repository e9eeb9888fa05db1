package donna.jcuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import donna.ffi.BlasLt;
import donna.ffi.Cuda;
import donna.ffi.CudaBindings;
import donna.ffi.CudaDriver;
import donna.ffi.Cudnn;
import donna.ffi.Dnn;
import donna.ffi.KernelCompiler;
import donna.ffi.NativeException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** JCuda as far as a machine without a card goes: NVIDIA's compiler, a driver that finds no card, and, where they are here, cuBLAS 12 and cuDNN 8. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class JcudaBindingsTest {
    private static final Path DRIVER = Path.of(System.getProperty("donna.test.driver")).resolve("libcuda.so.1");
    private static final String CUDNN8 = System.getProperty("donna.test.cudnn8", "");

    private final CudaBindings jcuda = new JcudaBindings();

    /** A driver without a card in the folder that {@code DONNA_CUDA_LIBS} names. */
    private static void makeDriver() throws IOException, InterruptedException {
        Files.createDirectories(DRIVER.getParent());
        Path source = DRIVER.resolveSibling("driver.c");
        try (InputStream in = JcudaBindingsTest.class.getResourceAsStream("driver.c")) {
            Files.write(source, in.readAllBytes());
        }
        Process cc;
        try {
            cc = new ProcessBuilder("cc", "-shared", "-fPIC", "-Wl,-soname,libcuda.so.1", "-o", DRIVER.toString(), source.toString()).inheritIO().start();
        } catch (IOException e) {
            assumeTrue(false, "SKIPPED: there is no C compiler to make a driver without a card with: " + e.getMessage());
            return;
        }
        assertEquals(0, cc.waitFor());
    }

    @Test
    @Order(1)
    void withoutADriverItsLibraryIsNamed() throws IOException {
        assumeTrue(!Files.exists(Path.of("/dev/nvidiactl")), "SKIPPED: a driver is here");
        Files.deleteIfExists(DRIVER);
        NativeException e = assertThrows(NativeException.class, jcuda::driver);
        assertTrue(e.getMessage().contains("CUDA driver: found no libcuda.so.1") && e.getMessage().contains("install the NVIDIA driver"), e.getMessage());
    }

    @Test
    @Order(2)
    void theDriversTextComesThrough() throws Exception {
        makeDriver();
        NativeException e = assertThrows(NativeException.class, () -> Cuda.open(jcuda));
        assertEquals(100, e.status());
        assertTrue(e.getMessage().contains("CUDA_ERROR_NO_DEVICE (100): no CUDA-capable device is detected"), e.getMessage());
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(ValueLayout.JAVA_INT);
            assertEquals(0, jcuda.driver().cuDriverGetVersion(out));
            assertEquals(12060, out.get(ValueLayout.JAVA_INT, 0));
        }
    }

    @Test
    @Order(3)
    void addressesAndHandlesComeThrough() throws Exception {
        makeDriver();
        CudaDriver driver = jcuda.driver();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment dst = arena.allocate(ValueLayout.JAVA_LONG, 3);
            MemorySegment src = arena.allocateFrom(ValueLayout.JAVA_LONG, 42);
            MemorySegment stream = arena.allocate(ValueLayout.JAVA_LONG);
            assertEquals(0, driver.cuStreamCreateWithPriority(stream, 1, 5));
            assertEquals(0, driver.cuMemcpyHtoDAsync_v2(dst.address(), src, 8, stream.get(ValueLayout.JAVA_LONG, 0)));
            assertEquals(List.of(42L, 8L, 0x1015L), longs(dst));
            assertEquals(0, driver.cuMemcpyHtoDAsync_v2(dst.address(), src, 8, 0));
            assertEquals(0, longs(dst).get(2));
            assertThrows(NativeException.class, () -> driver.cuStreamSynchronize(123456));
        }
    }

    @Test
    @Order(4)
    void aLaunchGivesTheKernelItsParameters() throws Exception {
        makeDriver();
        CudaDriver driver = jcuda.driver();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment handle = arena.allocate(ValueLayout.JAVA_LONG);
            assertEquals(0, driver.cuModuleLoadData(handle, arena.allocateFrom("PTX")));
            assertEquals(0, driver.cuModuleGetFunction(handle, handle.get(ValueLayout.JAVA_LONG, 0), arena.allocateFrom("kernel")));
            MemorySegment written = arena.allocate(ValueLayout.JAVA_LONG, 2);
            MemorySegment pointer = arena.allocateFrom(ValueLayout.JAVA_LONG, written.address());
            MemorySegment number = arena.allocateFrom(ValueLayout.JAVA_INT, -7);
            MemorySegment parameters = arena.allocateFrom(ValueLayout.JAVA_LONG, pointer.address(), number.address());
            assertEquals(0, driver.cuLaunchKernel(
                    handle.get(ValueLayout.JAVA_LONG, 0), 3, 1, 1, 128, 1, 1, 0, 0, parameters, MemorySegment.NULL));
            assertEquals(List.of(-7L, 3128L), longs(written));
        }
    }

    @Test
    @Order(4)
    void launchesWithAttributesAreNotThereAndSaidNotToBe() throws Exception {
        makeDriver();
        assertFalse(jcuda.launchesWithAttributes());
        assertEquals(801, jcuda.driver().cuLaunchKernelEx(MemorySegment.NULL, 0, MemorySegment.NULL, MemorySegment.NULL));
    }

    private static List<Long> longs(MemorySegment segment) {
        return Arrays.stream(segment.toArray(ValueLayout.JAVA_LONG)).boxed().toList();
    }

    @Test
    @Order(5)
    void nvidiasCompilerCompiles() {
        KernelCompiler compiler = KernelCompiler.open(jcuda);
        assertEquals("12.9", compiler.version());
        assertTrue(compiler.capabilities().contains(70));
        String source = "extern \"C\" __global__ void one(float* x) { *x = 1; }";
        byte[] image = compiler.compile(source, "one.cu", List.of("--gpu-architecture=sm_75")).image();
        assertEquals("\u007fELF", new String(image, 0, 4, StandardCharsets.US_ASCII));
        String ptx = new String(compiler.compile(source, "one.cu", List.of("--gpu-architecture=compute_75")).image(), StandardCharsets.US_ASCII);
        assertTrue(ptx.contains(".visible .entry one("), ptx);
        NativeException e = assertThrows(NativeException.class, () -> compiler.compile("nonsense", "one.cu", List.of("--gpu-architecture=sm_75")));
        assertTrue(e.getMessage().contains("one.cu(1): error") && e.getMessage().contains("NVRTC_ERROR_COMPILATION (6)"), e.getMessage());
    }

    @Test
    @Order(6)
    void cuBlasAndCuDnn8LoadAndSayThatThereIsNoCard() {
        assumeTrue(!CUDNN8.isEmpty(), "SKIPPED: cuBLAS 12 and cuDNN 8 are not here; mvn -Pcuda-stacks verify brings them (4 GB)");
        NativeException blas = assertThrows(NativeException.class, () -> BlasLt.open(jcuda));
        assertTrue(blas.getMessage().matches("cuBLASLt 12\\.3\\.\\d+: cublasLtCreate: .*\\(1\\).*"), blas.getMessage());
        NativeException dnn = assertThrows(NativeException.class, () -> Dnn.open(jcuda));
        assertTrue(dnn.getMessage().contains("cuDNN 8.9.7: cudnnCreate: CUDNN_STATUS_NOT_INITIALIZED (1)"), dnn.getMessage());
        Cudnn lib = jcuda.cudnn();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment handle = arena.allocate(ValueLayout.JAVA_LONG);
            assertEquals(0, lib.cudnnCreateTensorDescriptor(handle));
            long tensor = handle.get(ValueLayout.JAVA_LONG, 0);
            assertEquals(0, lib.cudnnSetTensor4dDescriptor(tensor, 1, 0, 32, 96, 57, 57));
            MemorySegment[] out = Stream.generate(() -> arena.allocate(ValueLayout.JAVA_INT)).limit(9).toArray(MemorySegment[]::new);
            assertEquals(0, lib.cudnnGetTensor4dDescriptor(tensor, out[0], out[1], out[2], out[3], out[4], out[5], out[6], out[7], out[8]));
            assertEquals(List.of(0, 32, 96, 57, 57, 311904, 1, 5472, 96), Stream.of(out).map(o -> o.get(ValueLayout.JAVA_INT, 0)).toList());
            assertEquals(0, lib.cudnnDestroyTensorDescriptor(tensor));
            assertThrows(NativeException.class, () -> lib.cudnnDestroyTensorDescriptor(tensor));
        }
    }

    @Test
    @Order(7)
    void thePropertyChoosesThem() {
        System.setProperty(CudaBindings.PROPERTY, "jcuda");
        try {
            assertInstanceOf(JcudaBindings.class, CudaBindings.load());
        } finally {
            System.clearProperty(CudaBindings.PROPERTY);
        }
    }

    /** JCuda's native part names the driver's symbols that it is linked with, and those that NVIDIA's run time inside it looks up: ours are among them. */
    @Test
    @Order(8)
    void ourNamesOfTheDriversFunctionsAreSymbols() throws IOException {
        Path part = Path.of(System.getProperty("java.library.path")).resolve("libJCudaDriver-12.6.0-linux-x86_64.so");
        String bytes = new String(Files.readAllBytes(part), StandardCharsets.ISO_8859_1);
        assertEquals(List.of(), Stream.of(CudaDriver.class.getMethods()).map(Method::getName).filter(n -> !bytes.contains("\0" + n + "\0")).toList());
    }
}
