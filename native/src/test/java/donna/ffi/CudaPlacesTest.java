package donna.ffi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which file is taken, and what is said where there is none. */
class CudaPlacesTest {
    /** A library that every system has stands for one of NVIDIA's. */
    private static final Path SOME_LIBRARY = donna.ffi.bind.SharedLibrary.open("libm.so.6").file();

    @TempDir
    private Path folder;

    private CudaPlaces places(Map<String, String> environment) {
        return new CudaPlaces(environment, folder.resolve("installed"), name -> {
            throw new UnsatisfiedLinkError(name + ": cannot open shared object file: No such file or directory");
        });
    }

    private Path library(String name) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.copy(SOME_LIBRARY, file);
    }

    private Path opened(Map<String, String> environment, int newestMajor) {
        return places(environment).open(CudaLibrary.NVRTC, newestMajor).file();
    }

    @Test
    void theUsersFoldersComeFirstAndTheNewerVersionBeforeTheOlder() throws IOException {
        Path older = library("first/libnvrtc.so.12");
        Path newer = library("first/libnvrtc.so.13");
        Path home = library("home/lib64/libnvrtc.so.13");
        Map<String, String> both = Map.of(
                CudaPlaces.LIBS, folder.resolve("none") + ":" + folder.resolve("first"), CudaPlaces.HOME, folder.resolve("home").toString());
        assertEquals(newer, opened(both, 13));
        assertEquals(older, opened(both, 12));
        assertEquals(home, opened(Map.of(CudaPlaces.HOME, folder.resolve("home").toString()), 13));
    }

    @Test
    void whatTheCommandUnpackedIsFoundTheNewestSetFirst() throws IOException {
        library("installed/12.3/libnvrtc.so.12");
        Path newest = library("installed/12.9/libnvrtc.so.12");
        assertEquals(newest, opened(Map.of(), 13));
    }

    @Test
    void aMissingLibraryIsNamedWithThePlacesAndTheRemedy() {
        NativeException e = assertThrows(NativeException.class, () -> opened(Map.of(CudaPlaces.HOME, "/nowhere"), 13));
        for (String part : List.of(
                "NVRTC: found no libnvrtc.so.13 and no libnvrtc.so.12", "DONNA_CUDA_LIBS (not set)", "CUDA_HOME (/nowhere)", "/usr/local/cuda/lib64",
                "donna devices --install-libs")) {
            assertTrue(e.getMessage().contains(part), e.getMessage());
        }
        assertTrue(assertThrows(NativeException.class, () -> places(Map.of()).open(CudaLibrary.DRIVER, 13)).getMessage().contains("libcuda.so.1"));
    }

    @Test
    void aBrokenLibraryIsNotPassedOver() throws IOException {
        Path broken = Files.writeString(Files.createDirectories(folder.resolve("broken")).resolve("libnvrtc.so.12"), "no library");
        library("home/lib64/libnvrtc.so.12");
        NativeException e = assertThrows(NativeException.class, () -> opened(
                Map.of(CudaPlaces.LIBS, broken.getParent().toString(), CudaPlaces.HOME, folder.resolve("home").toString()), 13));
        assertTrue(e.getMessage().contains(broken + " is there but cannot be loaded") && e.getMessage().contains("file too short"), e.getMessage());
    }

    @Test
    void aMissingFunctionIsNamedWithItsFile() throws IOException {
        Path file = library("first/libnvrtc.so.12");
        Nvrtc nvrtc = CudaPlaces.functions(Nvrtc.class, CudaLibrary.NVRTC, places(Map.of(CudaPlaces.LIBS, file.getParent().toString())).open(CudaLibrary.NVRTC, 13));
        NativeException e = assertThrows(NativeException.class, () -> nvrtc.nvrtcGetErrorString(0));
        assertTrue(e.getMessage().contains(file + " has no function nvrtcGetErrorString"), e.getMessage());
    }

    @Test
    void bindingsOfAnotherNameAreAMistake() {
        System.setProperty(CudaBindings.PROPERTY, "fmm");
        try {
            NativeException e = assertThrows(NativeException.class, CudaBindings::load);
            assertTrue(e.getMessage().contains("-Ddonna.cuda.bindings=fmm: here are ffm"), e.getMessage());
        } finally {
            System.clearProperty(CudaBindings.PROPERTY);
        }
    }
}
