package donna.ffi;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * NVIDIA's cuBLASLt and cuDNN in the versions that are supported: their functions are there, and what needs no card works. They are some gigabytes, so they
 * are brought by {@code mvn -Pcuda-stacks verify} only.
 */
class CudaStacksTest {
    private static final String STACKS = System.getProperty("donna.test.cudaStacks", "");
    private static final int NHWC = 1;
    private static final int FLOAT = 0;

    @BeforeAll
    static void theLibrariesAreHere() {
        assumeTrue(!STACKS.isEmpty(), "SKIPPED: cuBLASLt and cuDNN are not here; mvn -Pcuda-stacks verify brings them (4 GB)");
    }

    /** One folder per stack. */
    static Stream<Path> stacks() {
        return STACKS.isEmpty() ? Stream.of(Path.of("none")) : Stream.of(STACKS.split(File.pathSeparator)).map(Path::of);
    }

    private static CudaPlaces places(Path stack) {
        return new CudaPlaces(Map.of(CudaPlaces.LIBS, stack.toString()), stack.resolve("none"), name -> {
            throw new UnsatisfiedLinkError(name + ": cannot open shared object file: No such file or directory");
        });
    }

    static SystemCuda cuda(Path stack) {
        return new SystemCuda(places(stack));
    }

    @ParameterizedTest
    @MethodSource("stacks")
    void everyFunctionIsThere(Path stack) {
        CudaPlaces places = places(stack);
        List<String> missing = new ArrayList<>();
        missing.addAll(CudaSymbolsTest.missing(Nvrtc.class, places.open(CudaLibrary.NVRTC, 13)));
        missing.addAll(CudaSymbolsTest.missing(CublasLt.class, places.open(CudaLibrary.CUBLASLT, 13)));
        missing.addAll(CudaSymbolsTest.missing(Cudnn.class, places.open(CudaLibrary.CUDNN, 13)));
        boolean version8 = cuda(stack).cudnn().cudnnGetVersion() < 9000;
        assertEquals(version8 ? List.of("cudnnGetLastErrorString") : List.of(), missing);
    }

    @ParameterizedTest
    @MethodSource("stacks")
    void aTensorInNhwcHasTheStridesOfNhwc(Path stack) {
        Cudnn lib = cuda(stack).cudnn();
        long tensor = Dnn.create(lib, "cudnnCreateTensorDescriptor", lib::cudnnCreateTensorDescriptor);
        try (Arena arena = Arena.ofConfined()) {
            assertEquals(0, lib.cudnnSetTensor4dDescriptor(tensor, NHWC, FLOAT, 32, 96, 57, 57));
            MemorySegment[] out = Stream.generate(() -> arena.allocate(ValueLayout.JAVA_INT)).limit(9).toArray(MemorySegment[]::new);
            assertEquals(0, lib.cudnnGetTensor4dDescriptor(tensor, out[0], out[1], out[2], out[3], out[4], out[5], out[6], out[7], out[8]));
            assertEquals(List.of(FLOAT, 32, 96, 57, 57, 311904, 1, 5472, 96), Stream.of(out).map(o -> o.get(ValueLayout.JAVA_INT, 0)).toList());
        }
        assertEquals(0, lib.cudnnDestroyTensorDescriptor(tensor));
    }

    @ParameterizedTest
    @MethodSource("stacks")
    void theLibrarysShapeOfAConvolutionIsOurs(Path stack) {
        Cudnn lib = cuda(stack).cudnn();
        ConvolutionSpec spec = new ConvolutionSpec(CudaElement.F32, false, 32, 57, 57, 96, 96, 5, 5, 2, 2, 2, 2, 1, 1, 96);
        long src = Dnn.create(lib, "cudnnCreateTensorDescriptor", lib::cudnnCreateTensorDescriptor);
        long weight = Dnn.create(lib, "cudnnCreateFilterDescriptor", lib::cudnnCreateFilterDescriptor);
        long convolution = Dnn.create(lib, "cudnnCreateConvolutionDescriptor", lib::cudnnCreateConvolutionDescriptor);
        try (Arena arena = Arena.ofConfined()) {
            assertEquals(0, lib.cudnnSetTensor4dDescriptor(src, NHWC, FLOAT, 32, 96, 57, 57));
            assertEquals(0, lib.cudnnSetFilter4dDescriptor(weight, FLOAT, NHWC, 96, 1, 5, 5));
            assertEquals(0, lib.cudnnSetConvolution2dDescriptor(convolution, 2, 2, 2, 2, 1, 1, 1, FLOAT));
            assertEquals(0, lib.cudnnSetConvolutionGroupCount(convolution, 96));
            assertEquals(0, lib.cudnnSetConvolutionMathType(convolution, 3));
            MemorySegment out = arena.allocate(ValueLayout.JAVA_INT, 4);
            assertEquals(0, lib.cudnnGetConvolution2dForwardOutputDim(
                    convolution, src, weight, out, out.asSlice(4), out.asSlice(8), out.asSlice(12)));
            assertEquals(List.of(32, 96, spec.heightOut(), spec.widthOut()), Arrays.stream(out.toArray(ValueLayout.JAVA_INT)).boxed().toList());
            assertEquals(29, spec.heightOut());
        }
        assertEquals(0, lib.cudnnDestroyConvolutionDescriptor(convolution));
        assertEquals(0, lib.cudnnDestroyFilterDescriptor(weight));
        assertEquals(0, lib.cudnnDestroyTensorDescriptor(src));
    }

