/*
 * Sums over the rows of a matrix: blocks of blockDim.x threads side by side, each with N neighbouring columns, and blockDim.y rows of threads below each
 * other. The rows are shared out over chunks, a block each, the last of which to end adds up what all have. Always in the same order.
 */

/* Rows of which a thread loads N neighbours of each of some tensors before it uses the first: one to four, and no more than registers hold. */
template <int N, int TENSORS>
constexpr int HELD = 64 / (N * TENSORS * (int) sizeof(stored));

template <int N, int TENSORS>
constexpr int AT_ONCE = HELD<N, TENSORS> < 1 ? 1 : HELD<N, TENSORS> > 4 ? 4 : HELD<N, TENSORS>;

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

DEVICE int thread_of_block() {
    return (int) (threadIdx.y * blockDim.x + threadIdx.x);
}

DEVICE int threads_of_block() {
    return (int) (blockDim.x * blockDim.y);
}

/* Up to sixteen numbers of each thread. The simulator watches shared memory that is not a template's. */
DEVICE float* of_threads() {
    __shared__ float all[16 * (BLOCK + LANES)];
    return all;
}

/* Sums of the columns over some rows each. */
DEVICE float* of_groups() {
    alignas(16) __shared__ float all[4 * BLOCK];
    return all;
}

/* The sum of a column over all groups of a block; `width` columns. */
DEVICE float total(int column, int width, int groups) {
    float sum = 0.0f;
#pragma unroll 4
    for (int g = 0; g < groups; g++) {
        sum += of_groups()[g * width + column];
    }
    return sum;
}

/* From K numbers of each thread to `total`; gives the number of groups. Number k of the threads in column x is in column k blockDim.x + x. */
template <int K>
DEVICE int sum_down(const floats<K>& v) {
    float* all = of_threads();
    int across = (int) blockDim.x;
    int rows = (int) blockDim.y;
    int width = K * across;
    int least = K > 8 ? K : 8;
    int groups = rows > least ? rows / least : 1;
    __syncthreads();
    for (int k = 0; k < K; k++) {
        all[(k * (rows + 1) + (int) threadIdx.y) * across + (int) threadIdx.x] = v.v[k];
    }
    __syncthreads();
    for (int i = thread_of_block(); i < groups * width; i += threads_of_block()) {
        int g = i / width;
        int k = (i - g * width) / across;
        const float* column = all + k * (rows + 1) * across + (i - g * width - k * across);
        int last = rows * (g + 1) / groups;
        float sum = 0.0f;
#pragma unroll 4
        for (int y = rows * g / groups; y < last; y++) {
            sum += column[y * across];
        }
        of_groups()[i] = sum;
    }
    __syncthreads();
    return groups;
}

/* Whether this block is the last of `blocks` to come here: it then sees what the others wrote before. The counter begins as 0 and is 0 again afterwards. */
DEVICE bool comes_last(unsigned* counter, int blocks) {
    __shared__ unsigned before;
    __syncthreads();
    if (thread_of_block() == 0) {
        __threadfence();
        before = atomicInc(counter, (unsigned) blocks - 1);
        __threadfence();
    }
    __syncthreads();
    return before == (unsigned) blocks - 1;
}

/* To `total`: sums over the chunks of partial, whose rows are `stride` apart; gives the number of groups. V divides the width. */
template <int V>
DEVICE int gather_chunks(const float* partial, int chunks, int stride, int width) {
    int across = width / V;
    int groups = threads_of_block() > across ? threads_of_block() / across : 1;
    for (int i = thread_of_block(); i < groups * across; i += threads_of_block()) {
        int g = i / across;
        int at = V * (i - g * across);
        floats<V> sum = {};
        for (int k = g; k < chunks; k += 8 * groups) {
            floats<V> x[8];
#pragma unroll
            for (int u = 0; u < 8; u++) {
                x[u] = load<V>(partial + (k + u * groups < chunks ? k + u * groups : k) * stride + at);
            }
#pragma unroll
            for (int u = 0; u < 8; u++) {
                if (k + u * groups < chunks) {
                    for (int n = 0; n < V; n++) {
                        sum.v[n] += x[u].v[n];
                    }
                }
            }
        }
        store<V>(of_groups() + g * width + at, sum);
    }
    __syncthreads();
    return groups;
}

/*
 * From K numbers of each thread to `total` over the chunks, one for each z of the grid, in the block that comes last: gives it the number of groups, and 0
 * to the others. Each (x, y) of the grid has a counter, and K blockDim.x columns in partial [chunks, y, x, columns].
 */
template <int K>
DEVICE int sum_all(const floats<K>& v, unsigned* counters, float* partial, int chunks) {
    int groups = sum_down<K>(v);
    if (chunks == 1) {
        return groups;
    }
    int tile = (int) (blockIdx.y * gridDim.x + blockIdx.x);
    int width = K * (int) blockDim.x;
    int stride = (int) (gridDim.x * gridDim.y) * width;
    float* of_tile = partial + tile * width;
    for (int i = thread_of_block(); i < width; i += threads_of_block()) {
        of_tile[(int) blockIdx.z * stride + i] = total(i, width, groups);
    }
    return comes_last(counters + tile, chunks) ? gather_chunks<K % 4 == 0 ? 4 : 1>(of_tile, chunks, stride, width) : 0;
}

/* Column i of a block's columns, of which N belong to each thread, as `total` counts number 0 to N - 1 of each thread. */
template <int N>
DEVICE int column(int i) {
    return i % N * (int) blockDim.x + i / N;
}
