/** The CUDA backend: own kernels, cuBLASLt for matrix products, one CUDA graph per plan. */
module donna.cuda {
    requires transitive donna.core;
    requires donna.ffi;
    requires donna.kernels;

    exports donna.cuda;

    provides donna.backend.BackendProvider with
            donna.cuda.CudaBackend;
}
