/** CUDA's C interfaces over JCuda, JCublas and JCudnn: an optional second way to call the same libraries, for CUDA 12 with cuDNN 8. */
module donna.jcuda {
    requires donna.ffi;
    requires jcuda;
    requires jcublas;
    requires jcudnn;

    provides donna.ffi.CudaBindings with
            donna.jcuda.JcudaBindings;
}
