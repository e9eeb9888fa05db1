/* Sums over rows and over everything but one dimension. */
#include "kshim.h"

/* dst [count]: the sum over the chunks of partial [chunks, count], in their order. */
KERNEL __launch_bounds__(BLOCK) sum_chunks(const float* partial, float* dst, int chunks, int count) {
    int i = element();
    if (i < count) {
        float sum = 0.0f;
        for (int k = 0; k < chunks; k++) {
            sum += partial[k * count + i];
        }
        dst[i] = sum;
    }
}

/* dst [samples, channels]: factor times the sum over the pixels of a [samples, pixels, channels], times b of that shape where there is one. */
KERNEL __launch_bounds__(LANES * ROWS) sum_pixels(const stored* a, const stored* b, stored* dst, float factor, int pixels, int channels) {
    int c = blockIdx.x * LANES + threadIdx.x;
    int first = blockIdx.y * pixels;
    float sum = 0.0f;
    if (c < channels) {
        for (int p = threadIdx.y; p < pixels; p += ROWS) {
            int i = (first + p) * channels + c;
            sum += b ? widen(a[i]) * widen(b[i]) : widen(a[i]);
        }
    }
    sum = row_sum(sum);
    if (c < channels && threadIdx.y == 0) {
        set(dst + blockIdx.y * channels + c, factor * sum);
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
