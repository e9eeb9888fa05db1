/*
 * Batch normalisation over src [rows, channels], several channels a thread where their number allows it, else one. Sums over rows are made in chunks, one
 * row of blocks each, and added up in the order of the chunks. A residual may be missing.
 */
#include "kshim.h"
#include "columns.h"

/* partial [2, chunks, channels]. */
template <int N>
DEVICE void write_partial(float* partial, const columns<N>& t, floats<N> a, floats<N> b, int channels, int chunks) {
    if (t.inside && threadIdx.y == 0) {
        store<N>(partial + blockIdx.y * channels + t.c, a);
        store<N>(partial + (chunks + blockIdx.y) * channels + t.c, b);
    }
}

template <int N>
DEVICE void moments(const stored* src, float* partial, int rows, int channels, int chunks) {
    columns<N> t(rows, channels, blockIdx.y, chunks);
    floats<N> sum = {};
    floats<N> squares = {};
    if (t.inside) {
        floats<N> shift = load<N>(src + t.c);
#pragma unroll 4
        for (int r = t.first; r < t.last; r += (int) blockDim.y) {
            floats<N> x = load<N>(src + r * channels + t.c);
            for (int i = 0; i < N; i++) {
                float d = x.v[i] - shift.v[i];
                sum.v[i] += d;
                squares.v[i] += d * d;
            }
        }
    }
    sum_down<N>(sum);
    sum_down<N>(squares);
    write_partial<N>(partial, t, sum, squares, channels, chunks);
}

/*
 * partial [2, chunks, channels]: sums of src - shift and of its square, where the shift of a channel is its first value, so that little is lost where
 * the mean is large beside the deviation.
 */
KERNEL __launch_bounds__(BLOCK, 4) batch_norm_moments(const stored* src, float* partial, int rows, int channels, int chunks) {
    if (channels % 8 == 0) {
        moments<8>(src, partial, rows, channels, chunks);
    } else {
        moments<1>(src, partial, rows, channels, chunks);
    }
}

/* From batch_norm_moments' sums to the statistics; moves the running ones by momentum. */
KERNEL __launch_bounds__(LANES * LANES) batch_norm_statistics(const stored* src, const float* partial, float* mean, float* inverse_std, float* running_mean,
        float* running_variance, const float* momentum, float eps, int rows, int channels, int chunks) {
    int c = blockIdx.x * LANES + threadIdx.x;
    float sum = sum_of_chunks(partial, c, channels, chunks);
    float squares = sum_of_chunks(partial + chunks * channels, c, channels, chunks);
    if (c < channels && threadIdx.y == 0) {
        float shifted = sum / rows;
        float variance = fmaxf(squares / rows - shifted * shifted, 0.0f);
        float m = widen(src[c]) + shifted;
        mean[c] = m;
        inverse_std[c] = 1.0f / sqrtf(variance + eps);
        float unbiased = rows > 1 ? variance * ((float) rows / (float) (rows - 1)) : 0.0f;
        running_mean[c] += momentum[0] * (m - running_mean[c]);
        running_variance[c] += momentum[0] * (unbiased - running_variance[c]);
    }
}

/*
 * act(gamma (src - mean) factor + beta + residual). The threads that are there are a multiple of those that a row needs, so that a thread meets the same
 * channels again and again.
 */
template <int N>
DEVICE void normalise(const stored* src, floats<N> factor, floats<N> mean, floats<N> beta, const stored* residual, stored* dst, int act, int threads,
        int count) {
#pragma unroll 2
    for (int i = N * element(); i < count; i += N * threads) {
        floats<N> x = load<N>(src + i);
        for (int k = 0; k < N; k++) {
            x.v[k] = factor.v[k] * (x.v[k] - mean.v[k]) + beta.v[k];
        }
        if (residual) {
            floats<N> more = load<N>(residual + i);
            for (int k = 0; k < N; k++) {
                x.v[k] += more.v[k];
            }
        }
        activate_each<N>(act, x);
        store<N>(dst + i, x);
    }
}

/* deviation is the inverse of the standard deviation, or, where eps is not negative, the variance. */
template <int N>
DEVICE void apply(const stored* src, const float* gamma, const float* beta, const float* mean, const float* deviation, const stored* residual, stored* dst,
        float eps, int act, int channels, int threads, int count) {
    if (element() < threads) {
        int c = N * element() % channels;
        floats<N> factor = load<N>(gamma + c);
        floats<N> of = load<N>(deviation + c);
        for (int k = 0; k < N; k++) {
            factor.v[k] *= eps < 0.0f ? of.v[k] : 1.0f / sqrtf(of.v[k] + eps);
        }
        normalise<N>(src, factor, load<N>(mean + c), load<N>(beta + c), residual, dst, act, threads, count);
    }
}

/* act(gamma (src - mean) inverse_std + beta + residual). */
KERNEL __launch_bounds__(BLOCK, 4) batch_norm_apply(const stored* src, const float* gamma, const float* beta, const float* mean, const float* inverse_std,
        const stored* residual, stored* dst, int act, int channels, int threads, int count) {
    if (channels % 8 == 0) {
        apply<8>(src, gamma, beta, mean, inverse_std, residual, dst, -1.0f, act, channels, threads, count);
    } else {
        apply<1>(src, gamma, beta, mean, inverse_std, residual, dst, -1.0f, act, channels, threads, count);
    }
}

