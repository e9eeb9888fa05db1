/* The gradient of a depthwise convolution by its weight: of src [N, H, W, C] and d_dst [N, OH, OW, C]. */
#include "kshim.h"
#include "activations.h"
#include "depthwise_work.h"
#include "depthwise.h"

/* Pixels of a row of src that a strip of d_dst meets. */
#define NEEDED ((STRIP - 1) * STRIDE + SIDE)

static_assert(AHEAD == 1, "with more rows ahead there are not enough registers");

/* The sums of the threads above each other, SIDE taps at a time; each is made by one thread in the order of the strips. */
DEVICE void store_sums(const float (&sums)[TAPS][CHANNELS], float* partial, int channel, int channels) {
    __shared__ float of_thread[SIDE * CHANNELS][THREADS];
    int self = threadIdx.y * blockDim.x + threadIdx.x;
#pragma unroll
    for (int ky = 0; ky < SIDE; ky++) {
        __syncthreads();
#pragma unroll
        for (int kx = 0; kx < SIDE; kx++) {
#pragma unroll
            for (int k = 0; k < CHANNELS; k++) {
                of_thread[kx * CHANNELS + k][self] = sums[ky * SIDE + kx][k];
            }
        }
        __syncthreads();
        for (int q = threadIdx.y; channel < channels && q < SIDE * CHANNELS; q += blockDim.y) {
            float sum = 0.0f;
            for (int r = 0; r < (int) blockDim.y; r++) {
                sum += of_thread[q][r * blockDim.x + threadIdx.x];
            }
            partial[(ky * SIDE + q / CHANNELS) * channels + channel + q % CHANNELS] = sum;
        }
    }
}

/*
 * partial [chunks, TAPS, C]: a block adds up a chunk of the strips. Of the rows of d_dst the LIVE that the present row of src meets are in registers, row y
 * as number (y - first) % LIVE.
 */
KERNEL __launch_bounds__(THREADS, RESIDENT) depthwise_taps(const stored* src, const stored* d_dst, float* partial, int height, int width, int channels,
        int out_height, int out_width, int padding, int rows, int tiles, int strips, int bands, int samples, int chunks) {
    begin_after_predecessors();
    int tile = blockIdx.x % tiles;
    int chunk = blockIdx.x / tiles;
    unsigned step = (unsigned) channels * (unsigned) sizeof(stored);
    int channel = (tile * (int) blockDim.x + (int) threadIdx.x) * CHANNELS;
    int after = channel < channels ? chunk_begin(samples * bands * strips, chunk + 1, chunks) : 0;
    float sums[TAPS][CHANNELS] = {};
    for (int index = chunk_begin(samples * bands * strips, chunk, chunks) + threadIdx.y; index < after; index += blockDim.y) {
        Item item = item_at(index, bands, strips);
        int x = item.strip * STRIP;
        int first = item.band * rows;
        int count = first + rows < out_height ? rows : out_height - first;
        int from = x * STRIDE - padding;
        int line = first * STRIDE - padding;
        unsigned end = clamp((first + count - 1) * STRIDE + SIDE - padding, height);
        unsigned wanted = columns(from, NEEDED, width);
        unsigned made = columns(x, STRIP, out_width);
        Row out = {(const char*) (d_dst + ((item.part * out_height + first) * out_width + x) * channels + channel), step, made};
        Row in = {(const char*) (src + ((item.part * height + line) * width + from) * channels + channel), step, (unsigned) line < end ? wanted : 0};
        Window<NEEDED> window(nullptr);
        Window<STRIP> gradients(nullptr);
        window.ask(in);
        gradients.ask(out);
        in.at += below(width, step);
        in.present = (unsigned) (line + 1) < end ? wanted : 0;
        out.at += below(out_width, step);
        out.present = 1 < count ? made : 0;
        float live[LIVE][STRIP][CHANNELS] = {};
        for (int top = 0; top < count + LIVE - 1; top += LIVE) {
#pragma unroll
            for (int turn = 0; turn < LIVE; turn++) {
                out.step = opaque(step);
#pragma unroll
                for (int i = 0; i < STRIP; i++) {
                    Piece now = gradients.take(i, out);
#pragma unroll
                    for (int k = 0; k < CHANNELS; k++) {
                        live[turn][i][k] = channel_of(now, k);
                    }
                }
                out.at += below(out_width, step);
                out.present = top + turn + 2 < count ? made : 0;
#pragma unroll
                for (int r = 0; r < STRIDE; r++) {
                    in.step = opaque(step);
                    if ((unsigned) line < end) {
#pragma unroll
                        for (int j = 0; j < NEEDED; j++) {
                            Piece now = window.take(j, in);
#pragma unroll
                            for (int k = 0; k < CHANNELS; k++) {
                                float pixel = channel_of(now, k);
#pragma unroll
                                for (int ky = r; ky < SIDE; ky += STRIDE) {
#pragma unroll
                                    for (int i = 0; i < STRIP; i++) {
                                        int kx = j - i * STRIDE;
                                        if (kx >= 0 && kx < SIDE) {
                                            sums[ky * SIDE + kx][k] += live[(turn + LIVE - ky / STRIDE) % LIVE][i][k] * pixel;
                                        }
                                    }
                                }
                            }
                        }
                    } else {
                        window.skip(in);
                    }
                    line++;
                    in.at += below(width, step);
                    in.present = (unsigned) (line + 1) < end ? wanted : 0;
                }
            }
        }
    }
    store_sums(sums, partial + chunk * TAPS * channels, channel, channels);
}
