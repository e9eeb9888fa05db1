package donna.ffi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import donna.ffi.bind.Binder;
import java.io.IOException;
import java.lang.constant.MethodTypeDesc;
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every C function of CUDA that we declare, against NVIDIA's headers: name, number and size of the arguments, result. */
class CudaTablesTest {
    @ParameterizedTest
    @CsvSource({
        "donna.ffi.CudaDriver, cudart, 66",
        "donna.ffi.Nvrtc, nvrtc, 13",
        "donna.ffi.CublasLt, cublas, 17",
        "donna.ffi.Cudnn, cudnn, 35",
        "donna.ffi.Nvml, nvml, 12"
    })
    void aTableSaysWhatTheHeadersSay(Class<?> table, String library, int count) throws IOException {
        Presets headers = Presets.of(library);
        List<Method> functions = Binder.functions(table);
        assertEquals(count, functions.size());
        List<String> mistakes = functions.stream()
                .map(f -> headers.mistake(f.getName(), descriptor(f)))
                .filter(m -> !m.isEmpty())
                .toList();
        assertEquals(List.of(), mistakes);
    }

    private static MethodTypeDesc descriptor(Method function) {
        return MethodType.methodType(function.getReturnType(), function.getParameterTypes()).describeConstable().orElseThrow();
    }

    /** Declarations with one mistake each. */
    interface Wrong {
        int cuInit(long flags);

        int cuMemAlloc_v2(java.lang.foreign.MemorySegment pointer, int bytes);

        int cuStreamSynchronize();

        int cuMemFreeee(long pointer);
    }

    @Test
    void aMistakeIsFound() throws IOException {
        Presets headers = Presets.of("cudart");
        List<Method> functions = Binder.functions(Wrong.class);
        assertEquals(4, functions.size());
        for (Method f : functions) {
            assertTrue(headers.mistake(f.getName(), descriptor(f)).contains("the headers have"), f.getName());
        }
    }
}
