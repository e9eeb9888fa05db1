package donna.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import donna.backend.Device;
import donna.backend.reference.ReferenceBackend;
import donna.graph.Graph;
import donna.graph.Op;
import donna.tensor.DType;
import donna.tensor.Layout;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class OpCatalogueTest {
    @Test
    void everyOpHasACase() {
        Set<String> covered = OpCatalogue.all().stream()
                .flatMap(c -> c.hasGradient()
                        ? Stream.of(
                                forward(c), c.gradient(DType.F32, Layout.PLAIN).graph())
                        : Stream.of(forward(c)))
                .flatMap(g -> g.nodes().stream())
                .map(n -> n.op().getClass().getSimpleName())
                .collect(Collectors.toSet());
        Set<String> all = Arrays.stream(Op.class.getPermittedSubclasses())
                .map(Class::getSimpleName)
                .collect(Collectors.toSet());
        assertEquals(all, covered);
    }

    @TestFactory
    Stream<DynamicTest> everyGradientIsThatOfFiniteDifferences() {
        return OpCatalogue.all().stream()
                .filter(OpCase::hasGradient)
                .map(c -> dynamicTest(c.name(), () -> {
                    try (Device reference = new ReferenceBackend().open(0)) {
                        FiniteDifferences.check(reference, c);
                        assertEquals(0, reference.bytesInUse());
                    }
                }));
    }

    private static Graph forward(OpCase c) {
        return c.forward(DType.F32, Layout.PLAIN).graph();
    }
}
