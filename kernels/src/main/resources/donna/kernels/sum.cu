/* Sums over rows and over everything but one dimension. */
#include "kshim.h"
#define COLUMN_THREADS 1024
#include "columns.h"

/* dst [count]: the sum over the chunks of partial [chunks, count], in a fixed order. */
KERNEL __launch_bounds__(LANES * LANES) sum_chunks(const float* partial, float* dst, int chunks, int count) {
    int i = blockIdx.x * LANES + threadIdx.x;
    float sum = sum_of_chunks(partial, i, count, chunks);
    if (i < count && threadIdx.y == 0) {
        dst[i] = sum;
    }
}

/* first and second [count]: the sums over the chunks of partial [2, chunks, count], in a fixed order. */
KERNEL __launch_bounds__(LANES * LANES) sum_chunk_pairs(const float* partial, float* first, float* second, int count, int chunks) {
    int i = blockIdx.x * LANES + threadIdx.x;
    float of_first = sum_of_chunks(partial, i, count, chunks);
    float of_second = sum_of_chunks(partial + chunks * count, i, count, chunks);
    if (i < count && threadIdx.y == 0) {
        first[i] = of_first;
        second[i] = of_second;
    }
}

template <int N>
DEVICE void of_pixels(const stored* a, const stored* b, stored* dst, float factor, int pixels, int channels) {
    columns<N> t(pixels, channels, 0, 1);
    int sample = blockIdx.y * pixels;
    floats<N> sum = {};
    if (t.inside) {
#pragma unroll 4
        for (int p = t.first; p < t.last; p += (int) blockDim.y) {
            int i = (sample + p) * channels + t.c;
            floats<N> x = load<N>(a + i);
            if (b) {
                floats<N> y = load<N>(b + i);
                for (int k = 0; k < N; k++) {
                    x.v[k] *= y.v[k];
                }
            }
            for (int k = 0; k < N; k++) {
                sum.v[k] += x.v[k];
            }
        }
    }
    sum_down<N>(sum);
    if (t.inside && threadIdx.y == 0) {
        for (int k = 0; k < N; k++) {
            sum.v[k] *= factor;
        }
        store<N>(dst + blockIdx.y * channels + t.c, sum);
    }
}

/* dst [samples, channels]: factor times the sum over the pixels of a [samples, pixels, channels], times b of that shape where there is one. */
KERNEL __launch_bounds__(COLUMN_THREADS) sum_pixels(const stored* a, const stored* b, stored* dst, float factor, int pixels, int channels) {
    if (channels % 8 == 0) {
        of_pixels<8>(a, b, dst, factor, pixels, channels);
    } else {
        of_pixels<1>(a, b, dst, factor, pixels, channels);
    }
}

template <int N>
DEVICE void of_rows(const stored* src, float* partial, int rows, int width, int chunks) {
    columns<N> t(rows, width, blockIdx.y, chunks);
    floats<N> sum = {};
    if (t.inside) {
#pragma unroll 4
        for (int r = t.first; r < t.last; r += (int) blockDim.y) {
            floats<N> x = load<N>(src + r * width + t.c);
            for (int k = 0; k < N; k++) {
                sum.v[k] += x.v[k];
            }
        }
    }
    sum_down<N>(sum);
    if (t.inside && threadIdx.y == 0) {
        store<N>(partial + blockIdx.y * width + t.c, sum);
    }
}

/* partial [chunks, width]: sums over the rows of src [rows, width], chunk by chunk. */
KERNEL __launch_bounds__(BLOCK, 4) sum_rows(const stored* src, float* partial, int rows, int width, int chunks) {
    if (width % 8 == 0) {
        of_rows<8>(src, partial, rows, width, chunks);
    } else {
        of_rows<1>(src, partial, rows, width, chunks);
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
