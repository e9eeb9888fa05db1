package donna.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import donna.backend.Device;
import donna.backend.reference.ReferenceBackend;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TensorTest {
    private final Device device = new ReferenceBackend().open(0);

    @AfterEach
    void nothingStaysInUse() {
        assertEquals(0, device.bytesInUse());
        device.close();
    }

    @Test
    void valuesAreRowMajorWhateverTheLayout() {
        TensorSpec spec = TensorSpec.f32(2, 5, 3, 3).with(new Layout(4));
        double[] values = IntStream.range(0, 90).asDoubleStream().toArray();
        try (Tensor t = device.tensor(spec)) {
            assertEquals(2 * 8 * 9 * 4, t.buffer().bytes());
            t.set(values);
            assertArrayEquals(values, t.toDoubles());
            double[] stored =
                    Tensor.view(TensorSpec.f32(2 * 8 * 9), t.buffer(), 0).toDoubles();
            assertEquals(9, stored[1]);
            assertEquals(36, stored[36]);
            assertEquals(0, stored[37]);
        }
    }

    @Test
    void everyTypeKeepsWhatItCanHold() {
        double[][] kept = {{1 / 3f, -7}, {1.0 / 3, -7}, {0, -7}, {0, 249}};
        for (DType type : DType.values()) {
            try (Tensor t = device.tensor(TensorSpec.of(type, new Shape(2)))) {
                t.set(1.0 / 3, -7);
                assertArrayEquals(kept[type.ordinal()], t.toDoubles(), type.toString());
            }
        }
    }

    @Test
    void floatsAndDoublesAgree() {
        float[] values = {1.5f, -2.25f, 3};
        for (DType type : new DType[] {DType.F32, DType.F64}) {
            try (Tensor t = device.tensor(TensorSpec.of(type, new Shape(3)))) {
                t.set(values);
                assertArrayEquals(values, t.toFloats());
                assertArrayEquals(new double[] {1.5, -2.25, 3}, t.toDoubles());
                t.fill(4);
                assertArrayEquals(new float[] {4, 4, 4}, t.toFloats());
            }
        }
    }

    @Test
    void samplesAreAViewOfTheSameBytes() {
        try (Tensor t = device.tensor(TensorSpec.f32(4, 3))) {
            try (Tensor middle = t.samples(1, 2)) {
                middle.set(1, 2, 3, 4, 5, 6);
            }
            assertArrayEquals(new double[] {0, 0, 0, 1, 2, 3, 4, 5, 6, 0, 0, 0}, t.toDoubles());
        }
    }

    @Test
    void aViewBeyondTheBufferIsRefused() {
        try (Tensor t = device.tensor(TensorSpec.f32(4, 3))) {
            assertThrows(DonnaException.ShapeMismatch.class, () -> Tensor.view(TensorSpec.f32(4), t.buffer(), 36));
            assertThrows(DonnaException.ShapeMismatch.class, () -> t.samples(3, 2));
            assertThrows(DonnaException.ShapeMismatch.class, () -> t.set(1, 2, 3));
            assertThrows(DonnaException.ShapeMismatch.class, t::item);
        }
    }

    @Test
    void aClosedTensorIsRefused() {
        Tensor t = device.tensor(TensorSpec.f32(1));
        t.close();
        t.close();
        assertThrows(DonnaException.Closed.class, t::item);
    }

    @Test
    void aTensorIsZeroAtFirst() {
        try (Tensor t = device.tensor(TensorSpec.of(DType.F64, new Shape(1000)))) {
            assertEquals(0, Arrays.stream(t.toDoubles()).map(Math::abs).sum());
        }
    }
}
