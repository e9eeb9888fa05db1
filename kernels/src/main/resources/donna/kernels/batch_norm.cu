/*
 * Batch normalisation over src [rows, channels], several channels a thread where their number allows it, else one. Sums over rows are made in chunks,
 * as columns.h says. A residual may be missing.
 */
#include "kshim.h"
#include "activations.h"
#include "columns.h"

template <int N>
DEVICE floats<N> product(floats<N> a, const floats<N>& b) {
    for (int k = 0; k < N; k++) {
        a.v[k] *= b.v[k];
    }
    return a;
}

/* n / divisor, where share is 2^40 / divisor, rounded up, and n divisor is less than 2^40. */
DEVICE int quotient(int n, long long share) {
    return (int) ((unsigned long long) n * (unsigned long long) share >> 40);
}

/* What the channels from c on of image n are multiplied by, and what is added to them then: each [images, channels], which may be missing. */
struct Gate {
    const stored *factor, *shift;
    float of_shift;
    long long pixels_share;
    int channels;

    DEVICE_MEMBER bool is_there() const {
        return factor || shift;
    }

    template <int N>
    DEVICE_MEMBER void apply(floats<N>& v, int row, int c) const {
        int at = quotient(row, pixels_share) * channels + c;
        if (factor) {
            floats<N> f = load<N>(factor + at);
            for (int k = 0; k < N; k++) {
                v.v[k] *= f.v[k];
            }
        }
        if (shift) {
            floats<N> s = load<N>(shift + at);
            for (int k = 0; k < N; k++) {
                v.v[k] += of_shift * s.v[k];
            }
        }
    }
};

template <int N>
DEVICE floats<N> difference(floats<N> a, const floats<N>& b) {
    for (int k = 0; k < N; k++) {
        a.v[k] -= b.v[k];
    }
    return a;
}

/*
 * Sums of src - shift and of its square, where the shift of a channel is its first value, so that little is lost where the mean is large beside the
 * deviation.
 */
template <int N>
DEVICE floats<2 * N> moments(const stored* src, int rows, int channels, int chunks) {
    columns<N> t(rows, channels, blockIdx.z, chunks);
    floats<2 * N> sums = {};
    if (t.inside) {
        floats<N> shift = load<N>(src + t.c);
        int step = (int) blockDim.y;
        for (int r = t.first; r < t.last; r += AT_ONCE<N, 1> * step) {
            packed<N> x[AT_ONCE<N, 1>];
#pragma unroll
            for (int u = 0; u < AT_ONCE<N, 1>; u++) {
                x[u] = fetch<N>(src + (r + u * step < t.last ? r + u * step : r) * channels + t.c);
            }
#pragma unroll
            for (int u = 0; u < AT_ONCE<N, 1>; u++) {
                if (r + u * step < t.last) {
                    floats<N> centred = difference<N>(unpack(x[u]), shift);
                    for (int k = 0; k < N; k++) {
                        float d = centred.v[k];
                        sums.v[k] += d;
                        sums.v[N + k] += d * d;
                    }
                }
            }
        }
    }
    return sums;
}

/* The statistics of a channel, from the sums over its rows of what is beyond a shift and of the square of that; moves the running ones by momentum. */
DEVICE void finish(int c, float shift, float sum, float squares, float* mean, float* inverse_std, float* running_mean, float* running_variance,
        const float* momentum, float eps, int rows) {
    float shifted = sum / rows;
    float variance = fmaxf(squares / rows - shifted * shifted, 0.0f);
    float m = shift + shifted;
    mean[c] = m;
    inverse_std[c] = 1.0f / sqrtf(variance + eps);
    float unbiased = rows > 1 ? variance * ((float) rows / (float) (rows - 1)) : 0.0f;
    running_mean[c] += momentum[0] * (m - running_mean[c]);
    running_variance[c] += momentum[0] * (unbiased - running_variance[c]);
}

template <int N>
DEVICE void statistics(unsigned* counters, const stored* src, float* partial, float* mean, float* inverse_std, float* running_mean, float* running_variance,
        const float* momentum, float eps, int rows, int channels, int chunks) {
    int groups = sum_all<2 * N>(moments<N>(src, rows, channels, chunks), counters, partial, chunks);
    int width = N * (int) blockDim.x;
    for (int i = thread_of_block(); groups > 0 && i < width; i += threads_of_block()) {
        int c = (int) blockIdx.x * width + i;
        if (c < channels) {
            finish(c, widen(src[c]), total(column<N>(i), 2 * width, groups), total(width + column<N>(i), 2 * width, groups), mean, inverse_std, running_mean,
                    running_variance, momentum, eps, rows);
        }
    }
}

