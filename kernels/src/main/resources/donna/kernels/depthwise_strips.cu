/*
 * Depthwise convolution of src [N, H, W, C] by weight [C, SIDE, SIDE] to dst [N, OH, OW, C]. It may be compiled for more beside: AFTER, the activation with
 * which a sum and the bias of its channel, which may be missing, are stored; or STATISTICS, sums of what is stored.
 */
#include "kshim.h"
#include "activations.h"
#include "depthwise_work.h"
#include "depthwise.h"

/* Pixels of a row of src that a strip of dst needs. */
#define NEEDED ((STRIP - 1) * STRIDE + SIDE)

#if STATISTICS
/*
 * What each thread adds up of each of its channels: what it stores beyond a shift, and the square of that; then the shifts. Not in registers, which are few.
 */
DEVICE float* moments_of_threads() {
    __shared__ float all[3 * CHANNELS * THREADS];
    return all;
}

DEVICE float* own_moments() {
    return moments_of_threads() + threadIdx.y * blockDim.x + threadIdx.x;
}

/* The shift is the first pixel of dst before it is rounded: the same for all blocks, and little is lost where the mean is large beside the deviation. */
DEVICE void begin_moments(const float (&taps)[TAPS][CHANNELS], const stored* src, int height, int width, int channels, int channel, int padding) {
    float shift[CHANNELS] = {};
#pragma unroll
    for (int t = 0; t < TAPS; t++) {
        int y = t / SIDE - padding;
        int x = t % SIDE - padding;
        bool there = channel < channels && y >= 0 && y < height && x >= 0 && x < width;
        Piece now = load_piece((const char*) (src + (y * width + x) * channels + channel), there);
#pragma unroll
        for (int k = 0; k < CHANNELS; k++) {
            shift[k] += taps[t][k] * channel_of(now, k);
        }
    }
#pragma unroll
    for (int k = 0; k < CHANNELS; k++) {
        own_moments()[k * THREADS] = 0.0f;
        own_moments()[(CHANNELS + k) * THREADS] = 0.0f;
        own_moments()[(2 * CHANNELS + k) * THREADS] = shift[k];
    }
}

/* Adds those pixels of a strip that are there, which become what is stored of them. */
DEVICE void add_strip(float (&strip)[STRIP][CHANNELS], unsigned present) {
    if (present) {
#pragma unroll
        for (int i = 0; i < STRIP; i++) {
            round_piece(strip[i]);
        }
#pragma unroll
        for (int k = 0; k < CHANNELS; k++) {
            float shift = own_moments()[(2 * CHANNELS + k) * THREADS];
            float sum = 0.0f;
            float squares = 0.0f;
#pragma unroll
            for (int i = 0; i < STRIP; i++) {
                float beyond = present & 1u << i ? strip[i][k] - shift : 0.0f;
                sum += beyond;
                squares += beyond * beyond;
            }
            own_moments()[k * THREADS] += sum;
            own_moments()[(CHANNELS + k) * THREADS] += squares;
        }
    }
}

/* partial [1 + 2 blocks of a tile, C]: the shifts, then of each block the sums, and those of the squares. */
DEVICE void store_moments(float* partial, int block, int channel, int channels) {
    __syncthreads();
    for (int q = threadIdx.y; channel < channels && q < 2 * CHANNELS; q += blockDim.y) {
        float sum = 0.0f;
        for (int r = 0; r < (int) blockDim.y; r++) {
            sum += moments_of_threads()[q * THREADS + r * blockDim.x + threadIdx.x];
        }
        partial[(1 + 2 * block + q / CHANNELS) * channels + channel + q % CHANNELS] = sum;
    }
    for (int k = threadIdx.y; channel < channels && block == 0 && k < CHANNELS; k += blockDim.y) {
        partial[channel + k] = moments_of_threads()[(2 * CHANNELS + k) * THREADS + threadIdx.x];
    }
}
#endif

/*
 * A thread makes `rows` rows of a strip of dst. Row y is made of the rows of src from y STRIDE - padding on; the LIVE rows in the making are in registers,
 * row y as number (y - first) % LIVE. With flipped taps this is the backward pass of stride 1.
 */
