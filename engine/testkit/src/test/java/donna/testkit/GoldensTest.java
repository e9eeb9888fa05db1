package donna.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import donna.backend.Device;
import donna.backend.reference.ReferenceBackend;
import donna.tensor.DType;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The reference in double is PyTorch in double. */
class GoldensTest {
    @TestFactory
    Stream<DynamicTest> theReferenceInDoubleIsPytorchInDouble() {
        return Stream.concat(Goldens.ops().stream(), Goldens.training().stream())
                .map(g -> dynamicTest(g.name(), () -> {
                    try (Device reference = new ReferenceBackend().open(0)) {
                        g.check(reference, DType.F64);
                        assertEquals(0, reference.bytesInUse());
                    }
                }));
    }
}
