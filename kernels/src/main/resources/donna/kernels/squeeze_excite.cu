/*
 * The perceptron of squeeze-and-excite (Hu et al. 2018), gate [N, C] = gate_act(expand act(reduce pooled + bias) + bias), and its gradient. pooled [N, C] are
 * means of channels, reduce is [R, C] and expand [C, R], each with a bias; z1 [N, R] and z2 [N, C] are the sums that the activations are of. A block treats
 * SAMPLES samples, with their numbers in shared memory, so that each weight that it reads serves them all. donna.kernels.SqueezeExciteGrid launches.
 */
#include "kshim.h"
#include "activations.h"

/* Of a block. */
#define THREADS 512
#define SAMPLES 2

/* C and R, at most. */
#define MOST_CHANNELS 3072
#define MOST_REDUCED 256

/* Of a block that makes gradients of parameters. */
#define CHANNELS 4

/* Threads that share a sum through shared memory, at most: then one adds up what they have. */
#define MOST_GROUPS 32

/* Between what threads keep as their first number and as their second: a number's neighbours are in other banks. */
#define PLANE (THREADS + 8)

/* Loads of a lane, about, before more lanes share a row. */
#define LOADS 4

/* [SAMPLES, C] and [SAMPLES, R]. The simulator watches shared memory that is not a template's. */
DEVICE float* of_channels() {
    alignas(16) __shared__ float all[SAMPLES * MOST_CHANNELS];
    return all;
}

DEVICE float* of_reduced() {
    alignas(16) __shared__ float all[SAMPLES * MOST_REDUCED];
    return all;
}

/* Up to eight numbers of each thread, PLANE apart. */
DEVICE float* of_threads() {
    __shared__ float all[8 * PLANE];
    return all;
}

template <int V>
struct alignas(4 * V) neighbours {
    float v[V];
};

/* V floats from p, a multiple of their bytes. */
template <int V>
DEVICE neighbours<V> floats_at(const float* p) {
    if constexpr (V == 4) {
        return load16<neighbours<4>>(p);
    } else {
        return *(const neighbours<V>*) p;
    }
}

/* As multiply_rows, V neighbours at a time: some lanes share a row. */
template <int V>
DEVICE void multiply_rows_by(const float* matrix, const float* vectors, float* products, int rows, int width) {
    int lanes = SAMPLES;
    while (lanes < 32 && lanes * V * LOADS < width) {
        lanes *= 2;
    }
    int lane = (int) threadIdx.x % lanes;
    int at_once = THREADS / lanes;
    for (int first = 0; first < rows; first += at_once) {
        int row = first + (int) threadIdx.x / lanes;
        floats<SAMPLES> sum = {};
        if (row < rows) {
#pragma unroll(8 / V)
            for (int i = V * lane; i < width; i += V * lanes) {
                neighbours<V> weight = floats_at<V>(matrix + row * width + i);
                for (int s = 0; s < SAMPLES; s++) {
                    neighbours<V> x = floats_at<V>(vectors + s * width + i);
                    for (int v = 0; v < V; v++) {
                        sum.v[s] += weight.v[v] * x.v[v];
                    }
                }
            }
        }
        for (int bits = lanes / 2; bits > 0; bits /= 2) {
            for (int s = 0; s < SAMPLES; s++) {
                sum.v[s] += __shfl_xor_sync(0xffffffffu, sum.v[s], bits);
            }
        }
        for (int s = 0; s < SAMPLES; s++) {
            if (row < rows && lane == s) {
                products[s * rows + row] = sum.v[s];
            }
        }
    }
}

/* products [SAMPLES, rows] = vectors [SAMPLES, width] times the transpose of matrix [rows, width]; all threads see all of them. */
DEVICE void multiply_rows(const float* matrix, const float* vectors, float* products, int rows, int width) {
    if (width % 4 == 0) {
        multiply_rows_by<4>(matrix, vectors, products, rows, width);
    } else if (width % 2 == 0) {
        multiply_rows_by<2>(matrix, vectors, products, rows, width);
    } else {
        multiply_rows_by<1>(matrix, vectors, products, rows, width);
    }
    __syncthreads();
}

/* Threads that share the sum of each of `columns` columns, over `terms` terms. */
DEVICE int groups_of(int columns, int terms) {
    int groups = THREADS / columns < MOST_GROUPS ? THREADS / columns : MOST_GROUPS;
    return groups < terms ? groups : terms;
}

