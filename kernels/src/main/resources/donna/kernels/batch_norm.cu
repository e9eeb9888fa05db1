/*
 * Batch normalisation over src [rows, channels]. Sums over rows are made in chunks, one row of blocks each, and added up in the order of the chunks.
 */
#include "kshim.h"

/*
 * partial [2, chunks, channels]: sums of src - shift and of its square, where the shift of a channel is its first value, so that little is lost where
 * the mean is large beside the deviation.
 */
KERNEL __launch_bounds__(LANES * ROWS) batch_norm_moments(const float* src, float* partial, int rows, int channels, int chunks) {
    int c = blockIdx.x * LANES + threadIdx.x;
    int chunk = blockIdx.y;
    float sum = 0.0f;
    float squares = 0.0f;
    if (c < channels) {
        float shift = src[c];
        int first = chunk_begin(rows, chunk, chunks);
        int last = chunk_begin(rows, chunk + 1, chunks);
        for (int r = first + threadIdx.y; r < last; r += ROWS) {
            float x = src[r * channels + c] - shift;
            sum += x;
            squares += x * x;
        }
    }
    sum = row_sum(sum);
    squares = row_sum(squares);
    if (c < channels && threadIdx.y == 0) {
        partial[chunk * channels + c] = sum;
        partial[(chunks + chunk) * channels + c] = squares;
    }
}

/* From batch_norm_moments' sums to the statistics; moves the running ones by momentum. */
KERNEL __launch_bounds__(BLOCK) batch_norm_statistics(const float* src, const float* partial, float* mean, float* inverse_std, float* running_mean,
        float* running_variance, const float* momentum, float eps, int rows, int channels, int chunks) {
    int c = (int) element();
    if (c < channels) {
        float sum = 0.0f;
        float squares = 0.0f;
        for (int k = 0; k < chunks; k++) {
            sum += partial[k * channels + c];
            squares += partial[(chunks + k) * channels + c];
        }
        float shifted = sum / rows;
        float variance = fmaxf(squares / rows - shifted * shifted, 0.0f);
        float m = src[c] + shifted;
        mean[c] = m;
        inverse_std[c] = 1.0f / sqrtf(variance + eps);
        float unbiased = rows > 1 ? variance * ((float) rows / (float) (rows - 1)) : 0.0f;
        running_mean[c] += momentum[0] * (m - running_mean[c]);
        running_variance[c] += momentum[0] * (unbiased - running_variance[c]);
    }
}

/* act(gamma (src - mean) inverse_std + beta + residual). */
KERNEL __launch_bounds__(BLOCK) batch_norm_apply(const float* src, const float* gamma, const float* beta, const float* mean, const float* inverse_std,
        const float* residual, float* dst, int act, int has_residual, int channels, int count) {
    int i = element();
    if (i < count) {
        int c = (int) (i % channels);
        float y = gamma[c] * ((src[i] - mean[c]) * inverse_std[c]) + beta[c];
        if (has_residual) {
            y += residual[i];
        }
        dst[i] = activate(act, y);
    }
}

/* The same with a given variance. */
KERNEL __launch_bounds__(BLOCK) batch_norm_inference(const float* src, const float* gamma, const float* beta, const float* mean, const float* variance,
        const float* residual, float* dst, float eps, int act, int has_residual, int channels, int count) {
    int i = element();
    if (i < count) {
        int c = (int) (i % channels);
        float y = gamma[c] * ((src[i] - mean[c]) / sqrtf(variance[c] + eps)) + beta[c];
        if (has_residual) {
            y += residual[i];
        }
        dst[i] = activate(act, y);
    }
}

/* The gradient before the activation, which is worked out again from src. */
DEVICE float before_activation(float d_dst, float x, float gamma, float beta, float residual, int act) {
    return act == NONE ? d_dst : d_dst * activate_derivative(act, gamma * x + beta + residual);
}

/* partial [2, chunks, channels]: sums of dy and of dy x, where dy is the gradient before the activation and x the normalised src. */
KERNEL __launch_bounds__(LANES * ROWS) batch_norm_backward_sums(const float* d_dst, const float* src, const float* gamma, const float* beta,
        const float* mean, const float* inverse_std, const float* residual, float* partial, int act, int has_residual, int rows, int channels,
        int chunks) {
    int c = blockIdx.x * LANES + threadIdx.x;
    int chunk = blockIdx.y;
    float sum = 0.0f;
    float product = 0.0f;
    if (c < channels) {
        int last = chunk_begin(rows, chunk + 1, chunks);
        for (int r = chunk_begin(rows, chunk, chunks) + threadIdx.y; r < last; r += ROWS) {
            int i = r * channels + c;
            float x = (src[i] - mean[c]) * inverse_std[c];
            float dy = before_activation(d_dst[i], x, gamma[c], beta[c], has_residual ? residual[i] : 0.0f, act);
            sum += dy;
            product += dy * x;
        }
    }
    sum = row_sum(sum);
    product = row_sum(product);
    if (c < channels && threadIdx.y == 0) {
        partial[chunk * channels + c] = sum;
        partial[(chunks + chunk) * channels + c] = product;
    }
}

/* gamma inverse_std (dy - mean(dy) - x mean(dy x)); d_residual, where there is one, is dy. */
KERNEL __launch_bounds__(BLOCK) batch_norm_backward(const float* d_dst, const float* src, const float* gamma, const float* beta, const float* mean,
        const float* inverse_std, const float* residual, const float* d_gamma, const float* d_beta, float* d_src, float* d_residual, int act,
        int has_residual, int channels, int count) {
    int i = element();
    if (i < count) {
        int c = (int) (i % channels);
        float rows = (float) (count / channels);
        float x = (src[i] - mean[c]) * inverse_std[c];
        float dy = before_activation(d_dst[i], x, gamma[c], beta[c], has_residual ? residual[i] : 0.0f, act);
        if (has_residual) {
            d_residual[i] = dy;
        }
        d_src[i] = gamma[c] * inverse_std[c] * (dy - d_beta[c] / rows - x * (d_gamma[c] / rows));
    }
}