/* The statistics of src. partial [chunks, tiles, 2 columns of a tile], a counter for each tile. */
KERNEL __launch_bounds__(BLOCK, 4) batch_norm_statistics(unsigned* counters, const stored* src, float* partial, float* mean, float* inverse_std,
        float* running_mean, float* running_variance, const float* momentum, float eps, int rows, int channels, int chunks) {
    begin_after_predecessors();
    if (channels % 8 == 0) {
        statistics<8>(counters, src, partial, mean, inverse_std, running_mean, running_variance, momentum, eps, rows, channels, chunks);
    } else {
        statistics<1>(counters, src, partial, mean, inverse_std, running_mean, running_variance, momentum, eps, rows, channels, chunks);
    }
}

/* The same of what a convolution stored, from partial [1 + 2 chunks, channels]: shifts, then of each chunk the sums, and those of the squares. */
KERNEL __launch_bounds__(LANES * LANES) batch_norm_moments(const float* partial, float* mean, float* inverse_std, float* running_mean,
        float* running_variance, const float* momentum, float eps, int rows, int channels, int chunks) {
    begin_after_predecessors();
    __shared__ float of_row[2][LANES][LANES + 1];
    int c = blockIdx.x * LANES + threadIdx.x;
    float sum = 0.0f;
    float squares = 0.0f;
    if (c < channels) {
#pragma unroll 8
        for (int k = threadIdx.y; k < chunks; k += LANES) {
            sum += partial[(1 + 2 * k) * channels + c];
            squares += partial[(2 + 2 * k) * channels + c];
        }
    }
    of_row[0][threadIdx.y][threadIdx.x] = sum;
    of_row[1][threadIdx.y][threadIdx.x] = squares;
    __syncthreads();
    if (c < channels && threadIdx.y == 0) {
        for (int r = 1; r < LANES; r++) {
            sum += of_row[0][r][threadIdx.x];
            squares += of_row[1][r][threadIdx.x];
        }
        finish(c, partial[c], sum, squares, mean, inverse_std, running_mean, running_variance, momentum, eps, rows);
    }
}

/*
 * act(gamma (src - mean) factor + beta + residual), times a gate. The threads that are there are a multiple of those that a row needs, so that a thread meets
 * the same channels, from c on, again and again.
 */
template <int N>
DEVICE void normalise(const stored* src, floats<N> factor, floats<N> mean, floats<N> beta, const stored* residual, stored* dst, const Gate& gate, int act,
        int c, int channels, int threads, int count) {
    int step = N * threads;
    for (int first = N * element(); first < count; first += AT_ONCE<N, 1> * step) {
        packed<N> x[AT_ONCE<N, 1>];
#pragma unroll
        for (int u = 0; u < AT_ONCE<N, 1>; u++) {
            x[u] = fetch<N>(src + (first + u * step < count ? first + u * step : first));
        }
#pragma unroll
        for (int u = 0; u < AT_ONCE<N, 1>; u++) {
            int i = first + u * step;
            if (i < count) {
                floats<N> y = difference<N>(unpack(x[u]), mean);
                for (int k = 0; k < N; k++) {
                    y.v[k] = factor.v[k] * y.v[k] + beta.v[k];
                }
                if (residual) {
                    floats<N> more = load<N>(residual + i);
                    for (int k = 0; k < N; k++) {
                        y.v[k] += more.v[k];
                    }
                }
                activate_each<N>(act, y);
                if (gate.is_there()) {
                    gate.apply<N>(y, i / channels, c);
                }
                store<N>(dst + i, y);
            }
        }
    }
}

/* deviation is the inverse of the standard deviation, or, where eps is not negative, the variance. */
template <int N>
DEVICE void apply(const stored* src, const float* gamma, const float* beta, const float* mean, const float* deviation, const stored* residual, stored* dst,
        const Gate& gate, float eps, int act, int channels, int threads, int count) {
    if (element() < threads) {
        int c = N * element() % channels;
        floats<N> factor = load<N>(gamma + c);
        floats<N> of = load<N>(deviation + c);
        for (int k = 0; k < N; k++) {
            factor.v[k] *= eps < 0.0f ? of.v[k] : 1.0f / sqrtf(of.v[k] + eps);
        }
        normalise<N>(src, factor, load<N>(mean + c), load<N>(beta + c), residual, dst, gate, act, c, channels, threads, count);
    }
}

