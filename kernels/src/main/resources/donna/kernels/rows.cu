/*
 * Softmax and layer normalisation over rows: src [rows, features], a warp per row. A lane treats eight neighbours at a time where their number allows it,
 * else one.
 */
#include "kshim.h"
#include "columns.h"

#define WARPS (BLOCK / 32)

DEVICE float warp_max(float v) {
    for (int bits = 16; bits > 0; bits /= 2) {
        v = fmaxf(v, __shfl_xor_sync(0xffffffffu, v, bits));
    }
    return v;
}

/* The row of this thread's warp; the warps of the last block may have none. */
DEVICE int warp_row() {
    return blockIdx.x * WARPS + threadIdx.x / 32;
}

/* i is the first of a lane's N neighbours. */
#define FOR_EACH_OF_LANE(N, features) for (int i = N * (int) (threadIdx.x % 32); i < (features); i += N * 32)

template <int N>
DEVICE void softmax_row(const stored* row, stored* dst, int features) {
    float largest = -INFINITY;
    FOR_EACH_OF_LANE(N, features) {
        floats<N> x = load<N>(row + i);
        for (int k = 0; k < N; k++) {
            largest = fmaxf(largest, x.v[k]);
        }
    }
    largest = warp_max(largest);
    float sum = 0.0f;
    FOR_EACH_OF_LANE(N, features) {
        floats<N> x = load<N>(row + i);
        for (int k = 0; k < N; k++) {
            sum += expf(x.v[k] - largest);
        }
    }
    float share = 1.0f / warp_sum(sum);
    FOR_EACH_OF_LANE(N, features) {
        floats<N> x = load<N>(row + i);
        for (int k = 0; k < N; k++) {
            x.v[k] = expf(x.v[k] - largest) * share;
        }
        store<N>(dst + i, x);
    }
}

KERNEL __launch_bounds__(BLOCK) softmax(const stored* src, stored* dst, int features, int rows) {
    begin_after_predecessors();
    int row = warp_row();
    if (row < rows) {
        if (features % 8 == 0) {
            softmax_row<8>(src + row * features, dst + row * features, features);
        } else {
            softmax_row<1>(src + row * features, dst + row * features, features);
        }
    }
}

template <int N>
DEVICE void softmax_row_backward(const stored* d_dst, const stored* dst, stored* d_src, int features) {
    float dot = 0.0f;
    FOR_EACH_OF_LANE(N, features) {
        floats<N> d = load<N>(d_dst + i);
        floats<N> y = load<N>(dst + i);
        for (int k = 0; k < N; k++) {
            dot += d.v[k] * y.v[k];
        }
    }
    dot = warp_sum(dot);
    FOR_EACH_OF_LANE(N, features) {
        floats<N> d = load<N>(d_dst + i);
        floats<N> y = load<N>(dst + i);
        for (int k = 0; k < N; k++) {
            d.v[k] = y.v[k] * (d.v[k] - dot);
        }
        store<N>(d_src + i, d);
    }
}

KERNEL __launch_bounds__(BLOCK) softmax_backward(const stored* d_dst, const stored* dst, stored* d_src, int features, int rows) {
    begin_after_predecessors();
    int row = warp_row();
    if (row < rows) {
        int at = row * features;
        if (features % 8 == 0) {
            softmax_row_backward<8>(d_dst + at, dst + at, d_src + at, features);
        } else {
            softmax_row_backward<1>(d_dst + at, dst + at, d_src + at, features);
        }
    }
}

template <int N>
DEVICE void normalise_row(const stored* row, const float* gamma, const float* beta, stored* dst, float* mean, float* inverse_std, float eps, int features) {
    float sum = 0.0f;
    FOR_EACH_OF_LANE(N, features) {
        floats<N> x = load<N>(row + i);
        for (int k = 0; k < N; k++) {
            sum += x.v[k];
        }
    }
    float m = warp_sum(sum) / features;
    float squares = 0.0f;
    FOR_EACH_OF_LANE(N, features) {
        floats<N> x = load<N>(row + i);
        for (int k = 0; k < N; k++) {
            squares += (x.v[k] - m) * (x.v[k] - m);
        }
    }
    float inverse = 1.0f / sqrtf(warp_sum(squares) / features + eps);
    FOR_EACH_OF_LANE(N, features) {
        floats<N> x = load<N>(row + i);
        floats<N> factor = load<N>(gamma + i);
        floats<N> shift = load<N>(beta + i);
        for (int k = 0; k < N; k++) {
            x.v[k] = factor.v[k] * (x.v[k] - m) * inverse + shift.v[k];
        }
        store<N>(dst + i, x);
    }
    if (threadIdx.x % 32 == 0) {
        *mean = m;
        *inverse_std = inverse;
    }
}

