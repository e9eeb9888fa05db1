/*
 * Depthwise convolution of stride 1 of src [N, H, W, C] by weight [C, SIDE, SIDE] to dst [N, OH, OW, C] on tensor cores: a row of dst is the sum over SIDE rows
 * of src of the products of a band matrix, which holds a row of taps in its diagonals, with the pixels of eight images. With flipped taps this is the backward
 * pass. C is a multiple of eight. Compiled for SIDE (5, 7) and LINES: 1 where a row of src and of dst has at most sixteen pixels; 2 for strips of eight pixels,
 * whose windows reach at most four to either side, of which a product makes two rows, from matrices of two rows of taps above each other. AFTER and STATISTICS
 * as in depthwise_strips.cu; BEFORE, the activation of a batch norm that makes src what is convolved, as depthwise_planes.h says.
 */
#include "kshim.h"
#include "activations.h"
#include "products.h"
#include "depthwise_work.h"
#include "depthwise_planes.h"

#define IMAGES 8
#define STRIP (16 / LINES)

/* Pixels of src that meet a strip, and those of them before the strip. */
#define COLUMNS 16
#define LEFT (LINES == 1 ? 0 : 4)

/* Rows of src that meet what a product makes, and those that are on their way. */
#define LIVE (SIDE + LINES - 1)
#define AHEAD 3

/* Words from an image to the next, of src and of dst; and of a row of src, and of what a product makes. */
#define SRC_IMAGE 162
#define DST_IMAGE 168
#define SRC_ROW (IMAGES * SRC_IMAGE)
#define DST_ROW (IMAGES * DST_IMAGE)

/* Places of a pair of taps beside each other in a row of them: from two before the first tap on, where both are zero, to behind the last. */
#define PLACES (SIDE + 3)

/* The band matrices of two channels: of each the pairs of its diagonals that a lane has, eight columns from one to the next. */
#define PAIRS (LINES == 1 ? 3 : 2)

DEVICE float tap_of(const float* weight, int channel, int channels, int y, int x, int flipped) {
    bool there = channel < channels && x >= 0 && x < SIDE;
    int t = y * SIDE + x;
    return there ? weight[channel * SIDE * SIDE + (flipped ? SIDE * SIDE - 1 - t : t)] : 0.0f;
}

/* Through shared memory, where each pair is one word. */
DEVICE void load_bands(unsigned (&bands)[PAIRS][SIDE][2], const float* weight, int channel, int channels, int padding, int flipped) {
    __shared__ unsigned pairs[TILE * SIDE * PLACES];
    for (int i = threadIdx.x; i < TILE * SIDE * PLACES; i += THREADS) {
        int c = channel + i / (SIDE * PLACES);
        int y = i / PLACES % SIDE;
        int x = i % PLACES - 2;
        pairs[i] = narrow2(tap_of(weight, c, channels, y, x, flipped), tap_of(weight, c, channels, y, x + 1, flipped));
    }
    __syncthreads();
    int lane = threadIdx.x % 32;
#pragma unroll
    for (int p = 0; p < PAIRS; p++) {
        int x = 8 * (LINES == 1 ? p - 1 : p) + lane % 4 * 2 - lane / 4 - LEFT + padding + 2;
        int place = x < 0 ? 0 : x < PLACES ? x : PLACES - 1;
#pragma unroll
        for (int y = 0; y < SIDE; y++) {
#pragma unroll
            for (int c = 0; c < 2; c++) {
                bands[p][y][c] = pairs[((threadIdx.x / 32 * 2 + c) * SIDE + y) * PLACES + place];
            }
        }
    }
}

#if STATISTICS
/* What a lane adds up of the warp's two channels: what is stored beyond a shift, and the square of that. */
struct Moments {
    float shift[2], sum[2], squares[2];

    /* The shift is the first pixel of dst before it is rounded: the same for all blocks. */
    DEVICE_MEMBER Moments(const stored* src, const Norm& norm, const float* weight, int height, int width, int channel, int channels, int padding) {
#pragma unroll
        for (int c = 0; c < 2; c++) {
            float v = 0.0f;
            for (int t = threadIdx.x % 32; t < SIDE * SIDE; t += 32) {
                int y = t / SIDE - padding;
                int x = t % SIDE - padding;
                if (channel < channels && y >= 0 && y < height && x >= 0 && x < width) {
                    v += norm.of(src[(y * width + x) * channels + channel + c], c) * weight[(channel + c) * SIDE * SIDE + t];
                }
            }
            shift[c] = warp_sum(v);
            sum[c] = 0.0f;
            squares[c] = 0.0f;
        }
    }

