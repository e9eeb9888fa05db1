/* Sums over rows and over everything but one dimension. */
#include "kshim.h"
#include "columns.h"

/* Of a, or of its products with b. */
template <int N, bool PRODUCTS>
DEVICE void of_pixels(unsigned* counters, const stored* a, const stored* b, float* partial, stored* dst, float factor, int pixels, int channels, int chunks) {
    constexpr int AT = PRODUCTS && STORAGE == 0 ? 1 : AT_ONCE<N>;
    columns<N> t(pixels, channels, blockIdx.z, chunks);
    floats<N> sum = {};
    if (t.inside) {
        int sample = (int) blockIdx.y * pixels;
        int step = (int) blockDim.y;
        for (int p = t.first; p < t.last; p += AT * step) {
            floats<N> x[AT];
            floats<N> y[AT] = {};
            for (int u = 0; u < AT; u++) {
                int i = (sample + (p + u * step < t.last ? p + u * step : p)) * channels + t.c;
                x[u] = load<N>(a + i);
                if constexpr (PRODUCTS) {
                    y[u] = load<N>(b + i);
                }
            }
            for (int u = 0; u < AT; u++) {
                if (p + u * step < t.last) {
                    for (int k = 0; k < N; k++) {
                        sum.v[k] += PRODUCTS ? x[u].v[k] * y[u].v[k] : x[u].v[k];
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

/*
 * dst [samples, channels]: factor times the sum over the pixels of a [samples, pixels, channels], times b of that shape where there is one. partial as
 * columns.h says, with the samples for y.
 */
KERNEL __launch_bounds__(BLOCK, 4) sum_pixels(unsigned* counters, const stored* a, const stored* b, float* partial, stored* dst, float factor, int pixels,
        int channels, int chunks) {
    if (channels % 8 == 0) {
        b ? of_pixels<8, true>(counters, a, b, partial, dst, factor, pixels, channels, chunks)
          : of_pixels<8, false>(counters, a, b, partial, dst, factor, pixels, channels, chunks);
    } else {
        b ? of_pixels<1, true>(counters, a, b, partial, dst, factor, pixels, channels, chunks)
          : of_pixels<1, false>(counters, a, b, partial, dst, factor, pixels, channels, chunks);
    }
}

template <int N>
DEVICE void of_rows(unsigned* counters, const stored* src, float* partial, float* dst, int rows, int width, int chunks) {
    columns<N> t(rows, width, blockIdx.z, chunks);
    floats<N> sum = {};
    if (t.inside) {
        int step = (int) blockDim.y;
        for (int r = t.first; r < t.last; r += AT_ONCE<N> * step) {
            floats<N> x[AT_ONCE<N>];
            for (int u = 0; u < AT_ONCE<N>; u++) {
                x[u] = load<N>(src + (r + u * step < t.last ? r + u * step : r) * width + t.c);
            }
            for (int u = 0; u < AT_ONCE<N>; u++) {
                if (r + u * step < t.last) {
                    for (int k = 0; k < N; k++) {
                        sum.v[k] += x[u].v[k];
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
    if (width % 8 == 0) {
        of_rows<8>(counters, src, partial, dst, rows, width, chunks);
    } else {
        of_rows<1>(counters, src, partial, dst, rows, width, chunks);
    }
}

/* dst [middle]: the sum over src [outer, middle, inner] except the middle; a block per number. */
KERNEL __launch_bounds__(BLOCK) sum_except(const stored* src, float* dst, int outer, int middle, int inner) {
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
