package donna.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import donna.tensor.DonnaException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class BackendsTest {
    @Test
    void theReferenceIsTriedLast() {
        List<BackendProvider> all = Backends.all();
        assertEquals("reference", all.get(all.size() - 1).name());
    }

    @Test
    void oneLineSaysWhatWasChosen() {
        List<String> lines = new ArrayList<>();
        try (Device d = Backends.open("reference", lines::add)) {
            assertEquals(List.of("device: " + d.name()), lines);
        }
    }

    @Test
    void anUnknownBackendIsRefusedWithTheNamesOfTheOthers() {
        DonnaException.Unavailable e =
                assertThrows(DonnaException.Unavailable.class, () -> Backends.open("tpu", line -> {}));
        assertTrue(e.getMessage().contains("'tpu'") && e.getMessage().contains("reference"), e.getMessage());
        assertThrows(DonnaException.InvalidInput.class, () -> Backends.open("reference:x", line -> {}));
        assertThrows(DonnaException.Unavailable.class, () -> Backends.open("reference:1", line -> {}));
    }
}
