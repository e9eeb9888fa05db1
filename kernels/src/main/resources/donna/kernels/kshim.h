/*
 * What kernels may use beside plain C++, and all that they include. Compiled by NVRTC and clang for a card, and by g++ for the simulator of the
 * test kit, which brings simulated_device.h. Images are [N, H, W, C]; a sum is always added in the same order, whatever runs beside it.
 */
#if defined(__CUDACC__)
#define DEVICE static __device__ __forceinline__
#define INFINITY __int_as_float(0x7f800000)
#define NAN __int_as_float(0x7fffffff)
#else
#include "simulated_device.h"
#define DEVICE static inline
#endif
#define KERNEL extern "C" __global__ void

/* Threads in a block of the kernels that treat elements or rows. */
#define BLOCK 256

/* Blocks of the kernels that treat channels: LANES channels side by side, ROWS rows at a time. */
#define LANES 32
#define ROWS 8

/* Numbers of donna.tensor.Activation, in its order. */
#define NONE 0
#define RELU 1
#define RELU6 2
#define SWISH 3
#define HSWISH 4
#define SIGMOID 5
#define HSIGMOID 6
#define GELU 7

/* Elements are counted in int, of which there are at most 2^30: a 64-bit division costs a card many times as much. */
DEVICE int element() {
    return (int) (blockIdx.x * BLOCK + threadIdx.x);
}

/* The first of `count` rows that belongs to chunk `chunk` of `chunks`. */
DEVICE int chunk_begin(int count, int chunk, int chunks) {
    return (int) ((long long) count * chunk / chunks);
}

DEVICE float sigmoid(float x) {
    return 1.0f / (1.0f + expf(-x));
}

DEVICE float activate(int act, float x) {
    switch (act) {
        case RELU: return fmaxf(x, 0.0f);
        case RELU6: return fminf(fmaxf(x, 0.0f), 6.0f);
        case SWISH: return x * sigmoid(x);
        case HSWISH: return x * fminf(fmaxf(x + 3.0f, 0.0f), 6.0f) / 6.0f;
        case SIGMOID: return sigmoid(x);
        case HSIGMOID: return fminf(fmaxf(x + 3.0f, 0.0f), 6.0f) / 6.0f;
        case GELU: return 0.5f * x * (1.0f + erff(x * 0.70710678118654752f));
        default: return x;
    }
}

DEVICE float activate_derivative(int act, float x) {
    switch (act) {
        case RELU: return x > 0.0f ? 1.0f : 0.0f;
        case RELU6: return x > 0.0f && x < 6.0f ? 1.0f : 0.0f;
        case SWISH: {
            float s = sigmoid(x);
            return s * (1.0f + x * (1.0f - s));
        }
        case HSWISH: return x <= -3.0f ? 0.0f : x >= 3.0f ? 1.0f : (2.0f * x + 3.0f) / 6.0f;
        case SIGMOID: {
            float s = sigmoid(x);
            return s * (1.0f - s);
        }
        case HSIGMOID: return x > -3.0f && x < 3.0f ? 1.0f / 6.0f : 0.0f;
        case GELU: return 0.5f * (1.0f + erff(x * 0.70710678118654752f)) + x * expf(-0.5f * x * x) * 0.39894228040143268f;
        default: return 1.0f;
    }
}

/* The sum over a block of BLOCK threads in one dimension; every thread has it. */
DEVICE float block_sum(float v) {
    __shared__ float of_warp[BLOCK / 32];
    for (int distance = 16; distance > 0; distance /= 2) {
        v += __shfl_down_sync(0xffffffffu, v, distance);
    }
    __syncthreads();
    if (threadIdx.x % 32 == 0) {
        of_warp[threadIdx.x / 32] = v;
    }
    __syncthreads();
    float sum = 0.0f;
    for (int i = 0; i < BLOCK / 32; i++) {
        sum += of_warp[i];
    }
    return sum;
}

/* The largest value of a block of BLOCK threads in one dimension; every thread has it. */
DEVICE float block_max(float v) {
    __shared__ float of_warp[BLOCK / 32];
    for (int distance = 16; distance > 0; distance /= 2) {
        v = fmaxf(v, __shfl_down_sync(0xffffffffu, v, distance));
    }
    __syncthreads();
    if (threadIdx.x % 32 == 0) {
        of_warp[threadIdx.x / 32] = v;
    }
    __syncthreads();
    float largest = of_warp[0];
    for (int i = 1; i < BLOCK / 32; i++) {
        largest = fmaxf(largest, of_warp[i]);
    }
    return largest;
}

/* Of a block of LANES x ROWS threads, the sum over the rows of each channel; the threads of row 0 have it. */
DEVICE float row_sum(float v) {
    __shared__ float of_row[ROWS][LANES];
    __syncthreads();
    of_row[threadIdx.y][threadIdx.x] = v;
    __syncthreads();
    float sum = 0.0f;
    if (threadIdx.y == 0) {
        for (int r = 0; r < ROWS; r++) {
            sum += of_row[r][threadIdx.x];
        }
    }
    return sum;
}
