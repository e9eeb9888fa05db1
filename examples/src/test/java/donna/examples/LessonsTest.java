package donna.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import donna.backend.Backends;
import donna.backend.Device;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LessonsTest {
    @ParameterizedTest
    @ValueSource(strings = {"reference", "cpu"})
    void lesson1FindsTheSlope(String name) {
        try (Device device = Backends.open(name, line -> {})) {
            assertEquals(2, Lesson1Graph.fit(device), 1e-5);
            assertEquals(0, device.bytesInUse());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"reference", "cpu"})
    void lesson2TellsStripesApart(String name) {
        try (Device device = Backends.open(name, line -> {})) {
            double top1 = Lesson2Training.train(device, 3);
            assertTrue(top1 > 0.95, "seed 1: top-1 " + top1);
            assertEquals(0, device.bytesInUse());
        }
    }
}
