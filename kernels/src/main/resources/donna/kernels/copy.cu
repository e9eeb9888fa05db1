/* Elements moved, and from one storage to another. */
#include "kshim.h"

/* Eight elements a thread. */
KERNEL __launch_bounds__(BLOCK) to_stored(const float* src, stored* dst, int count) {
    begin_after_predecessors();
    int first = 8 * element();
    store_eight(dst, first, count, load_eight(src, first, count));
}

/* Eight elements a thread. */
KERNEL __launch_bounds__(BLOCK) to_float(const stored* src, float* dst, int count) {
    begin_after_predecessors();
    int first = 8 * element();
    store_eight(dst, first, count, load_eight(src, first, count));
}

/* A box of six dimensions, of which the kernel need not know the first size, from one strided place to another; offsets and strides count elements. */
KERNEL __launch_bounds__(BLOCK) copy_box(const stored* src, stored* dst, int size1, int size2, int size3, int size4, int size5, int src0,
        int src1, int src2, int src3, int src4, int src5, int dst0, int dst1, int dst2, int dst3, int dst4, int dst5, int src_offset,
        int dst_offset, int count) {
    begin_after_predecessors();
    int i = element();
    if (i < count) {
        int at[6];
        at[5] = i % size5;
        i /= size5;
        at[4] = i % size4;
        i /= size4;
        at[3] = i % size3;
        i /= size3;
        at[2] = i % size2;
        i /= size2;
        at[1] = i % size1;
        at[0] = i / size1;
        src_offset += at[0] * src0 + at[1] * src1 + at[2] * src2 + at[3] * src3 + at[4] * src4 + at[5] * src5;
        dst_offset += at[0] * dst0 + at[1] * dst1 + at[2] * dst2 + at[3] * dst3 + at[4] * dst4 + at[5] * dst5;
        dst[dst_offset] = src[src_offset];
    }
}

/* A tile of LANES x LANES in rows of LANES + 1. The simulator watches shared memory that is not a template's. */
DEVICE float* tile_of_block() {
    __shared__ float tile[LANES * (LANES + 1)];
    return tile;
}

template <class S, class D>
DEVICE void transposed(const S* src, D* dst, int rows, int columns) {
    float* tile = tile_of_block();
    int sample = blockIdx.z * rows * columns;
    int column = blockIdx.x * LANES + threadIdx.x;
    for (int r = threadIdx.y; r < LANES; r += ROWS) {
        int row = blockIdx.y * LANES + r;
        if (row < rows && column < columns) {
            tile[r * (LANES + 1) + threadIdx.x] = widen(src[sample + row * columns + column]);
        }
    }
    __syncthreads();
    int row = blockIdx.y * LANES + threadIdx.x;
    for (int c = threadIdx.y; c < LANES; c += ROWS) {
        int to = blockIdx.x * LANES + c;
        if (row < rows && to < columns) {
            set(dst + sample + to * rows + row, tile[threadIdx.x * (LANES + 1) + c]);
        }
    }
}

/* dst [samples, columns, rows] of src [samples, rows, columns], tile by tile: between [N, C, H W] and [N, H W, C]. */
KERNEL __launch_bounds__(LANES * ROWS) transpose(const stored* src, stored* dst, int rows, int columns) {
    begin_after_predecessors();
    transposed(src, dst, rows, columns);
}

KERNEL __launch_bounds__(LANES * ROWS) transpose_to_stored(const float* src, stored* dst, int rows, int columns) {
    begin_after_predecessors();
    transposed(src, dst, rows, columns);
}

KERNEL __launch_bounds__(LANES * ROWS) transpose_to_float(const stored* src, float* dst, int rows, int columns) {
    begin_after_predecessors();
    transposed(src, dst, rows, columns);
}

/* Eight pixels from C planes; pixels is a multiple of eight. */
template <int C>
DEVICE void interleave_eight(const float* src, stored* dst, int pixels) {
    floats8 planes[C];
#pragma unroll
    for (int c = 0; c < C; c++) {
        planes[c] = load8(src + c * pixels);
    }
#pragma unroll
    for (int part = 0; part < C; part++) {
        floats8 x;
#pragma unroll
        for (int i = 0; i < 8; i++) {
            x.v[i] = planes[(8 * part + i) % C].v[(8 * part + i) / C];
        }
        store8(dst + 8 * part, x);
    }
}

/* dst [N, pixels, channels] of src [N, channels, pixels] with 2, 3 or 4 channels: a thread for eight pixels of a sample, `count` of them. */
KERNEL __launch_bounds__(BLOCK, 4) interleave(const float* src, stored* dst, int channels, int pixels, int count) {
    begin_after_predecessors();
    int i = element();
    if (i < count) {
        int eights = (pixels + 7) / 8;
        int sample = i / eights;
        int first = 8 * (i - sample * eights);
        src += sample * channels * pixels + first;
        dst += (sample * pixels + first) * channels;
        if (pixels % 8 != 0) {
            for (int p = 0; p < 8 && first + p < pixels; p++) {
                for (int c = 0; c < channels; c++) {
                    set(dst + p * channels + c, src[c * pixels + p]);
                }
            }
        } else if (channels == 2) {
            interleave_eight<2>(src, dst, pixels);
        } else if (channels == 3) {
            interleave_eight<3>(src, dst, pixels);
        } else {
            interleave_eight<4>(src, dst, pixels);
        }
    }
}
