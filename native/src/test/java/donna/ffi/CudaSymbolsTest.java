package donna.ffi;

import static org.junit.jupiter.api.Assertions.assertEquals;

import donna.ffi.bind.Binder;
import donna.ffi.bind.SharedLibrary;
import java.lang.reflect.Method;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Every function that we declare is in NVIDIA's library. */
class CudaSymbolsTest {
    static List<String> missing(Class<?> table, SharedLibrary library) {
        return Binder.functions(table).stream().map(Method::getName).filter(f -> library.find(f).isEmpty()).toList();
    }

    @Test
    void nvrtcHasAllOfThem() {
        assertEquals(List.of(), missing(Nvrtc.class, CudaPlaces.ofSystem().open(CudaLibrary.NVRTC, 13)));
    }
}