/* The same with a given variance. */
KERNEL __launch_bounds__(BLOCK, 4) batch_norm_inference(const stored* src, const float* gamma, const float* beta, const float* mean, const float* variance,
        const stored* residual, stored* dst, float eps, int act, int channels, int threads, int count) {
    if (channels % 8 == 0) {
        apply<8>(src, gamma, beta, mean, variance, residual, dst, eps, act, channels, threads, count);
    } else {
        apply<1>(src, gamma, beta, mean, variance, residual, dst, eps, act, channels, threads, count);
    }
}

/* Makes d the gradient before the activation, whose argument is slope centred + beta + residual. */
template <int N>
DEVICE void before_activation(floats<N>& d, const floats<N>& centred, const floats<N>& slope, const floats<N>& beta, const stored* residual, int i, int act) {
    if (act != NONE) {
        floats<N> y = {};
        if (residual) {
            y = load<N>(residual + i);
        }
        for (int k = 0; k < N; k++) {
            y.v[k] += slope.v[k] * centred.v[k] + beta.v[k];
        }
        activate_backward_each<N>(act, d, y);
    }
}

template <int N>
DEVICE floats<N> product(floats<N> a, const floats<N>& b) {
    for (int k = 0; k < N; k++) {
        a.v[k] *= b.v[k];
    }
    return a;
}

template <int N>
DEVICE floats<N> difference(floats<N> a, const floats<N>& b) {
    for (int k = 0; k < N; k++) {
        a.v[k] -= b.v[k];
    }
    return a;
}

template <int N>
DEVICE void backward_sums(const stored* d_dst, const stored* src, const float* gamma, const float* beta, const float* mean, const float* inverse_std,
        const stored* residual, float* partial, int act, int rows, int channels, int chunks) {
    columns<N> t(rows, channels, blockIdx.y, chunks);
    floats<N> sum = {};
    floats<N> products = {};
    if (t.inside) {
        floats<N> slope = product<N>(load<N>(gamma + t.c), load<N>(inverse_std + t.c));
        floats<N> of_beta = load<N>(beta + t.c);
        floats<N> of_mean = load<N>(mean + t.c);
        for (int r = t.first; r < t.last; r += (int) blockDim.y) {
            int i = r * channels + t.c;
            floats<N> d = load<N>(d_dst + i);
            floats<N> centred = difference<N>(load<N>(src + i), of_mean);
            before_activation<N>(d, centred, slope, of_beta, residual, i, act);
            for (int k = 0; k < N; k++) {
                sum.v[k] += d.v[k];
                products.v[k] += d.v[k] * centred.v[k];
            }
        }
        products = product<N>(products, load<N>(inverse_std + t.c));
    }
    sum_down<N>(sum);
    sum_down<N>(products);
    write_partial<N>(partial, t, sum, products, channels, chunks);
}

/* partial [2, chunks, channels]: sums of dy and of dy x, where dy is the gradient before the activation and x the normalised src. */
KERNEL __launch_bounds__(BLOCK, 4) batch_norm_backward_sums(const stored* d_dst, const stored* src, const float* gamma, const float* beta, const float* mean,
        const float* inverse_std, const stored* residual, float* partial, int act, int rows, int channels, int chunks) {
    if (channels % 4 == 0) {
        backward_sums<4>(d_dst, src, gamma, beta, mean, inverse_std, residual, partial, act, rows, channels, chunks);
    } else {
        backward_sums<1>(d_dst, src, gamma, beta, mean, inverse_std, residual, partial, act, rows, channels, chunks);
    }
}

template <int N>
DEVICE void backward(const stored* d_dst, const stored* src, const float* gamma, const float* beta, const float* mean, const float* inverse_std,
        const stored* residual, const float* d_gamma, const float* d_beta, stored* d_src, stored* d_residual, int act, int channels, int threads,
        int count) {
    if (element() < threads) {
        int c = N * element() % channels;
        float per_row = 1.0f / (float) (count / channels);
        floats<N> inverse = load<N>(inverse_std + c);
        floats<N> slope = product<N>(load<N>(gamma + c), inverse);
        floats<N> of_beta = load<N>(beta + c);
        floats<N> of_mean = load<N>(mean + c);
        floats<N> of_product = product<N>(load<N>(d_gamma + c), inverse);
        floats<N> of_sum = load<N>(d_beta + c);
        for (int i = N * element(); i < count; i += N * threads) {
            floats<N> d = load<N>(d_dst + i);
            floats<N> centred = difference<N>(load<N>(src + i), of_mean);
            before_activation<N>(d, centred, slope, of_beta, residual, i, act);
            if (d_residual) {
                store<N>(d_residual + i, d);
            }
            for (int k = 0; k < N; k++) {
                d.v[k] = slope.v[k] * (d.v[k] - per_row * (of_sum.v[k] + centred.v[k] * of_product.v[k]));
            }
            store<N>(d_src + i, d);
        }
    }
}

/* gamma inverse_std (dy - mean(dy) - x mean(dy x)); d_residual, where there is one, is dy. */
KERNEL __launch_bounds__(BLOCK, 4) batch_norm_backward(const stored* d_dst, const stored* src, const float* gamma, const float* beta, const float* mean,
        const float* inverse_std, const stored* residual, const float* d_gamma, const float* d_beta, stored* d_src, stored* d_residual, int act,
        int channels, int threads, int count) {
    if (channels % 4 == 0) {
        backward<4>(d_dst, src, gamma, beta, mean, inverse_std, residual, d_gamma, d_beta, d_src, d_residual, act, channels, threads, count);
    } else {
        backward<1>(d_dst, src, gamma, beta, mean, inverse_std, residual, d_gamma, d_beta, d_src, d_residual, act, channels, threads, count);
    }
}