KERNEL __launch_bounds__(BLOCK) layer_norm(const stored* src, const float* gamma, const float* beta, stored* dst, float* mean, float* inverse_std,
        float eps, int features, int rows) {
    begin_after_predecessors();
    int row = warp_row();
    if (row < rows) {
        int at = row * features;
        if (features % 8 == 0) {
            normalise_row<8>(src + at, gamma, beta, dst + at, mean + row, inverse_std + row, eps, features);
        } else {
            normalise_row<1>(src + at, gamma, beta, dst + at, mean + row, inverse_std + row, eps, features);
        }
    }
}

template <int N>
DEVICE void normalise_row_backward(const stored* d_dst, const stored* src, const float* gamma, float m, float inverse, stored* d_src, int features) {
    float sum = 0.0f;
    float product = 0.0f;
    FOR_EACH_OF_LANE(N, features) {
        floats<N> d = load<N>(d_dst + i);
        floats<N> x = load<N>(src + i);
        floats<N> factor = load<N>(gamma + i);
        for (int k = 0; k < N; k++) {
            d.v[k] *= factor.v[k];
            sum += d.v[k];
            product += d.v[k] * ((x.v[k] - m) * inverse);
        }
    }
    sum = warp_sum(sum) / features;
    product = warp_sum(product) / features;
    FOR_EACH_OF_LANE(N, features) {
        floats<N> d = load<N>(d_dst + i);
        floats<N> x = load<N>(src + i);
        floats<N> factor = load<N>(gamma + i);
        for (int k = 0; k < N; k++) {
            d.v[k] = inverse * (d.v[k] * factor.v[k] - sum - (x.v[k] - m) * inverse * product);
        }
        store<N>(d_src + i, d);
    }
}

KERNEL __launch_bounds__(BLOCK) layer_norm_backward(const stored* d_dst, const stored* src, const float* gamma, const float* mean,
        const float* inverse_std, stored* d_src, int features, int rows) {
    begin_after_predecessors();
    int row = warp_row();
    if (row < rows) {
        int at = row * features;
        if (features % 8 == 0) {
            normalise_row_backward<8>(d_dst + at, src + at, gamma, mean[row], inverse_std[row], d_src + at, features);
        } else {
            normalise_row_backward<1>(d_dst + at, src + at, gamma, mean[row], inverse_std[row], d_src + at, features);
        }
    }
}

template <int N>
DEVICE void feature_sums(unsigned* counters, const stored* d_dst, const stored* src, const float* mean, const float* inverse_std, float* partial,
        float* d_gamma, float* d_beta, int rows, int features, int chunks) {
    columns<N> t(rows, features, blockIdx.z, chunks);
    floats<2 * N> sums = {};
    if (t.inside) {
        for (int r = t.first; r < t.last; r += (int) blockDim.y) {
            floats<N> d = load<N>(d_dst + r * features + t.c);
            floats<N> x = load<N>(src + r * features + t.c);
            float m = mean[r];
            float inverse = inverse_std[r];
            for (int k = 0; k < N; k++) {
                sums.v[k] += d.v[k] * ((x.v[k] - m) * inverse);
                sums.v[N + k] += d.v[k];
            }
        }
    }
    int groups = sum_all<2 * N>(sums, counters, partial, chunks);
    int width = N * (int) blockDim.x;
    for (int i = thread_of_block(); groups > 0 && i < width; i += threads_of_block()) {
        int f = (int) blockIdx.x * width + i;
        if (f < features) {
            d_gamma[f] = total(column<N>(i), 2 * width, groups);
            d_beta[f] = total(width + column<N>(i), 2 * width, groups);
        }
    }
}

/* d_gamma and d_beta [features]: sums over the rows of d_dst times the normalised src, and of d_dst; partial as columns.h says. */
KERNEL __launch_bounds__(BLOCK, 4) layer_norm_backward_sums(unsigned* counters, const stored* d_dst, const stored* src, const float* mean,
        const float* inverse_std, float* partial, float* d_gamma, float* d_beta, int rows, int features, int chunks) {
    begin_after_predecessors();
    if (features % 8 == 0) {
        feature_sums<8>(counters, d_dst, src, mean, inverse_std, partial, d_gamma, d_beta, rows, features, chunks);
    } else {
        feature_sums<1>(counters, d_dst, src, mean, inverse_std, partial, d_gamma, d_beta, rows, features, chunks);
    }
}
