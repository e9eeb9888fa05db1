/*
 * Depthwise convolution: src [N, H, W, C], weight [C multiplier, KH, KW], dst [N, OH, OW, C multiplier]; output channel o reads channel
 * o / multiplier. These are for geometries that have no kernels of their own.
 */
#include "kshim.h"
#include "blocks.h"

KERNEL __launch_bounds__(BLOCK) depthwise_forward(const stored* src, const float* weight, stored* dst, int height, int width, int channels, int multiplier,
        int out_height, int out_width, int kernel_height, int kernel_width, int stride, int padding, int dilation, int count) {
    begin_after_predecessors();
    int i = element();
    if (i < count) {
        int outputs = channels * multiplier;
        int o = (int) (i % outputs);
        int pixel = i / outputs;
        int x = (int) (pixel % out_width);
        int y = (int) (pixel / out_width % out_height);
        int sample = pixel / out_width / out_height;
        int c = o / multiplier;
        float sum = 0.0f;
        for (int ky = 0; ky < kernel_height; ky++) {
            int sy = y * stride - padding + ky * dilation;
            if (sy < 0 || sy >= height) {
                continue;
            }
            for (int kx = 0; kx < kernel_width; kx++) {
                int sx = x * stride - padding + kx * dilation;
                if (sx >= 0 && sx < width) {
                    sum += weight[(o * kernel_height + ky) * kernel_width + kx] * widen(src[((sample * height + sy) * width + sx) * channels + c]);
                }
            }
        }
        dst[i] = narrow(sum);
    }
}

KERNEL __launch_bounds__(BLOCK) depthwise_backward_data(const stored* d_dst, const float* weight, stored* d_src, int height, int width, int channels,
        int multiplier, int out_height, int out_width, int kernel_height, int kernel_width, int stride, int padding, int dilation, int count) {
    begin_after_predecessors();
    int i = element();
    if (i < count) {
        int outputs = channels * multiplier;
        int c = (int) (i % channels);
        int pixel = i / channels;
        int sx = (int) (pixel % width);
        int sy = (int) (pixel / width % height);
        int sample = pixel / width / height;
        float sum = 0.0f;
        for (int ky = 0; ky < kernel_height; ky++) {
            int y = sy + padding - ky * dilation;
            if (y < 0 || y % stride != 0 || y / stride >= out_height) {
                continue;
            }
            for (int kx = 0; kx < kernel_width; kx++) {
                int x = sx + padding - kx * dilation;
                if (x < 0 || x % stride != 0 || x / stride >= out_width) {
                    continue;
                }
                int at = ((sample * out_height + y / stride) * out_width + x / stride) * outputs;
                for (int o = c * multiplier; o < (c + 1) * multiplier; o++) {
                    sum += weight[(o * kernel_height + ky) * kernel_width + kx] * widen(d_dst[at + o]);
                }
            }
        }
        d_src[i] = narrow(sum);
    }
}

/* partial [chunks, taps, outputs]: a chunk's pixels, a tap per block. */
KERNEL __launch_bounds__(LANES * ROWS) depthwise_backward_weight(const stored* src, const stored* d_dst, float* partial, int height, int width,
        int channels, int multiplier, int out_height, int out_width, int kernel_height, int kernel_width, int stride, int padding, int dilation,
        int samples, int chunks) {
    begin_after_predecessors();
    int outputs = channels * multiplier;
    int taps = kernel_height * kernel_width;
    int o = blockIdx.x * LANES + threadIdx.x;
    int chunk = blockIdx.y;
    int tap = blockIdx.z;
    int pixels = samples * out_height * out_width;
    float sum = 0.0f;
    if (o < outputs) {
        int last = chunk_begin(pixels, chunk + 1, chunks);
        for (int p = chunk_begin(pixels, chunk, chunks) + threadIdx.y; p < last; p += ROWS) {
            int sx = (int) (p % out_width) * stride - padding + tap % kernel_width * dilation;
            int sy = (int) (p / out_width % out_height) * stride - padding + tap / kernel_width * dilation;
            int sample = p / out_width / out_height;
            if (sx >= 0 && sx < width && sy >= 0 && sy < height) {
                sum += widen(d_dst[p * outputs + o]) * widen(src[((sample * height + sy) * width + sx) * channels + o / multiplier]);
            }
        }
    }
    sum = row_sum(sum);
    if (o < outputs && threadIdx.y == 0) {
        partial[(chunk * taps + tap) * outputs + o] = sum;
    }
}

/* d_weight [outputs, taps]: the sum over the chunks of partial [chunks, taps, outputs], in a fixed order; a tap per row of blocks. */
KERNEL __launch_bounds__(LANES * LANES) depthwise_sum_taps(const float* partial, float* d_weight, int outputs, int chunks) {
    begin_after_predecessors();
    __shared__ float of_row[LANES][LANES + 1];
    int o = blockIdx.x * LANES + threadIdx.x;
    int tap = blockIdx.y;
    int taps = gridDim.y;
    float sum = 0.0f;
    if (o < outputs) {
#pragma unroll 8
        for (int k = threadIdx.y; k < chunks; k += LANES) {
            sum += partial[(k * taps + tap) * outputs + o];
        }
    }
    of_row[threadIdx.y][threadIdx.x] = sum;
    __syncthreads();
    if (o < outputs && threadIdx.y == 0) {
        for (int r = 1; r < LANES; r++) {
            sum += of_row[r][threadIdx.x];
        }
        d_weight[o * taps + tap] = sum;
    }
}
