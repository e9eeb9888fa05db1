/**
 * The kernels: one {@code .cu} file per family of ops, and for each kernel its parameters and the rule by which it is launched. The sources are compiled where
 * they run, by NVRTC; the only headers they include lie beside them. Images are {@code [N, H, W, C]}. No kernel adds floats with atomics: a sum is always
 * made in the same order, so that equal inputs give equal bits.
 */
package donna.kernels;
