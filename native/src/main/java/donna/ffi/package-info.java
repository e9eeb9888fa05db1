/**
 * C libraries as Java interfaces. Per library there is one interface with the C names ({@link donna.ffi.Onednn}, {@link donna.ffi.CudaDriver} ...), which is
 * implemented over the Foreign Function and Memory API from its declarations alone, each function bound on its first call, and a checked layer
 * ({@link donna.ffi.Dnnl}, {@link donna.ffi.Cuda} ...) whose handle classes close idempotently and turn status codes into
 * {@link donna.ffi.NativeException}.
 *
 * <p>Declared by hand and limited to what is called: a generated binding of oneDNN would be some thirty thousand lines nobody reads. What is declared for
 * CUDA is tested against NVIDIA's headers, as no compiler does it for us.
 */
package donna.ffi;