/* Number k of the threads of a column, added up, where thread g columns + column is the column's in group g. */
DEVICE float over_groups(int k, int column, int columns, int groups) {
    float sum = 0.0f;
#pragma unroll 4
    for (int g = 0; g < groups; g++) {
        sum += of_threads()[k * PLANE + g * columns + column];
    }
    return sum;
}

/* As multiply_columns, V neighbours at a time: groups of threads share the rows. */
template <int V>
DEVICE void multiply_columns_by(const float* matrix, const float* vectors, float* products, int rows, int width) {
    for (int tile = 0; tile < width; tile += V * THREADS) {
        int columns = width - tile < V * THREADS ? (width - tile) / V : THREADS;
        int groups = groups_of(columns, rows);
        int group = (int) threadIdx.x / columns;
        const float* from = matrix + tile + V * ((int) threadIdx.x - group * columns);
        floats<V> sums[SAMPLES] = {};
        if (group < groups) {
#pragma unroll(16 / V)
            for (int row = group; row < rows; row += groups) {
                neighbours<V> weight = floats_at<V>(from + row * width);
                for (int s = 0; s < SAMPLES; s++) {
                    float x = vectors[s * rows + row];
                    for (int v = 0; v < V; v++) {
                        sums[s].v[v] += weight.v[v] * x;
                    }
                }
            }
        }
        for (int s = 0; s < SAMPLES; s++) {
            for (int v = 0; v < V; v++) {
                of_threads()[(s * V + v) * PLANE + (int) threadIdx.x] = sums[s].v[v];
            }
        }
        __syncthreads();
        int each = V * columns;
        for (int i = threadIdx.x; i < SAMPLES * each; i += THREADS) {
            int s = i / each;
            int j = i - s * each;
            products[s * width + tile + j] = over_groups(s * V + j % V, j / V, columns, groups);
        }
        __syncthreads();
    }
}

/* products [SAMPLES, width] = vectors [SAMPLES, rows] times matrix [rows, width]; all threads see all of them. */
DEVICE void multiply_columns(const float* matrix, const float* vectors, float* products, int rows, int width) {
    if (width % 4 == 0) {
        multiply_columns_by<4>(matrix, vectors, products, rows, width);
    } else if (width % 2 == 0) {
        multiply_columns_by<2>(matrix, vectors, products, rows, width);
    } else {
        multiply_columns_by<1>(matrix, vectors, products, rows, width);
    }
}

/* z1 and z2 may be missing, where no gradient is made of them. */
KERNEL __launch_bounds__(THREADS, 2) squeeze_excite(const stored* pooled, const float* reduce, const float* reduce_bias, const float* expand,
        const float* expand_bias, float* z1, float* z2, stored* gate, int act, int gate_act, int samples, int channels, int reduced) {
    begin_after_predecessors();
    int first = SAMPLES * (int) blockIdx.x;
    float* means = of_channels();
    for (int i = threadIdx.x; i < SAMPLES * channels; i += THREADS) {
        int at = first * channels + i;
        means[i] = at < samples * channels ? widen(pooled[at]) : 0.0f;
    }
    __syncthreads();
    float* hidden = of_reduced();
    multiply_rows(reduce, means, hidden, reduced, channels);
    for (int i = threadIdx.x; i < SAMPLES * reduced; i += THREADS) {
        int at = first * reduced + i;
        float z = hidden[i] + reduce_bias[i % reduced];
        if (z1 && at < samples * reduced) {
            z1[at] = z;
        }
        hidden[i] = activate(act, z);
    }
    __syncthreads();
    float* sums = of_channels();
    multiply_rows(expand, hidden, sums, channels, reduced);
    for (int i = threadIdx.x; i < SAMPLES * channels; i += THREADS) {
        int at = first * channels + i;
        if (at < samples * channels) {
            float z = sums[i] + expand_bias[i % channels];
            if (z2) {
                z2[at] = z;
            }
            set(gate + at, activate(gate_act, z));
        }
    }
}

/*
 * From d_gate, of samples: z1 and z2 become their own gradients, hidden [N, R] is act(z1), and d_pooled may be missing.
 */
