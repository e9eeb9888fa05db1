package donna.ffi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NativeLibrariesTest {
    @TempDir
    private Path folder;

    @Test
    void the_second_of_two_processes_that_unpack_at_once_takes_what_the_first_left() throws IOException {
        Path first = unpacked("first");
        Path second = unpacked("second");
        Path place = folder.resolve("library");
        NativeLibraries.moveOrDrop(first, place);
        NativeLibraries.moveOrDrop(second, place);
        assertEquals("first", Files.readString(place.resolve("lib.so")));
        assertFalse(Files.exists(second));
    }

    @Test
    void a_folder_that_cannot_be_moved_leaves_nothing() throws IOException {
        Path temporary = unpacked("first");
        assertThrows(IOException.class, () -> NativeLibraries.moveOrDrop(temporary, folder.resolve("absent/library")));
        assertFalse(Files.exists(temporary));
    }

    private Path unpacked(String text) throws IOException {
        Path temporary = Files.createTempDirectory(folder, "unpack");
        Files.writeString(temporary.resolve("lib.so"), text);
        return temporary;
    }
}
