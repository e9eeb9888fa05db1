/** CUDA sources, and how their kernels are launched. Links nothing: whoever runs them compiles them. */
module donna.kernels {
    exports donna.kernels;
}
