package donna.ffi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * cuDNN has a plan for every kind of convolution that the CUDA engine asks it for, on every generation of cards, in every element type that the engine offers
 * there. From version 9.8 on it plans for a card that is only described to it, so this needs no card; but it needs such a version, which no Maven repository
 * has: name its folder with {@code -Ddonna.test.cudaStacks=FOLDER}.
 */
class CudnnPlansTest {
    private static final String STACKS = System.getProperty("donna.test.cudaStacks", "");
    private static final long FIRST_WITH_DESCRIBED_CARDS = 90800;
    private static final long WORKSPACE_LIMIT = 1L << 30;

    /** Cards, one of each generation, as cuDNN wants them described. */
    enum Card {
        T4(75, 40, 4 << 20, 65536, 0, 16, 1024),
        A100(80, 108, 40 << 20, 166912, 1024, 32, 2048),
        H100(90, 132, 50 << 20, 232448, 1024, 32, 2048),
        RTX_5090(120, 170, 96 << 20, 101376, 1024, 24, 1536);

        private final int capability;
        private final String json;

        Card(int capability, int multiprocessors, int l2Bytes, int sharedBytes, int sharedReserved, int blocks, int threads) {
            this.capability = capability;
            json = """
                    {"cudaDeviceId": 0, "deviceVer": %d, "driverVer": 13000, "maxGridSize": [2147483647, 65535, 65535],
                    "maxBlockSize": [1024, 1024, 64], "regsPerBlock": 65536, "multiProcessorCount": %d, "smCountOrigin": 0,
                    "smClockRateKHz": 1700000, "memClockRateKHz": 1600000, "l2CacheSize": %d, "warpSize": 32, "maxSharedMemoryPerBlock": 49152,
                    "maxSharedMemoryPerBlockOptin": %d, "reservedSharedMemoryPerBlock": %d, "maxRegistersPerSM": 65536, "maxCtasPerSM": %d,
                    "maxThreadsPerBlock": 1024, "maxThreadsPerSM": %d, "pciDeviceId": 0, "isTccDriver": 0, "supportCoopLaunch": 1,
                    "totalGlobalMem": 16000000000, "deviceName": "%s"}"""
                    .formatted(10 * capability, multiprocessors, l2Bytes, sharedBytes, sharedReserved, blocks, threads, name());
        }

        CudnnDescriptor described(Cudnn lib) throws IOException {
            Presets headers = Presets.of("cudnn");
            CudnnDescriptor properties = new CudnnDescriptor(lib, "DEVICEPROP", headers.constant("CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR"));
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment text = arena.allocateFrom(json);
                properties.set(headers.constant("CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION"), headers.constant("CUDNN_TYPE_CHAR"), json.length(), text);
            }
            return properties.finish();
        }
    }

    private static ConvolutionSpec spec(CudaElement element, boolean tensorFloat, int size, int in, int out, int kernel, int stride, int dilation, int groups) {
        int pad = kernel == 16 ? 0 : dilation * (kernel - 1) / 2;
        return new ConvolutionSpec(
                element, tensorFloat, 64, size, size, in, out, kernel, kernel, stride, stride, pad, pad, dilation, dilation, groups);
    }

    /** Stems, plain and strided windows, a strided pixel, dilation, groups, patches, and channels that no vector fits. */
    private static List<ConvolutionSpec> kinds(CudaElement element, boolean tensorFloat) {
        return List.of(
                spec(element, tensorFloat, 224, 3, 32, 3, 2, 1, 1),
                spec(element, tensorFloat, 224, 3, 64, 7, 2, 1, 1),
                spec(element, tensorFloat, 56, 64, 64, 3, 1, 1, 1),
                spec(element, tensorFloat, 56, 64, 128, 3, 2, 1, 1),
                spec(element, tensorFloat, 28, 24, 40, 5, 1, 1, 1),
                spec(element, tensorFloat, 56, 64, 128, 1, 2, 1, 1),
                spec(element, tensorFloat, 28, 64, 64, 3, 1, 2, 1),
                spec(element, tensorFloat, 28, 64, 64, 3, 1, 1, 4),
                spec(element, tensorFloat, 224, 3, 192, 16, 16, 1, 1),
                spec(element, tensorFloat, 9, 5, 7, 3, 1, 1, 1),
                spec(element, tensorFloat, 9, 6, 4, 3, 2, 1, 2));
    }

    /** NVIDIA's functions in the first folder that has a version that takes described cards. */
    private static Cudnn described() {
        List<Cudnn> found = Stream.of(STACKS.split(File.pathSeparator))
                .filter(s -> !s.isEmpty())
                .map(s -> CudaStacksTest.cuda(Path.of(s)).cudnn())
                .filter(c -> c.cudnnGetVersion() >= FIRST_WITH_DESCRIBED_CARDS)
                .toList();
        assumeTrue(!found.isEmpty(), "SKIPPED: no cuDNN 9.8 or newer, which plans without a card, is in -Ddonna.test.cudaStacks (" + STACKS + ")");
        return found.getFirst();
    }

    @ParameterizedTest
    @EnumSource
    void everyKindOfConvolutionHasAPlan(Card card) throws IOException {
        Cudnn lib = described();
        List<ConvolutionSpec> all = new ArrayList<>(kinds(CudaElement.F32, false));
        all.addAll(kinds(CudaElement.F16, false));
        if (card.capability >= 80) {
            all.addAll(kinds(CudaElement.F32, true));
            all.addAll(kinds(CudaElement.BF16, false));
        }
        List<String> missing = new ArrayList<>();
        try (CudnnDescriptor properties = card.described(lib)) {
            GraphConvolution.Target target = GraphConvolution.Target.described(properties);
            for (ConvolutionSpec spec : all) {
                for (ConvolutionSpec.Pass pass : ConvolutionSpec.Pass.values()) {
                    try (CudnnDescriptor plan = GraphConvolution.find(lib, target, spec, pass, WORKSPACE_LIMIT).plan()) {
                        assertTrue(plan.readLong(402) <= WORKSPACE_LIMIT);
                    } catch (NativeException e) {
                        missing.add(e.getMessage());
                    }
                }
            }
        }
        assertEquals(List.of(), missing);
    }
}
