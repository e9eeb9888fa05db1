package donna.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;

import donna.backend.Device;
import donna.backend.Precision;
import donna.testkit.cuda.CudaSimulator;
import donna.testkit.cuda.NeedsCudaSimulator;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.ExtendWith;

/** Tests of a device on the simulator: in the end nothing is in use, and the simulator has found nothing wrong. */
@ExtendWith(NeedsCudaSimulator.class)
abstract class OnSimulatedCard {
    private final Precision precision;
    Device device;

    OnSimulatedCard(Precision precision) {
        this.precision = precision;
    }

    @BeforeEach
    void open() {
        CudaSimulator.clear();
        device = new CudaBackend().open(0, precision);
    }

    @AfterEach
    void close() {
        assertEquals(0, device.bytesInUse());
        device.close();
        assertEquals(List.of(), CudaSimulator.findings());
    }
}
