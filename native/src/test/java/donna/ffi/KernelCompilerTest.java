package donna.ffi;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** NVIDIA's compiler, which needs no card. */
class KernelCompilerTest {
    private static final String SOURCE = """
            extern "C" __global__ void scale(float* x, float factor, int n) {
                int i = blockIdx.x * blockDim.x + threadIdx.x;
                if (i < n) x[i] *= factor;
            }
            """;

    private final KernelCompiler compiler = KernelCompiler.open(CudaBindings.load());

    @Test
    void itIsOneThatKnowsVoltaAndBlackwell() {
        assertEquals("12.9", compiler.version());
        assertTrue(compiler.capabilities().containsAll(List.of(70, 75, 80, 86, 89, 90, 100, 120)), compiler.capabilities().toString());
    }

    @ParameterizedTest
    @ValueSource(ints = {70, 90, 120})
    void machineCodeIsAnElfFileForTheCard(int capability) {
        byte[] image = compiler.compile(SOURCE, "scale.cu", List.of("--gpu-architecture=sm_" + capability)).image();
        assertArrayEquals(new byte[] {0x7f, 'E', 'L', 'F'}, Arrays.copyOf(image, 4));
        // EM_CUDA.
        assertEquals(190, Byte.toUnsignedInt(image[18]));
        assertTrue(new String(image, StandardCharsets.ISO_8859_1).contains("scale"));
    }

    @Test
    void ptxIsText() {
        byte[] image = compiler.compile(SOURCE, "scale.cu", List.of("--gpu-architecture=compute_70")).image();
        assertTrue(new String(image, StandardCharsets.US_ASCII).contains(".visible .entry scale("));
    }

    @Test
    void aMistakeIsQuotedWithItsLine() {
        NativeException e = assertThrows(NativeException.class, () ->
                compiler.compile(SOURCE.replace("factor;", "faktor;"), "scale.cu", List.of("--gpu-architecture=sm_70")));
        assertTrue(e.getMessage().contains("scale.cu(3): error: identifier \"faktor\" is undefined")
                && e.getMessage().contains("NVRTC_ERROR_COMPILATION (6)"), e.getMessage());
        assertEquals(6, e.status());
    }

    @Test
    void anArchitectureThatItDoesNotKnowIsNamed() {
        NativeException e = assertThrows(NativeException.class, () -> compiler.compile(SOURCE, "scale.cu", List.of("--gpu-architecture=sm_69")));
        assertTrue(e.getMessage().contains("sm_69"), e.getMessage());
    }
}
