package donna.ffi;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.lang.reflect.Field;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The numbers that we give CUDA's functions, against NVIDIA's headers. */
class CudaConstantsTest {
    @ParameterizedTest
    @CsvSource({
        "Cuda, OUT_OF_MEMORY, cudart, CUDA_ERROR_OUT_OF_MEMORY",
        "Cuda, NOT_READY, cudart, CUDA_ERROR_NOT_READY",
        "Cuda, NO_DEVICE, cudart, CUDA_ERROR_NO_DEVICE",
        "SystemCuda, ATTRIBUTE_CAPABILITY_MAJOR, cudart, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR",
        "SystemCuda, ATTRIBUTE_CAPABILITY_MINOR, cudart, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR",
        "CudaDevice, MAX_THREADS_PER_BLOCK, cudart, CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK",
        "CudaDevice, SHARED_BYTES_PER_BLOCK, cudart, CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK",
        "CudaDevice, CLOCK_KHZ, cudart, CU_DEVICE_ATTRIBUTE_CLOCK_RATE",
        "CudaDevice, MULTIPROCESSORS, cudart, CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT",
        "CudaDevice, MEMORY_CLOCK_KHZ, cudart, CU_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE",
        "CudaDevice, MEMORY_BUS_BITS, cudart, CU_DEVICE_ATTRIBUTE_GLOBAL_MEMORY_BUS_WIDTH",
        "CudaDevice, L2_BYTES, cudart, CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE",
        "CudaDevice, THREADS_PER_MULTIPROCESSOR, cudart, CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_MULTIPROCESSOR",
        "CudaDevice, CAPABILITY_MAJOR, cudart, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR",
        "CudaDevice, CAPABILITY_MINOR, cudart, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR",
        "CudaDevice, SHARED_BYTES_PER_BLOCK_OPTIN, cudart, CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN",
        "CudaDevice, MEMORY_POOLS, cudart, CU_DEVICE_ATTRIBUTE_MEMORY_POOLS_SUPPORTED",
        "CudaContext, NON_BLOCKING, cudart, CU_STREAM_NON_BLOCKING",
        "CudaContext, DISABLE_TIMING, cudart, CU_EVENT_DISABLE_TIMING",
        "CudaContext, PEER_ACCESS_ALREADY_ENABLED, cudart, CUDA_ERROR_PEER_ACCESS_ALREADY_ENABLED",
        "CudaContext, POOL_RELEASE_THRESHOLD, cudart, CU_MEMPOOL_ATTR_RELEASE_THRESHOLD",
        "CudaStream, CAPTURE_THREAD_LOCAL, cudart, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL",
        "LaunchConfig, PROGRAMMATIC_STREAM_SERIALIZATION, cudart, CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION",
        "CudaGraphExec, UPDATE_FAILURE, cudart, CUDA_ERROR_GRAPH_EXEC_UPDATE_FAILURE",
        "CudaFunction, MAX_THREADS_PER_BLOCK, cudart, CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK",
        "CudaFunction, SHARED_BYTES, cudart, CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES",
        "CudaFunction, LOCAL_BYTES, cudart, CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES",
        "CudaFunction, REGISTERS, cudart, CU_FUNC_ATTRIBUTE_NUM_REGS",
        "CudaFunction, MAX_DYNAMIC_SHARED_BYTES, cudart, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES",
        "BlasLt, NOT_SUPPORTED, cublas, CUBLAS_STATUS_NOT_SUPPORTED",
        "Matmul, COMPUTE_F32, cublas, CUBLAS_COMPUTE_32F",
        "Matmul, COMPUTE_F32_FAST_TF32, cublas, CUBLAS_COMPUTE_32F_FAST_TF32",
        "Matmul, SCALE_F32, cudart, CUDA_R_32F",
        "Matmul, DESC_TRANSPOSE_A, cublas, CUBLASLT_MATMUL_DESC_TRANSA",
        "Matmul, DESC_TRANSPOSE_B, cublas, CUBLASLT_MATMUL_DESC_TRANSB",
        "Matmul, DESC_EPILOGUE, cublas, CUBLASLT_MATMUL_DESC_EPILOGUE",
        "Matmul, DESC_BIAS_POINTER, cublas, CUBLASLT_MATMUL_DESC_BIAS_POINTER",
        "Matmul, LAYOUT_BATCH_COUNT, cublas, CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT",
        "Matmul, LAYOUT_BATCH_STRIDE, cublas, CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET",
        "Matmul, PREFERENCE_WORKSPACE_BYTES, cublas, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES",
        "Matmul, PREFERENCE_ALIGNMENT_A, cublas, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES",
        "Matmul, PREFERENCE_ALIGNMENT_D, cublas, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES",
        "CudnnDescriptor, HANDLE, cudnn, CUDNN_TYPE_HANDLE",
        "CudnnDescriptor, DATA_TYPE, cudnn, CUDNN_TYPE_DATA_TYPE",
        "CudnnDescriptor, INT64, cudnn, CUDNN_TYPE_INT64",
        "CudnnDescriptor, FLOAT, cudnn, CUDNN_TYPE_FLOAT",
        "CudnnDescriptor, VOID_PTR, cudnn, CUDNN_TYPE_VOID_PTR",
        "CudnnDescriptor, CONVOLUTION_MODE, cudnn, CUDNN_TYPE_CONVOLUTION_MODE",
        "CudnnDescriptor, HEURISTICS_MODE, cudnn, CUDNN_TYPE_HEUR_MODE",
        "CudnnDescriptor, NUMERICAL_NOTE, cudnn, CUDNN_TYPE_NUMERICAL_NOTE",
        "CudnnDescriptor, BACKEND_DESCRIPTOR, cudnn, CUDNN_TYPE_BACKEND_DESCRIPTOR",
        "GraphConvolution, CROSS_CORRELATION, cudnn, CUDNN_CROSS_CORRELATION",
        "GraphConvolution, NOTE_TENSOR_CORE, cudnn, CUDNN_NUMERICAL_NOTE_TENSOR_CORE",
        "GraphConvolution, NOTE_DOWN_CONVERT_INPUTS, cudnn, CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS",
        "GraphConvolution, NOTE_REDUCED_PRECISION_REDUCTION, cudnn, CUDNN_NUMERICAL_NOTE_REDUCED_PRECISION_REDUCTION",
        "GraphConvolution, NOTE_FFT, cudnn, CUDNN_NUMERICAL_NOTE_FFT",
        "GraphConvolution, NOTE_NONDETERMINISTIC, cudnn, CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC",
        "GraphConvolution, NOTE_WINOGRAD, cudnn, CUDNN_NUMERICAL_NOTE_WINOGRAD",
        "GraphConvolution, PLAN_HANDLE, cudnn, CUDNN_ATTR_EXECUTION_PLAN_HANDLE",
        "GraphConvolution, PLAN_CONFIG, cudnn, CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG",
        "GraphConvolution, PLAN_WORKSPACE, cudnn, CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE",
        "GraphConvolution, PLAN_DEVICE, cudnn, CUDNN_ATTR_EXECUTION_PLAN_DEVICEPROP",
        "GraphConvolution, HEURISTICS_DEVICE, cudnn, CUDNN_ATTR_ENGINEHEUR_DEVICEPROP",
        "GraphConvolution, GRAPH_HANDLE, cudnn, CUDNN_ATTR_OPERATIONGRAPH_HANDLE",
        "GraphConvolution, PACK_IDS, cudnn, CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS",
        "GraphConvolution, PACK_POINTERS, cudnn, CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS",
        "GraphConvolution, PACK_WORKSPACE, cudnn, CUDNN_ATTR_VARIANT_PACK_WORKSPACE",
        "LegacyConvolution, NHWC, cudnn, CUDNN_TENSOR_NHWC",
        "LegacyConvolution, CROSS_CORRELATION, cudnn, CUDNN_CROSS_CORRELATION",
        "LegacyConvolution, MATH_TENSOR, cudnn, CUDNN_TENSOR_OP_MATH",
        "LegacyConvolution, MATH_FMA, cudnn, CUDNN_FMA_MATH",
        "CudaMonitor, CLOCK_MULTIPROCESSORS, nvml, NVML_CLOCK_SM",
        "CudaMonitor, CLOCK_MEMORY, nvml, NVML_CLOCK_MEM",
        "CudaMonitor, SENSOR_CARD, nvml, NVML_TEMPERATURE_GPU"
    })
    void aNumberIsTheHeaders(String owner, String name, String library, String header) throws ReflectiveOperationException, IOException {
        Field field = Class.forName("donna.ffi." + owner).getDeclaredField(name);
        field.setAccessible(true);
        assertEquals(Presets.of(library).constant(header), field.getInt(null));
    }