    @ParameterizedTest
    @MethodSource("stacks")
    void aDescriptorOfTheGraphApiTakesItsAttributesAndAnIncompleteOneIsRefused(Path stack) {
        Cudnn lib = cuda(stack).cudnn();
        try (CudnnDescriptor tensor = new CudnnDescriptor(lib, CudnnDescriptor.Kind.TENSOR)) {
            tensor.longs(902, CudnnDescriptor.INT64, 1, 8, 4, 4);
            NativeException e = assertThrows(NativeException.class, tensor::finish);
            assertTrue(e.getMessage().contains("cudnnBackendFinalize of TENSOR: CUDNN_STATUS_BAD_PARAM"), e.getMessage());
            tensor.longs(900, CudnnDescriptor.INT64, 16)
                    .number(901, CudnnDescriptor.DATA_TYPE, CudaElement.F16.cudnn)
                    .longs(903, CudnnDescriptor.INT64, 128, 1, 32, 8)
                    .longs(906, CudnnDescriptor.INT64, 7)
                    .finish();
            assertEquals(7, tensor.readLong(906));
            assertEquals(List.of(CudaElement.F16.cudnn), tensor.readNumbers(901, CudnnDescriptor.DATA_TYPE, 1));
        }
    }

    @ParameterizedTest
    @MethodSource("stacks")
    void theGraphApiTakesTheOperationsOfAllThreePasses(Path stack) {
        Cudnn lib = cuda(stack).cudnn();
        ConvolutionSpec spec = new ConvolutionSpec(CudaElement.F16, false, 32, 57, 57, 96, 64, 3, 3, 2, 2, 1, 1, 1, 1, 1);
        for (ConvolutionSpec.Pass pass : ConvolutionSpec.Pass.values()) {
            try (CudnnDescriptor convolution = GraphConvolution.convolution(lib, spec);
                    CudnnDescriptor src = GraphConvolution.tensor(lib, spec.element(), 1, 32, 96, 57, 57);
                    CudnnDescriptor weight = GraphConvolution.tensor(lib, spec.element(), 2, 64, 96, 3, 3);
                    CudnnDescriptor dst = GraphConvolution.tensor(lib, spec.element(), 3, 32, 64, spec.heightOut(), spec.widthOut())) {
                assertDoesNotThrow(() -> GraphConvolution.operation(lib, pass, convolution, src, weight, dst)).close();
            }
        }
    }

    @ParameterizedTest
    @MethodSource("stacks")
    void theGraphApiTakesAPackOfAddresses(Path stack) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment pointers = arena.allocateFrom(ValueLayout.JAVA_LONG, 256, 512, 1024);
            MemorySegment workspace = arena.allocateFrom(ValueLayout.JAVA_LONG, 2048);
            assertDoesNotThrow(() -> GraphConvolution.pack(cuda(stack).cudnn(), pointers, workspace)).close();
        }
    }

    @ParameterizedTest
    @MethodSource("stacks")
    void aProductsDescriptorsKeepWhatTheyAreTold(Path stack) {
        CublasLt lib = cuda(stack).cublasLt();
        long layout = BlasLt.create(lib, "cublasLtMatrixLayoutCreate", out -> lib.cublasLtMatrixLayoutCreate(out, CudaElement.BF16.cuda, 24, 144, 32));
        long desc = BlasLt.create(lib, "cublasLtMatmulDescCreate", out -> lib.cublasLtMatmulDescCreate(out, 68, 0));
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment value = arena.allocate(ValueLayout.JAVA_LONG);
            MemorySegment written = arena.allocate(ValueLayout.JAVA_LONG);
            assertEquals(0, lib.cublasLtMatrixLayoutGetAttribute(layout, 4, value, 8, written));
            assertEquals(32, value.get(ValueLayout.JAVA_LONG, 0));
            assertEquals(8, written.get(ValueLayout.JAVA_LONG, 0));
            assertEquals(0, lib.cublasLtMatmulDescSetAttribute(desc, 3, arena.allocateFrom(ValueLayout.JAVA_INT, 1), 4));
            assertEquals(0, lib.cublasLtMatmulDescGetAttribute(desc, 3, value, 4, written));
            assertEquals(1, value.get(ValueLayout.JAVA_INT, 0));
        }
        assertEquals(0, lib.cublasLtMatmulDescDestroy(desc));
        assertEquals(0, lib.cublasLtMatrixLayoutDestroy(layout));
        try (Matmul matmul = new Matmul(lib, MatmulSpec.dense(CudaElement.F16, false, true, 64, 24, 144))) {
            assertEquals(0, matmul.algorithms());
        }
    }

    @ParameterizedTest
    @MethodSource("stacks")
    void withoutACardOpeningFailsWithTheLibrarysText(Path stack) {
        assumeTrue(!Files.exists(Path.of("/dev/nvidiactl")), "SKIPPED: a card is here");
        NativeException dnn = assertThrows(NativeException.class, () -> Dnn.open(cuda(stack)));
        assertTrue(dnn.getMessage().matches("(?s)cuDNN [89]\\.\\d+\\.\\d+: cudnnCreate: CUDNN_STATUS_NOT_INITIALIZED \\(1(001)?\\).*"), dnn.getMessage());
        NativeException blas = assertThrows(NativeException.class, () -> BlasLt.open(cuda(stack)));
        assertTrue(blas.getMessage().matches("cuBLASLt 1[23]\\.\\d+\\.\\d+: cublasLtCreate: .*\\(1\\).*"), blas.getMessage());
        assertEquals(1, blas.status());
    }
}
