package donna.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;

import donna.backend.BackendProvider;
import donna.testkit.BackendContract;
import donna.testkit.cuda.CudaSimulator;
import donna.testkit.cuda.NeedsCudaSimulator;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.extension.ExtendWith;

/** The contract on the simulator, which finds nothing wrong with any access of any kernel. */
@ExtendWith(NeedsCudaSimulator.class)
class CudaBackendTest extends BackendContract {
    @Override
    public BackendProvider provider() {
        return new CudaBackend();
    }

    @AfterEach
    void theSimulatorFindsNothingWrong() {
        assertEquals(List.of(), CudaSimulator.findings());
    }

    @AfterAll
    void nothingLeaks() {
        assertEquals(List.of(), CudaSimulator.findings());
    }
}
