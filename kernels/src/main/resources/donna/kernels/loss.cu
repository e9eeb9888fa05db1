/*
 * Losses and their gradients, times a number on the device where there is one. Each block leaves its part of the loss; sum_partials adds the parts up in their
 * order.
 */
#include "kshim.h"
#include "blocks.h"

KERNEL __launch_bounds__(BLOCK) sum_partials(const float* partial, float* dst, int count) {
    begin_after_predecessors();
    float sum = 0.0f;
    for (int i = threadIdx.x; i < count; i += BLOCK) {
        sum += partial[i];
    }
    sum = block_sum(sum);
    if (threadIdx.x == 0) {
        dst[0] = sum;
    }
}

DEVICE float factor_of_gradient(const float* scale) {
    return scale ? scale[0] : 1.0f;
}

/* 1/C sum_c mean((src_c - target_c)^2) inverse_variance_c over [.., channels]; weights are equal where there are none. */
KERNEL __launch_bounds__(BLOCK) weighted_squares(const stored* src, const stored* target, const float* inverse_variance, float* partial, stored* d_src,
        const float* scale, int channels, int count) {
    begin_after_predecessors();
    float share = 1.0f / count;
    float factor = 2.0f * factor_of_gradient(scale);
    float sum = 0.0f;
    for (int first = 8 * element(); first < count; first += 8 * (int) gridDim.x * BLOCK) {
        floats8 d = load_eight(src, first, count);
        floats8 t = load_eight(target, first, count);
        floats8 weight;
        if (inverse_variance) {
            weight = load_channels(inverse_variance, first % channels, channels);
        }
        for (int i = 0; i < 8; i++) {
            d.v[i] -= t.v[i];
            float w = inverse_variance ? weight.v[i] * share : share;
            sum += d.v[i] * d.v[i] * w;
            d.v[i] *= factor * w;
        }
        store_eight(d_src, first, count, d);
    }
    sum = block_sum(sum);
    if (threadIdx.x == 0) {
        partial[blockIdx.x] = sum;
    }
}

/* log(sum(exp(factor row))) of a row; every thread of the block has it. */
DEVICE float log_sum(const stored* row, int classes, float factor) {
    float largest = -INFINITY;
    for (int k = threadIdx.x; k < classes; k += BLOCK) {
        largest = fmaxf(largest, factor * widen(row[k]));
    }
    largest = block_max(largest);
    float sum = 0.0f;
    for (int k = threadIdx.x; k < classes; k += BLOCK) {
        sum += expf(factor * widen(row[k]) - largest);
    }
    return largest + logf(block_sum(sum));
}

/* A block per sample. A label that is no class makes the loss NaN. */
KERNEL __launch_bounds__(BLOCK) cross_entropy(const stored* logits, const int* labels, float* partial, stored* d_logits, const float* scale, float smoothing,
        int samples, int classes) {
    begin_after_predecessors();
    int first = blockIdx.x * classes;
    float log = log_sum(logits + first, classes, 1.0f);
    int label = labels[blockIdx.x];
    float share = 1.0f / samples;
    float d_share = share * factor_of_gradient(scale);
    float elsewhere = smoothing / classes;
    float loss = label < 0 || label >= classes ? NAN : 0.0f;
    for (int k = threadIdx.x; k < classes; k += BLOCK) {
        float target = (k == label ? 1.0f - smoothing : 0.0f) + elsewhere;
        float probability = widen(logits[first + k]) - log;
        loss -= target * probability * share;
        set(d_logits + first + k, (expf(probability) - target) * d_share);
    }
    loss = block_sum(loss);
    if (threadIdx.x == 0) {
        partial[blockIdx.x] = loss;
    }
}

/* T^2 KL(softmax(target / T) || softmax(logits / T)), a block per sample. */
KERNEL __launch_bounds__(BLOCK) distillation(const stored* logits, const stored* targets, float* partial, stored* d_logits, const float* scale,
        float temperature, int samples, int classes) {
    begin_after_predecessors();
    int first = blockIdx.x * classes;
    float factor = 1.0f / temperature;
    float share = temperature / samples;
    float d_share = share * factor_of_gradient(scale);
    float log = log_sum(logits + first, classes, factor);
    float target_log = log_sum(targets + first, classes, factor);
    float loss = 0.0f;
    for (int k = threadIdx.x; k < classes; k += BLOCK) {
        float probability = factor * widen(logits[first + k]) - log;
        float target = factor * widen(targets[first + k]) - target_log;
        float of_target = expf(target);
        loss += temperature * share * of_target * (target - probability);
        set(d_logits + first + k, d_share * (expf(probability) - of_target));
    }
    loss = block_sum(loss);
    if (threadIdx.x == 0) {
        partial[blockIdx.x] = loss;
    }
}
