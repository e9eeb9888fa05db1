package donna.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;

import donna.backend.BackendProvider;
import donna.backend.Precision;
import donna.testkit.PrecisionContract;
import donna.testkit.cuda.CudaSimulator;
import donna.testkit.cuda.NeedsCudaSimulator;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.extension.ExtendWith;

/** The contract with activations stored as halves, on the simulator, which finds nothing wrong with any access of any kernel. */
@ExtendWith(NeedsCudaSimulator.class)
class CudaF16Test extends PrecisionContract {
    @Override
    public BackendProvider provider() {
        return new CudaBackend();
    }

    @Override
    public Precision precision() {
        return Precision.F16;
    }

    @AfterEach
    void theSimulatorFindsNothingWrong() {
        assertEquals(List.of(), CudaSimulator.findings());
    }
}