KERNEL __launch_bounds__(THREADS, 2) squeeze_excite_backward(const stored* d_gate, const float* reduce, const float* expand, float* z1, float* z2,
        float* hidden, stored* d_pooled, int act, int gate_act, int samples, int channels, int reduced) {
    begin_after_predecessors();
    int first = SAMPLES * (int) blockIdx.x;
    float* d_z2 = of_channels();
    for (int i = threadIdx.x; i < SAMPLES * channels; i += THREADS) {
        int at = first * channels + i;
        float d = 0.0f;
        if (at < samples * channels) {
            d = widen(d_gate[at]) * activate_derivative(gate_act, z2[at]);
            z2[at] = d;
        }
        d_z2[i] = d;
    }
    __syncthreads();
    float* d_z1 = of_reduced();
    multiply_columns(expand, d_z2, d_z1, channels, reduced);
    for (int i = threadIdx.x; i < SAMPLES * reduced; i += THREADS) {
        int at = first * reduced + i;
        if (at < samples * reduced) {
            float z = z1[at];
            float d = d_z1[i] * activate_derivative(act, z);
            hidden[at] = activate(act, z);
            z1[at] = d;
            d_z1[i] = d;
        }
    }
    if (d_pooled) {
        __syncthreads();
        float* sums = of_channels();
        multiply_columns(reduce, d_z1, sums, reduced, channels);
        for (int i = threadIdx.x; i < SAMPLES * channels; i += THREADS) {
            int at = first * channels + i;
            if (at < samples * channels) {
                set(d_pooled + at, sums[i]);
            }
        }
    }
}

/* CHANNELS numbers from p on, `there` of which are; zeros for the others. */
template <class T>
DEVICE floats<CHANNELS> load_there(const T* p, int there, int channels) {
    if (channels % CHANNELS == 0) {
        return load<CHANNELS>(p);
    }
    floats<CHANNELS> x;
    for (int i = 0; i < CHANNELS; i++) {
        x.v[i] = i < there ? widen(p[i]) : 0.0f;
    }
    return x;
}

/* What a thread adds up: a number times those of the channels, and the number. */
typedef floats<CHANNELS + 1> terms;

/* Over every `groups`th sample from `group` on: x [N, C] from a channel on, factors [N, R] from a column on, ones where there are none. */
template <class T>
DEVICE terms sum_samples(const T* x, const float* factors, int group, int groups, int samples, int there, int channels, int reduced) {
    terms sum = {};
#pragma unroll 8
    for (int n = group; n < samples; n += groups) {
        float factor = factors ? factors[n * reduced] : 1.0f;
        floats<CHANNELS> each = load_there(x + n * channels, there, channels);
        for (int i = 0; i < CHANNELS; i++) {
            sum.v[i] += factor * each.v[i];
        }
        sum.v[CHANNELS] += factor;
    }
    return sum;
}

/*
 * From what squeeze_excite_backward leaves, of CHANNELS channels. A thread has one column: of d_expand [C, R], then d_expand_bias [C], then of the transpose of
 * d_reduce [R, C], beside which d_reduce_bias [R] comes. Groups of threads share the samples.
 */
KERNEL __launch_bounds__(THREADS, 2) squeeze_excite_backward_parameters(const stored* pooled, const float* hidden, const float* d_z1,
        const float* d_z2, float* d_reduce, float* d_reduce_bias, float* d_expand, float* d_expand_bias, int samples, int channels, int reduced) {
    begin_after_predecessors();
    int c = CHANNELS * (int) blockIdx.x;
    int there = channels - c;
    int all = 2 * reduced + 1;
    for (int tile = 0; tile < all; tile += THREADS) {
        int columns = all - tile < THREADS ? all - tile : THREADS;
        int groups = groups_of(columns, samples);
        int group = (int) threadIdx.x / columns;
        int column = (int) threadIdx.x - group * columns;
        int k = tile + column;
        int r = k - reduced - 1;
        terms sum = {};
        if (group < groups) {
            sum = r < 0 ? sum_samples(d_z2 + c, k < reduced ? hidden + k : nullptr, group, groups, samples, there, channels, reduced)
                    : sum_samples(pooled + c, d_z1 + r, group, groups, samples, there, channels, reduced);
        }
        for (int i = 0; i < CHANNELS + 1; i++) {
            of_threads()[i * PLANE + (int) threadIdx.x] = sum.v[i];
        }
        __syncthreads();
        if (group == 0) {
            for (int i = 0; i < CHANNELS && i < there; i++) {
                float* to = k < reduced ? d_expand + (c + i) * reduced + k : k == reduced ? d_expand_bias + c + i : d_reduce + r * channels + c + i;
                *to = over_groups(i, column, columns, groups);
            }
            if (c == 0 && r >= 0) {
                d_reduce_bias[r] = over_groups(CHANNELS, column, columns, groups);
            }
        }
        __syncthreads();
    }
}