    DEVICE_MEMBER void add(unsigned pair, bool there) {
#pragma unroll
        for (int c = 0; c < 2; c++) {
            float beyond = there ? widen(stored{(unsigned short) (pair >> 16 * c)}) - shift[c] : 0.0f;
            sum[c] += beyond;
            squares[c] += beyond * beyond;
        }
    }

    /* partial [1 + 2 blocks of a tile, C]: the shifts, then of each block the sums, and those of the squares. */
    DEVICE_MEMBER void store(float* partial, int block, int channel, int channels) const {
#pragma unroll
        for (int c = 0; c < 2; c++) {
            float all = warp_sum(sum[c]);
            float all_squares = warp_sum(squares[c]);
            if (threadIdx.x % 32 == 0 && channel < channels) {
                partial[(1 + 2 * block) * channels + channel + c] = all;
                partial[(2 + 2 * block) * channels + channel + c] = all_squares;
                if (block == 0) {
                    partial[channel + c] = shift[c];
                }
            }
        }
    }
};
#endif

/* LINES rows of a strip of dst, made by all warps in shared memory, from where each thread stores eight channels of a pixel. */
struct Out {
    char* at;
    unsigned row;
    int from, line;
    bool there;

    DEVICE_MEMBER Out(stored* first, int height, int width, int channels, int channel, int x, int images_left) {
        int half = threadIdx.x % 2;
        int pixel = threadIdx.x / 2 % 16;
        int image = threadIdx.x / 32;
        x += pixel % STRIP;
        line = pixel / STRIP;
        there = x < width && channel + 8 * half < channels && image < images_left;
        row = (unsigned) width * channels * (unsigned) sizeof(stored);
        at = (char*) (first + channel + 8 * half + x * channels) + (unsigned long long) image * height * row;
        from = image * DST_IMAGE + pixel * PIXEL + 4 * half;
    }

    /* Those of them that are before row `end`. */
    DEVICE_MEMBER void store(const unsigned* made, int y, int end) const {
        if (there && y + line < end) {
            pairs2 low = *(const pairs2*) (made + from);
            pairs2 high = *(const pairs2*) (made + from + 2);
            store16(at + (unsigned long long) (y + line) * row, pairs4{low.bits[0], low.bits[1], high.bits[0], high.bits[1]});
        }
    }
};

/*
 * A block makes `rows` rows of a strip of eight images. Row y of dst is made of the rows of src from y - padding on, of which the last LIVE are in registers.
 */