DEVICE void make_rows(const stored* src, const float* weight, const float* bias, stored* dst, int flipped, int height, int width, int channels,
        int out_height, int out_width, int padding, int rows, int tiles, int strips, int bands, int samples) {
    __shared__ unsigned rows_ahead[WINDOW_WORDS(NEEDED)];
    int tile = blockIdx.x % tiles;
    float taps[TAPS][CHANNELS];
    load_taps(taps, weight, tile, channels, flipped);
    int channel = (tile * (int) blockDim.x + (int) threadIdx.x) * CHANNELS;
#if STATISTICS
    begin_moments(taps, src, height, width, channels, channel, padding);
#endif
    Item item = item_at(blockIdx.x / tiles * blockDim.y + threadIdx.y, bands, strips);
    if (item.part >= samples || channel >= channels) {
        return;
    }
    unsigned step = (unsigned) channels * (unsigned) sizeof(stored);
    int x = item.strip * STRIP;
    int first = item.band * rows;
    int count = first + rows < out_height ? rows : out_height - first;
    int from = x * STRIDE - padding;
    int line = first * STRIDE - padding;
    unsigned end = clamp((first + count - 1) * STRIDE + SIDE - padding, height);
    unsigned wanted = columns(from, NEEDED, width);
    unsigned made = columns(x, STRIP, out_width);
    char* out = (char*) (dst + ((item.part * out_height + first) * out_width + x) * channels + channel);
    Row in = {(const char*) (src + ((item.part * height + line) * width + from) * channels + channel), step, (unsigned) line < end ? wanted : 0};
    Window<NEEDED> window(rows_ahead);
#pragma unroll
    for (int ahead = 0; ahead < AHEAD; ahead++) {
        window.ask(in);
        in.at += below(width, step);
        in.present = (unsigned) (line + ahead + 1) < end ? wanted : 0;
    }
    float begin[CHANNELS] = {};
    if (AFTER != RAW && bias) {
#pragma unroll
        for (int k = 0; k < CHANNELS; k++) {
            begin[k] = bias[channel + k];
        }
    }
    float sums[LIVE][STRIP][CHANNELS];
#pragma unroll
    for (int l = 0; l < LIVE; l++) {
#pragma unroll
        for (int i = 0; i < STRIP; i++) {
#pragma unroll
            for (int k = 0; k < CHANNELS; k++) {
                sums[l][i][k] = begin[k];
            }
        }
    }
    for (int top = 0; top < count + LIVE - 1; top += LIVE) {
#pragma unroll
        for (int turn = 0; turn < LIVE; turn++) {
#pragma unroll
            for (int r = 0; r < STRIDE; r++) {
                in.step = opaque(step);
                window.begin(in);
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
                                        sums[(turn + LIVE - ky / STRIDE) % LIVE][i][k] += taps[ky * SIDE + kx][k] * pixel;
                                    }
                                }
                            }
                        }
                    }
                } else {
                    window.skip(in);
                }
                window.end();
                line++;
                in.at += below(width, step);
                in.present = (unsigned) (line + AHEAD) < end ? wanted : 0;
            }
            bool done = (unsigned) (top + turn - (LIVE - 1)) < (unsigned) count;
#if STATISTICS
            add_strip(sums[(turn + 1) % LIVE], done ? made : 0);
#endif
            store_strip<AFTER>(sums[(turn + 1) % LIVE], out, opaque(step), done ? made : 0, begin);
            out += done ? below(out_width, step) : 0;
        }
    }
}

KERNEL __launch_bounds__(THREADS, RESIDENT) depthwise_strips(const stored* src, const float* weight, const float* bias, stored* dst, float* partial,
        int flipped, int height, int width, int channels, int out_height, int out_width, int padding, int rows, int tiles, int strips, int bands,
        int samples) {
    begin_after_predecessors();
    make_rows(src, weight, bias, dst, flipped, height, width, channels, out_height, out_width, padding, rows, tiles, strips, bands, samples);
#if STATISTICS
    store_moments(partial, blockIdx.x / tiles, (blockIdx.x % tiles * (int) blockDim.x + (int) threadIdx.x) * CHANNELS, channels);
#endif
}
