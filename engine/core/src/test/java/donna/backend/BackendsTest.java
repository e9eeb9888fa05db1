package donna.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import donna.backend.reference.ReferenceBackend;
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
    void thatNothingIsGivenUpToBeFastIsSaid() {
        List<String> lines = new ArrayList<>();
        try (Device d = Backends.open("reference", Precision.F32, true, lines::add)) {
            assertEquals(
                    List.of("device: " + d.name() + "; fast: nothing is given up: the same seed gives the same bits here in any case"), lines);
        }
    }

    @Test
    void aPrecisionThatADeviceDoesNotOfferIsRefused() {
        for (String name : List.of("reference", "auto")) {
            DonnaException.Unavailable e =
                    assertThrows(DonnaException.Unavailable.class, () -> Backends.open(name, Precision.BF16, line -> {}));
            assertTrue(e.getMessage().contains("reference") && e.getMessage().contains("computes in f32, not in bf16"), e.getMessage());
        }
        DonnaException.Unavailable e = assertThrows(
                DonnaException.Unavailable.class, () -> new ReferenceBackend().open(0, Precision.TF32));
        assertTrue(e.getMessage().startsWith("device 'reference' computes in f32, not in tf32"), e.getMessage());
    }

    @Test
    void anUnknownBackendIsRefusedWithTheNamesOfTheOthers() {
        DonnaException.Unavailable e =
                assertThrows(DonnaException.Unavailable.class, () -> Backends.open("tpu", line -> {}));
        assertTrue(e.getMessage().contains("'tpu'") && e.getMessage().contains("reference"), e.getMessage());
        assertThrows(DonnaException.InvalidInput.class, () -> Backends.open("reference:x", line -> {}));
        assertThrows(DonnaException.Unavailable.class, () -> Backends.open("reference:1", line -> {}));
    }

    @Test
    void severalDevicesAreNamedByTheirNumbersOnceEach() {
        List<String> lines = new ArrayList<>();
        try (Devices all = Backends.openAll("reference", Precision.F32, lines::add)) {
            assertEquals(List.of("device: " + all.first().name()), lines);
            assertEquals(1, all.all().size());
        }
        DonnaException.InvalidInput twice =
                assertThrows(DonnaException.InvalidInput.class, () -> Backends.openAll("reference:0,0", Precision.F32, line -> {}));
        assertTrue(twice.getMessage().contains("names 0 twice"), twice.getMessage());
        DonnaException.InvalidInput several = assertThrows(DonnaException.InvalidInput.class, () -> Backends.open("reference:0,1", line -> {}));
        assertTrue(several.getMessage().contains("name one, as in reference:0"), several.getMessage());
        assertThrows(DonnaException.InvalidInput.class, () -> Backends.openAll("reference:0,", Precision.F32, line -> {}));
        assertThrows(DonnaException.Unavailable.class, () -> Backends.openAll("reference:0,1", Precision.F32, line -> {}));
    }
}
