package donna.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import donna.backend.Backends;
import donna.backend.Device;
import donna.backend.Devices;
import donna.backend.Plan;
import donna.backend.Precision;
import donna.graph.Graph;
import donna.graph.Op;
import donna.graph.Value;
import donna.tensor.DonnaException;
import donna.tensor.Tensor;
import donna.tensor.TensorSpec;
import donna.testkit.cuda.CudaSimulator;
import donna.testkit.cuda.NeedsCudaSimulator;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Which of several cards are taken, and that each keeps to itself. */
@ExtendWith(NeedsCudaSimulator.class)
class SeveralCardsTest {
    private final List<String> lines = new ArrayList<>();

    @BeforeEach
    void threeCardsOfTwoKinds() {
        CudaSimulator.clear();
        CudaSimulator.cards("Large", "Large", "Small");
    }

    @AfterEach
    void oneCard() {
        CudaSimulator.cards();
        CudaSimulator.clear();
    }

    private List<String> names(String wanted) {
        lines.clear();
        try (Devices d = Backends.openAll(wanted, Precision.F32, lines::add)) {
            return d.all().stream().map(Device::name).toList();
        }
    }

    @Test
    void allOfTheFirstOnesKindAreTakenUnlessSomeAreNamed() {
        assertEquals(List.of("cuda:0 (Large, sm_90, f32)", "cuda:1 (Large, sm_90, f32)"), names("cuda"));
        assertEquals(List.of("devices: cuda:0 (Large, sm_90, f32), cuda:1 (Large, sm_90, f32); not cuda:2 (Small, sm_90, f32): it is of another kind;"
                + " name it to use it"), lines);
        assertEquals(List.of("cuda:2 (Small, sm_90, f32)"), names("cuda:2"));
        assertEquals(List.of("device: cuda:2 (Small, sm_90, f32)"), lines);
        assertEquals(List.of("cuda:1 (Large, sm_90, f32)", "cuda:2 (Small, sm_90, f32)"), names("cuda:1,2"));
        assertEquals(2, lines.size());
        assertTrue(lines.get(1).startsWith("these devices are of several kinds: the last bits"), lines.toString());
        DonnaException.Unavailable e = assertThrows(DonnaException.Unavailable.class, () -> names("cuda:0,3"));
        assertEquals("device 'cuda:3': there are 3 cards, numbered from 0", e.getMessage());
        String found = new CudaBackend().probe().detail();
        assertTrue(found.startsWith("cuda:0 Large (sm_90), cuda:1 Large (sm_90), cuda:2 Small (sm_90), of another kind: used where it is named; NVRTC"), found);
        assertEquals(List.of(), CudaSimulator.findings());
    }

    @Test
    void aTensorOfAnotherCardIsRefused() {
        Graph.Builder g = new Graph.Builder();
        Value x = g.input("x", TensorSpec.f32(4));
        Graph graph = g.output("y", g.add(new Op.Scale(2), x)).build();
        try (Devices d = Backends.openAll("cuda", Precision.F32, lines::add);
                Tensor there = d.all().get(1).tensor(TensorSpec.f32(4));
                Plan plan = d.first().compile(graph)) {
            DonnaException.InvalidInput e = assertThrows(DonnaException.InvalidInput.class, () -> plan.bind("x", there));
            assertTrue(e.getMessage().contains("allocate it with cuda:0"), e.getMessage());
        }
        assertEquals(List.of(), CudaSimulator.findings());
    }
}