/* act(gamma (src - mean) inverse_std + beta + residual), times gate [images, channels], where there is one; an image's pixels are as `quotient` wants them. */
KERNEL __launch_bounds__(BLOCK, 4) batch_norm_apply(const stored* src, const float* gamma, const float* beta, const float* mean, const float* inverse_std,
        const stored* residual, const stored* gate, stored* dst, long long pixels_share, int act, int channels, int threads, int count) {
    begin_after_predecessors();
    Gate of_image = {gate, nullptr, 0.0f, pixels_share, channels};
    if (channels % 8 == 0) {
        apply<8>(src, gamma, beta, mean, inverse_std, residual, dst, of_image, -1.0f, act, channels, threads, count);
    } else {
        apply<1>(src, gamma, beta, mean, inverse_std, residual, dst, of_image, -1.0f, act, channels, threads, count);
    }
}

/* The same with a given variance. */
KERNEL __launch_bounds__(BLOCK, 4) batch_norm_inference(const stored* src, const float* gamma, const float* beta, const float* mean, const float* variance,
        const stored* residual, stored* dst, float eps, int act, int channels, int threads, int count) {
    begin_after_predecessors();
    if (channels % 8 == 0) {
        apply<8>(src, gamma, beta, mean, variance, residual, dst, Gate{}, eps, act, channels, threads, count);
    } else {
        apply<1>(src, gamma, beta, mean, variance, residual, dst, Gate{}, eps, act, channels, threads, count);
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

/* Sums of dy and of dy (src - mean), where dy is the gradient before the activation. */
template <int N>
DEVICE floats<2 * N> gradients(const stored* d_dst, const Gate& gate, const stored* src, const float* gamma, const float* beta, const float* mean,
        const float* inverse_std, const stored* residual, int act, int rows, int channels, int chunks) {
    columns<N> t(rows, channels, blockIdx.z, chunks);
    floats<2 * N> sums = {};
    if (t.inside) {
        floats<N> slope = product<N>(load<N>(gamma + t.c), load<N>(inverse_std + t.c));
        floats<N> of_beta = load<N>(beta + t.c);
        floats<N> of_mean = load<N>(mean + t.c);
        int step = (int) blockDim.y;
        for (int r = t.first; r < t.last; r += AT_ONCE<N, 2> * step) {
            packed<N> d[AT_ONCE<N, 2>];
            packed<N> x[AT_ONCE<N, 2>];
#pragma unroll
            for (int u = 0; u < AT_ONCE<N, 2>; u++) {
                int i = (r + u * step < t.last ? r + u * step : r) * channels + t.c;
                d[u] = fetch<N>(d_dst + i);
                x[u] = fetch<N>(src + i);
            }
#pragma unroll
            for (int u = 0; u < AT_ONCE<N, 2>; u++) {
                if (r + u * step < t.last) {
                    floats<N> dy = unpack(d[u]);
                    if (gate.is_there()) {
                        gate.apply<N>(dy, r + u * step, t.c);
                    }
                    floats<N> centred = difference<N>(unpack(x[u]), of_mean);
                    before_activation<N>(dy, centred, slope, of_beta, residual, (r + u * step) * channels + t.c, act);
                    for (int k = 0; k < N; k++) {
                        sums.v[k] += dy.v[k];
                        sums.v[N + k] += dy.v[k] * centred.v[k];
                    }
                }
            }
        }
    }
    return sums;
}

template <int N>
DEVICE void backward_sums(unsigned* counters, const stored* d_dst, const Gate& gate, const stored* src, const float* gamma, const float* beta,
        const float* mean, const float* inverse_std, const stored* residual, float* partial, float* d_beta, float* d_gamma, int act, int rows, int channels,
        int chunks) {
    floats<2 * N> sums = gradients<N>(d_dst, gate, src, gamma, beta, mean, inverse_std, residual, act, rows, channels, chunks);
    int groups = sum_all<2 * N>(sums, counters, partial, chunks);
    int width = N * (int) blockDim.x;
    for (int i = thread_of_block(); groups > 0 && i < width; i += threads_of_block()) {
        int c = (int) blockIdx.x * width + i;
        if (c < channels) {
            d_beta[c] = total(column<N>(i), 2 * width, groups);
            d_gamma[c] = total(width + column<N>(i), 2 * width, groups) * inverse_std[c];
        }
    }
}

/*
 * d_beta and d_gamma: sums of dy, and of dy times the normalised src. partial [chunks, tiles, 2 columns of a tile], a counter for each tile. The gradient of
 * what was normalised is d_dst gate + of_shift shift, where gate and shift are [images, channels] and may be missing; pixels_share as batch_norm_apply.
 */
KERNEL __launch_bounds__(BLOCK, 4) batch_norm_backward_sums(unsigned* counters, const stored* d_dst, const stored* gate, const stored* shift,
        const stored* src, const float* gamma, const float* beta, const float* mean, const float* inverse_std, const stored* residual, float* partial,
        float* d_beta, float* d_gamma, float of_shift, long long pixels_share, int act, int rows, int channels, int chunks) {
    begin_after_predecessors();
    Gate of_image = {gate, shift, of_shift, pixels_share, channels};
    if (channels % 4 == 0) {
        backward_sums<4>(counters, d_dst, of_image, src, gamma, beta, mean, inverse_std, residual, partial, d_beta, d_gamma, act, rows, channels, chunks);
    } else {
        backward_sums<1>(counters, d_dst, of_image, src, gamma, beta, mean, inverse_std, residual, partial, d_beta, d_gamma, act, rows, channels, chunks);
    }
}

template <int N>
DEVICE void backward(const stored* d_dst, const Gate& gate, const stored* src, const float* gamma, const float* beta, const float* mean,
        const float* inverse_std, const stored* residual, const float* d_gamma, const float* d_beta, stored* d_src, stored* d_residual, int act, int channels,
        int threads, int count) {
    if (element() < threads) {
        int c = N * element() % channels;
        float per_row = 1.0f / (float) (count / channels);
        floats<N> inverse = load<N>(inverse_std + c);
        floats<N> slope = product<N>(load<N>(gamma + c), inverse);
        floats<N> of_beta = load<N>(beta + c);
        floats<N> of_mean = load<N>(mean + c);
        floats<N> of_product = product<N>(load<N>(d_gamma + c), inverse);
        floats<N> of_sum = load<N>(d_beta + c);
        for (int k = 0; k < N; k++) {
            of_product.v[k] *= per_row;
            of_sum.v[k] *= per_row;
        }
        int step = N * threads;
        for (int first = N * element(); first < count; first += AT_ONCE<N, 2> * step) {
            packed<N> d[AT_ONCE<N, 2>];
            packed<N> x[AT_ONCE<N, 2>];
#pragma unroll
            for (int u = 0; u < AT_ONCE<N, 2>; u++) {
                int i = first + u * step < count ? first + u * step : first;
                d[u] = fetch<N>(d_dst + i);
                x[u] = fetch<N>(src + i);
            }
#pragma unroll
            for (int u = 0; u < AT_ONCE<N, 2>; u++) {
                int i = first + u * step;
                if (i < count) {
                    floats<N> dy = unpack(d[u]);
                    if (gate.is_there()) {
                        gate.apply<N>(dy, i / channels, c);
                    }
                    floats<N> centred = difference<N>(unpack(x[u]), of_mean);
                    before_activation<N>(dy, centred, slope, of_beta, residual, i, act);
                    if (d_residual) {
                        store<N>(d_residual + i, dy);
                    }
                    for (int k = 0; k < N; k++) {
                        dy.v[k] = slope.v[k] * (dy.v[k] - (of_sum.v[k] + centred.v[k] * of_product.v[k]));
                    }
                    store<N>(d_src + i, dy);
                }
            }
        }
    }
}

/* gamma inverse_std (dy - mean(dy) - x mean(dy x)); d_residual, where there is one, is dy. d_dst, gate and shift as batch_norm_backward_sums takes them. */
KERNEL __launch_bounds__(BLOCK, 4) batch_norm_backward(const stored* d_dst, const stored* gate, const stored* shift, const stored* src,
        const float* gamma, const float* beta, const float* mean, const float* inverse_std, const stored* residual, const float* d_gamma,
        const float* d_beta, stored* d_src, stored* d_residual, float of_shift, long long pixels_share, int act, int channels, int threads, int count) {
    begin_after_predecessors();
    Gate of_image = {gate, shift, of_shift, pixels_share, channels};
    if (channels % 4 == 0) {
        backward<4>(d_dst, of_image, src, gamma, beta, mean, inverse_std, residual, d_gamma, d_beta, d_src, d_residual, act, channels, threads, count);
    } else {
        backward<1>(d_dst, of_image, src, gamma, beta, mean, inverse_std, residual, d_gamma, d_beta, d_src, d_residual, act, channels, threads, count);
    }
}
