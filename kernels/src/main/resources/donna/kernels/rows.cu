/* Softmax and layer normalisation over rows: src [rows, features], a block per row. */
#include "kshim.h"

KERNEL __launch_bounds__(BLOCK) softmax(const float* src, float* dst, int features) {
    const float* row = src + blockIdx.x * features;
    float largest = -INFINITY;
    for (int i = threadIdx.x; i < features; i += BLOCK) {
        largest = fmaxf(largest, row[i]);
    }
    largest = block_max(largest);
    float sum = 0.0f;
    for (int i = threadIdx.x; i < features; i += BLOCK) {
        sum += expf(row[i] - largest);
    }
    sum = block_sum(sum);
    for (int i = threadIdx.x; i < features; i += BLOCK) {
        dst[blockIdx.x * features + i] = expf(row[i] - largest) / sum;
    }
}

KERNEL __launch_bounds__(BLOCK) softmax_backward(const float* d_dst, const float* dst, float* d_src, int features) {
    int first = blockIdx.x * features;
    float dot = 0.0f;
    for (int i = threadIdx.x; i < features; i += BLOCK) {
        dot += d_dst[first + i] * dst[first + i];
    }
    dot = block_sum(dot);
    for (int i = threadIdx.x; i < features; i += BLOCK) {
        d_src[first + i] = dst[first + i] * (d_dst[first + i] - dot);
    }
}

KERNEL __launch_bounds__(BLOCK) layer_norm(const float* src, const float* gamma, const float* beta, float* dst, float* mean, float* inverse_std,
        float eps, int features) {
    const float* row = src + blockIdx.x * features;
    float sum = 0.0f;
    for (int i = threadIdx.x; i < features; i += BLOCK) {
        sum += row[i];
    }
    float m = block_sum(sum) / features;
    float squares = 0.0f;
    for (int i = threadIdx.x; i < features; i += BLOCK) {
        squares += (row[i] - m) * (row[i] - m);
    }
    float inverse = 1.0f / sqrtf(block_sum(squares) / features + eps);
    for (int i = threadIdx.x; i < features; i += BLOCK) {
        dst[blockIdx.x * features + i] = gamma[i] * (row[i] - m) * inverse + beta[i];
    }
    if (threadIdx.x == 0) {
        mean[blockIdx.x] = m;
        inverse_std[blockIdx.x] = inverse;
    }
}

KERNEL __launch_bounds__(BLOCK) layer_norm_backward(const float* d_dst, const float* src, const float* gamma, const float* mean,
        const float* inverse_std, float* d_src, int features) {
    int first = blockIdx.x * features;
    float m = mean[blockIdx.x];
    float inverse = inverse_std[blockIdx.x];
    float sum = 0.0f;
    float product = 0.0f;
    for (int i = threadIdx.x; i < features; i += BLOCK) {
        float d = d_dst[first + i] * gamma[i];
        sum += d;
        product += d * ((src[first + i] - m) * inverse);
    }
    sum = block_sum(sum) / features;
    product = block_sum(product) / features;
    for (int i = threadIdx.x; i < features; i += BLOCK) {
        float x = (src[first + i] - m) * inverse;
        d_src[first + i] = inverse * (d_dst[first + i] * gamma[i] - sum - x * product);
    }
}

/* partial [2, chunks, features]: sums over a chunk's rows of d_dst times the normalised src (dGamma), and of d_dst (dBeta). */
KERNEL __launch_bounds__(LANES * ROWS) layer_norm_backward_sums(const float* d_dst, const float* src, const float* mean, const float* inverse_std,
        float* partial, int rows, int features, int chunks) {
    int f = blockIdx.x * LANES + threadIdx.x;
    int chunk = blockIdx.y;
    float product = 0.0f;
    float sum = 0.0f;
    if (f < features) {
        int last = chunk_begin(rows, chunk + 1, chunks);
        for (int r = chunk_begin(rows, chunk, chunks) + threadIdx.y; r < last; r += ROWS) {
            float d = d_dst[r * features + f];
            product += d * ((src[r * features + f] - mean[r]) * inverse_std[r]);
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
