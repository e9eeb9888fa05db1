/*
 * Sums over the rows of a matrix: blocks of blockDim.x threads side by side, each with N neighbouring columns, and blockDim.y rows of threads below each
 * other. Always in the same order.
 */

/* Where a thread stands: its first column, and the rows of its block's chunk that it treats, blockDim.y apart. */
template <int N>
struct columns {
    int c, first, last;
    bool inside;

    DEVICE_MEMBER columns(int rows, int width, int chunk, int chunks) {
        c = N * (int) (blockIdx.x * blockDim.x + threadIdx.x);
        first = chunk_begin(rows, chunk, chunks) + (int) threadIdx.y;
        last = chunk_begin(rows, chunk + 1, chunks);
        inside = c < width;
    }
};

/* Threads of a block, at most. */
#ifndef COLUMN_THREADS
#define COLUMN_THREADS BLOCK
#endif

/* A number of each thread, eight times. The simulator watches shared memory that is not a template's. */
DEVICE float* of_threads() {
    __shared__ float all[8 * COLUMN_THREADS];
    return all;
}

/* The sum over the threads below each other, of any number of rows of them; those of row 0 have it. */
template <int N>
DEVICE void sum_down(floats<N>& a) {
    float* all = of_threads();
    int me = (int) (threadIdx.y * blockDim.x + threadIdx.x);
    for (int rows = (int) blockDim.y; rows > 1;) {
        int half = (rows + 1) / 2;
        __syncthreads();
        for (int i = 0; i < N; i++) {
            all[i * COLUMN_THREADS + me] = a.v[i];
        }
        __syncthreads();
        if ((int) threadIdx.y < rows - half) {
            for (int i = 0; i < N; i++) {
                a.v[i] += all[i * COLUMN_THREADS + me + half * (int) blockDim.x];
            }
        }
        rows = half;
    }
}

/* Of a block of LANES x LANES threads, the sum over the chunks of partial [chunks, width] in column c; the threads of row 0 have it. */
DEVICE float sum_of_chunks(const float* partial, int c, int width, int chunks) {
    floats<1> sum = {0.0f};
    if (c < width) {
#pragma unroll 4
        for (int k = threadIdx.y; k < chunks; k += LANES) {
            sum.v[0] += partial[k * width + c];
        }
    }
    sum_down<1>(sum);
    return sum.v[0];
}