    @Test
    void theKindsOfDescriptorsAreTheHeaders() throws IOException {
        Presets headers = Presets.of("cudnn");
        for (CudnnDescriptor.Kind kind : CudnnDescriptor.Kind.values()) {
            String name = switch (kind) {
                case CONVOLUTION_FORWARD, CONVOLUTION_BACKWARD_FILTER, CONVOLUTION_BACKWARD_DATA -> "OPERATION_" + kind;
                case OPERATION_GRAPH -> "OPERATIONGRAPH";
                case ENGINE_CONFIG -> "ENGINECFG";
                case ENGINE_HEURISTICS -> "ENGINEHEUR";
                default -> kind.name();
            };
            assertEquals(headers.constant("CUDNN_BACKEND_" + name + "_DESCRIPTOR"), kind.code, name);
        }
    }

    @Test
    void theTypesOfNumbersAreTheHeaders() throws IOException {
        Presets cuda = Presets.of("cudart");
        Presets cudnn = Presets.of("cudnn");
        assertEquals(cuda.constant("CUDA_R_32F"), CudaElement.F32.cuda);
        assertEquals(cuda.constant("CUDA_R_16F"), CudaElement.F16.cuda);
        assertEquals(cuda.constant("CUDA_R_16BF"), CudaElement.BF16.cuda);
        assertEquals(cudnn.constant("CUDNN_DATA_FLOAT"), CudaElement.F32.cudnn);
        assertEquals(cudnn.constant("CUDNN_DATA_HALF"), CudaElement.F16.cudnn);
        assertEquals(cudnn.constant("CUDNN_DATA_BFLOAT16"), CudaElement.BF16.cudnn);
    }

    @Test
    void theEpiloguesAreTheHeaders() throws IOException {
        Presets headers = Presets.of("cublas");
        assertEquals(headers.constant("CUBLASLT_EPILOGUE_DEFAULT"), MatmulSpec.Epilogue.NONE.code);
        assertEquals(headers.constant("CUBLASLT_EPILOGUE_BIAS"), MatmulSpec.Epilogue.BIAS.code);
        assertEquals(headers.constant("CUBLASLT_EPILOGUE_RELU_BIAS"), MatmulSpec.Epilogue.RELU_BIAS.code);
        assertEquals(headers.constant("CUBLASLT_EPILOGUE_GELU_BIAS"), MatmulSpec.Epilogue.GELU_TANH_BIAS.code);
    }
}
