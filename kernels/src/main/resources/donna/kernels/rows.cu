/* Softmax and layer normalisation over rows: src [rows, features], a block per row. */
#include "kshim.h"

KERNEL __launch_bounds__(BLOCK) softmax(const stored* src, stored* dst, int features) {
    const stored* row = src + blockIdx.x * features;
    float largest = -INFINITY;
    for (int i = threadIdx.x; i < features; i += BLOCK) {
        largest = fmaxf(largest, widen(row[i]));
    }
    largest = block_max(largest);
    float sum = 0.0f;
    for (int i = threadIdx.x; i < features; i += BLOCK) {
        sum += expf(widen(row[i]) - largest);
    }
    sum = block_sum(sum);
    for (int i = threadIdx.x; i < features; i += BLOCK) {
        set(dst + blockIdx.x * features + i, expf(widen(row[i]) - largest) / sum);
    }
}

KERNEL __launch_bounds__(BLOCK) softmax_backward(const stored* d_dst, const stored* dst, stored* d_src, int features) {
    int first = blockIdx.x * features;
    float dot = 0.0f;
    for (int i = threadIdx.x; i < features; i += BLOCK) {
        dot += widen(d_dst[first + i]) * widen(dst[first + i]);
    }
    dot = block_sum(dot);
    for (int i = threadIdx.x; i < features; i += BLOCK) {
        set(d_src + first + i, widen(dst[first + i]) * (widen(d_dst[first + i]) - dot));
    }
}

KERNEL __launch_bounds__(BLOCK) layer_norm(const stored* src, const float* gamma, const float* beta, stored* dst, float* mean, float* inverse_std,
        float eps, int features) {
    const stored* row = src + blockIdx.x * features;
    float sum = 0.0f;
    for (int i = threadIdx.x; i < features; i += BLOCK) {
        sum += widen(row[i]);
    }
    float m = block_sum(sum) / features;
    float squares = 0.0f;
    for (int i = threadIdx.x; i < features; i += BLOCK) {
        squares += (widen(row[i]) - m) * (widen(row[i]) - m);
    }
    float inverse = 1.0f / sqrtf(block_sum(squares) / features + eps);
    for (int i = threadIdx.x; i < features; i += BLOCK) {
        set(dst + blockIdx.x * features + i, gamma[i] * (widen(row[i]) - m) * inverse + beta[i]);
    }
    if (threadIdx.x == 0) {
        mean[blockIdx.x] = m;
        inverse_std[blockIdx.x] = inverse;
    }
}

KERNEL __launch_bounds__(BLOCK) layer_norm_backward(const stored* d_dst, const stored* src, const float* gamma, const float* mean,
        const float* inverse_std, stored* d_src, int features) {
    int first = blockIdx.x * features;
    float m = mean[blockIdx.x];
    float inverse = inverse_std[blockIdx.x];
    float sum = 0.0f;
    float product = 0.0f;
    for (int i = threadIdx.x; i < features; i += BLOCK) {
        float d = widen(d_dst[first + i]) * gamma[i];
        sum += d;
        product += d * ((widen(src[first + i]) - m) * inverse);
    }
    sum = block_sum(sum) / features;
    product = block_sum(product) / features;
    for (int i = threadIdx.x; i < features; i += BLOCK) {
        float x = (widen(src[first + i]) - m) * inverse;
        set(d_src + first + i, inverse * (widen(d_dst[first + i]) * gamma[i] - sum - x * product));
    }
}

/* partial [2, chunks, features]: sums over a chunk's rows of d_dst times the normalised src (dGamma), and of d_dst (dBeta). */
KERNEL __launch_bounds__(LANES * ROWS) layer_norm_backward_sums(const stored* d_dst, const stored* src, const float* mean, const float* inverse_std,
        float* partial, int rows, int features, int chunks) {
    int f = blockIdx.x * LANES + threadIdx.x;
    int chunk = blockIdx.y;
    float product = 0.0f;
    float sum = 0.0f;
    if (f < features) {
        int last = chunk_begin(rows, chunk + 1, chunks);
        for (int r = chunk_begin(rows, chunk, chunks) + threadIdx.y; r < last; r += ROWS) {
            float d = widen(d_dst[r * features + f]);
            product += d * ((widen(src[r * features + f]) - mean[r]) * inverse_std[r]);
            sum += d;
        }
    }
    product = row_sum(product);
    sum = row_sum(sum);
    if (f < features && threadIdx.y == 0) {
        partial[chunk * features + f] = product;
        partial[(chunks + chunk) * features + f] = sum;
    }
}
