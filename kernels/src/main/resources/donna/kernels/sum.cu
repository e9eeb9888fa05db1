/* Sums over rows and over everything but one dimension. */
#include "kshim.h"
#include "activations.h"
#include "blocks.h"
#include "columns.h"

/* What x becomes: act(gamma inverse_std (x - mean) + beta). */
struct Norm {
    const float *gamma, *beta, *mean, *inverse_std;
    int act;
};

/* Of a, or of its products with b; of the later of the two as `norm` makes it, if NORMAL. */
template <int N, bool PRODUCTS, bool NORMAL>
DEVICE void of_pixels(unsigned* counters, const stored* a, const stored* b, const Norm& norm, float* partial, stored* dst, float factor, int pixels,
        int channels, int chunks) {
    constexpr int AT = AT_ONCE<N, (PRODUCTS ? 2 : 1) + (NORMAL ? 1 : 0)>;
    columns<N> t(pixels, channels, blockIdx.z, chunks);
    floats<N> sum = {};
    if (t.inside) {
        floats<N> slope, of_mean, of_beta;
        if constexpr (NORMAL) {
            slope = load<N>(norm.gamma + t.c);
            floats<N> inverse = load<N>(norm.inverse_std + t.c);
            for (int k = 0; k < N; k++) {
                slope.v[k] *= inverse.v[k];
            }
            of_mean = load<N>(norm.mean + t.c);
            of_beta = load<N>(norm.beta + t.c);
        }
        int sample = (int) blockIdx.y * pixels;
        int step = (int) blockDim.y;
        for (int p = t.first; p < t.last; p += AT * step) {
            packed<N> x[AT];
            packed<N> y[AT] = {};
#pragma unroll
            for (int u = 0; u < AT; u++) {
                int i = (sample + (p + u * step < t.last ? p + u * step : p)) * channels + t.c;
                x[u] = fetch<N>(a + i);
                if constexpr (PRODUCTS) {
                    y[u] = fetch<N>(b + i);
                }
            }
#pragma unroll
            for (int u = 0; u < AT; u++) {
                if (p + u * step < t.last) {
                    floats<N> of_a = unpack(x[u]);
                    floats<N> of_b = unpack(y[u]);
                    if constexpr (NORMAL) {
                        floats<N>& v = PRODUCTS ? of_b : of_a;
                        for (int k = 0; k < N; k++) {
                            v.v[k] = slope.v[k] * (v.v[k] - of_mean.v[k]) + of_beta.v[k];
                        }
                        activate_each<N>(norm.act, v);
                    }
                    for (int k = 0; k < N; k++) {
                        sum.v[k] += PRODUCTS ? of_a.v[k] * of_b.v[k] : of_a.v[k];
                    }
                }
            }
        }
    }
    int groups = sum_all<N>(sum, counters, partial, chunks);
    int width = N * (int) blockDim.x;
    for (int i = thread_of_block(); groups > 0 && i < width; i += threads_of_block()) {
        int c = (int) blockIdx.x * width + i;
        if (c < channels) {
            set(dst + (int) blockIdx.y * channels + c, factor * total(column<N>(i), width, groups));
        }
    }
}

template <int N, bool NORMAL>
DEVICE void of_pixels(unsigned* counters, const stored* a, const stored* b, const Norm& norm, float* partial, stored* dst, float factor, int pixels,
        int channels, int chunks) {
    b ? of_pixels<N, true, NORMAL>(counters, a, b, norm, partial, dst, factor, pixels, channels, chunks)
      : of_pixels<N, false, NORMAL>(counters, a, b, norm, partial, dst, factor, pixels, channels, chunks);
}

/*
 * dst [samples, channels]: factor times the sum over the pixels of a [samples, pixels, channels], times b of that shape where there is one. partial as
 * columns.h says, with the samples for y.
 */
KERNEL __launch_bounds__(BLOCK, 4) sum_pixels(unsigned* counters, const stored* a, const stored* b, float* partial, stored* dst, float factor, int pixels,
        int channels, int chunks) {
    begin_after_predecessors();
    channels % 8 == 0 ? of_pixels<8, false>(counters, a, b, Norm{}, partial, dst, factor, pixels, channels, chunks)
                      : of_pixels<1, false>(counters, a, b, Norm{}, partial, dst, factor, pixels, channels, chunks);
}

/* The same of act(gamma (x - mean) inverse_std + beta) in place of x, which is b where there is one, and a where there is none. */
KERNEL __launch_bounds__(BLOCK, 4) sum_normalised_pixels(unsigned* counters, const stored* a, const stored* b, const float* gamma, const float* beta,
        const float* mean, const float* inverse_std, float* partial, stored* dst, float factor, int act, int pixels, int channels, int chunks) {
    begin_after_predecessors();
    Norm norm = {gamma, beta, mean, inverse_std, act};
    channels % 8 == 0 ? of_pixels<8, true>(counters, a, b, norm, partial, dst, factor, pixels, channels, chunks)
                      : of_pixels<1, true>(counters, a, b, norm, partial, dst, factor, pixels, channels, chunks);
}

template <int N>
DEVICE void of_rows(unsigned* counters, const stored* src, float* partial, float* dst, int rows, int width, int chunks) {
    columns<N> t(rows, width, blockIdx.z, chunks);
    floats<N> sum = {};
    if (t.inside) {
        int step = (int) blockDim.y;
        for (int r = t.first; r < t.last; r += AT_ONCE<N, 1> * step) {
            packed<N> x[AT_ONCE<N, 1>];
#pragma unroll
            for (int u = 0; u < AT_ONCE<N, 1>; u++) {
                x[u] = fetch<N>(src + (r + u * step < t.last ? r + u * step : r) * width + t.c);
            }
#pragma unroll
            for (int u = 0; u < AT_ONCE<N, 1>; u++) {
                if (r + u * step < t.last) {
                    floats<N> of_src = unpack(x[u]);
                    for (int k = 0; k < N; k++) {
                        sum.v[k] += of_src.v[k];
                    }
                }
            }
        }
    }
    int groups = sum_all<N>(sum, counters, partial, chunks);
    int of_tile = N * (int) blockDim.x;
    for (int i = thread_of_block(); groups > 0 && i < of_tile; i += threads_of_block()) {
        int c = (int) blockIdx.x * of_tile + i;
        if (c < width) {
            dst[c] = total(column<N>(i), of_tile, groups);
        }
    }
}

/* dst [width]: the sum over the rows of src [rows, width]; partial as columns.h says. */
KERNEL __launch_bounds__(BLOCK, 4) sum_rows(unsigned* counters, const stored* src, float* partial, float* dst, int rows, int width, int chunks) {
    begin_after_predecessors();
    if (width % 8 == 0) {
        of_rows<8>(counters, src, partial, dst, rows, width, chunks);
    } else {
        of_rows<1>(counters, src, partial, dst, rows, width, chunks);
    }
}

/* dst [middle]: the sum over src [outer, middle, inner] except the middle; a block per number. */
KERNEL __launch_bounds__(BLOCK) sum_except(const stored* src, float* dst, int outer, int middle, int inner) {
    begin_after_predecessors();
    int each = outer * inner;
    float sum = 0.0f;
    for (int i = threadIdx.x; i < each; i += BLOCK) {
        sum += widen(src[(i / inner * middle + blockIdx.x) * inner + i % inner]);
    }
    sum = block_sum(sum);
    if (threadIdx.x == 0) {
        dst[blockIdx.x] = sum;
    }
}