KERNEL __launch_bounds__(THREADS, 2) depthwise_bands(const stored* src, const float* gamma, const float* beta, const float* mean,
        const float* inverse_std, const float* weight, const float* bias, stored* dst, float* partial, int flipped, int height, int width, int channels,
        int out_height, int out_width, int padding, int rows, int tiles, int strips, int bands, int samples) {
    begin_after_predecessors();
    alignas(16) __shared__ unsigned ring[(AHEAD + 1) * SRC_ROW];
    alignas(16) __shared__ unsigned made[2 * DST_ROW];
    clear(ring, (AHEAD + 1) * SRC_ROW);
    int tile = blockIdx.x % tiles * TILE;
    int warp = threadIdx.x / 32;
    int channel = tile + 2 * warp;
    int column = threadIdx.x % 4 * 2;
    int line = threadIdx.x % 32 / 4;
    unsigned band[PAIRS][SIDE][2];
    load_bands(band, weight, tile, channels, padding, flipped);
    Item item = item_at(blockIdx.x / tiles, bands, strips);
    int sample = item.part * IMAGES;
    int left = samples - sample;
    int x = item.strip * STRIP;
    int first = item.band * rows;
    int end = first + rows < out_height ? first + rows : out_height;
    Rows<IMAGES, COLUMNS, SRC_IMAGE> in(src + sample * height * width * channels, height, width, channels, tile, x - LEFT, left);
    Out out(dst + sample * out_height * out_width * channels, out_height, out_width, channels, tile, x, left);
    Norm norm(gamma, beta, mean, inverse_std, channel, channels);
#if STATISTICS
    Moments moments(src, norm, weight, height, width, channel, channels, padding);
    unsigned inside = 0;
#pragma unroll
    for (int e = 0; e < 4; e++) {
        inside |= (unsigned) (x + line + (LINES == 1 ? e / 2 * 8 : 0) < out_width && column + e % 2 < left) << e;
    }
#endif
    unsigned present = 0;
#pragma unroll
    for (int i = 0; i < 4; i++) {
        int at = x - LEFT + column + i / 2 * 8 + i % 2;
        present |= (unsigned) (at >= 0 && at < width) << i;
    }
    float begin[2] = {};
    if (AFTER != RAW && bias && channel < channels) {
        begin[0] = bias[channel];
        begin[1] = bias[channel + 1];
    }
    int count = end - first;
    int top = first - padding;
    int steps = (count + LINES - 1) / LINES * LINES + SIDE - 1;
#pragma unroll
    for (int ahead = 0; ahead < AHEAD; ahead++) {
        if (ahead < steps && (unsigned) (top + ahead) < (unsigned) height) {
            in.copy(ring + ahead * SRC_ROW, top + ahead);
        }
        close_copies();
    }
    unsigned pixels[LIVE][2][2] = {};
    for (int step = 0; step < steps; step++) {
        copies_done<AHEAD - 1>();
        __syncthreads();
        int next = step + AHEAD;
        if (next < steps && (unsigned) (top + next) < (unsigned) height) {
            in.copy(ring + next % (AHEAD + 1) * SRC_ROW, top + next);
        }
        close_copies();
        if (step >= LIVE && (LINES == 1 || step % 2 == 0)) {
            out.store(made + (step - 1) / LINES % 2 * DST_ROW, first + step - LIVE, end);
        }
        bool there = (unsigned) (top + step) < (unsigned) height;
        const unsigned* row = ring + step % (AHEAD + 1) * SRC_ROW + line * SRC_IMAGE + column * PIXEL + warp;
#pragma unroll
        for (int v = 0; v < LIVE - 1; v++) {
#pragma unroll
            for (int c = 0; c < 2; c++) {
                pixels[v][c][0] = pixels[v + 1][c][0];
                pixels[v][c][1] = pixels[v + 1][c][1];
            }
        }
#pragma unroll
        for (int i = 0; i < 2; i++) {
            unsigned low = there ? row[8 * i * PIXEL] : 0;
            unsigned high = there ? row[(8 * i + 1) * PIXEL] : 0;
            pixels[LIVE - 1][0][i] = first_of(low, high);
            pixels[LIVE - 1][1][i] = second_of(low, high);
#pragma unroll
            for (int c = 0; c < 2; c++) {
                pixels[LIVE - 1][c][i] = norm.of(pixels[LIVE - 1][c][i], c, there && present >> 2 * i & 1, there && present >> (2 * i + 1) & 1);
            }
        }
        if (step >= LIVE - 1 && (LINES == 1 || step % 2 == 1)) {
            float sums[2][4];
#pragma unroll
            for (int c = 0; c < 2; c++) {
#pragma unroll
                for (int e = 0; e < 4; e++) {
                    sums[c][e] = begin[c];
                }
            }
#pragma unroll
            for (int y = 0; y < LIVE; y++) {
#pragma unroll
                for (int c = 0; c < 2; c++) {
                    const unsigned (&p)[2] = pixels[y][c];
#if LINES == 1
                    multiply_add(sums[c], band[1][y][c], band[0][y][c], band[2][y][c], band[1][y][c], p[0], p[1]);
#else
                    unsigned upper[2] = {y < SIDE ? band[0][y % SIDE][c] : 0, y < SIDE ? band[1][y % SIDE][c] : 0};
                    unsigned lower[2] = {y > 0 ? band[0][(y + SIDE - 1) % SIDE][c] : 0, y > 0 ? band[1][(y + SIDE - 1) % SIDE][c] : 0};
                    multiply_add(sums[c], upper[0], lower[0], upper[1], lower[1], p[0], p[1]);
#endif
                }
            }
            unsigned* to = made + step / LINES % 2 * DST_ROW + column * DST_IMAGE + line * PIXEL + warp;
#pragma unroll
            for (int e = 0; e < 4; e++) {
                if (AFTER != RAW) {
                    sums[0][e] = activate(AFTER, sums[0][e]);
                    sums[1][e] = activate(AFTER, sums[1][e]);
                }
                unsigned pair = narrow2(sums[0][e], sums[1][e]);
                to[e % 2 * DST_IMAGE + e / 2 * 8 * PIXEL] = pair;
#if STATISTICS
                moments.add(pair, inside >> e & 1 && (LINES == 1 || step - LIVE + 1 + e / 2 < count));
#endif
            }
        }
    }
    __syncthreads();
    out.store(made + (steps - 1) / LINES % 2 * DST_ROW, first + steps - LIVE, end);
#if STATISTICS
    moments.store(partial, blockIdx.x / tiles, channel, channels);
#endif
}
