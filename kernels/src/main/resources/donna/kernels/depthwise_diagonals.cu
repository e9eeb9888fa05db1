/*
 * The gradient of a depthwise convolution of stride 1 by its weight, of src [N, H, W, C] and d_dst [N, OH, OW, C], on tensor cores: the products of a row of
 * src with a row of d_dst over sixteen images, of which the diagonals add up to the taps of a row. C is a multiple of eight. Compiled for SIDE
 * (5, 7), and BEFORE as depthwise_bands.cu; a tap is at most four pixels to either side of a pixel.
 */
#include "kshim.h"
#include "activations.h"
#include "products.h"
#include "depthwise_work.h"
#include "depthwise_planes.h"

#define IMAGES 16
#define TAPS (SIDE * SIDE)

/* Pixels of d_dst of a strip, and those of src that meet them, of which LEFT are before the strip. */
#define STRIP 8
#define COLUMNS 16
#define LEFT 4

/* Words from an image to the next: of src and of d_dst. */
#define SRC_IMAGE 168
#define DST_IMAGE 88

/* Rows of each that are on their way. */
#define AHEAD 2

/* A row of src and one of d_dst. */
#define ROW (IMAGES * (SRC_IMAGE + DST_IMAGE))

/* Of two channels: a column of a row in shared memory, all images of it that a lane has. */
DEVICE void load_column(unsigned (&pairs)[2][2], const unsigned* at, int image) {
#pragma unroll
    for (int i = 0; i < 2; i++) {
        unsigned low = at[8 * i * image];
        unsigned high = at[(8 * i + 1) * image];
        pairs[0][i] = first_of(low, high);
        pairs[1][i] = second_of(low, high);
    }
}

/* partial [TAPS, C], from the products [16, 8] that a warp has of each row of taps and channel; `all` has room for those of one channel of all warps. */
DEVICE void store_diagonals(const float (&products)[SIDE][2][4], float* all, float* partial, int channel, int channels, int padding) {
    int lane = threadIdx.x % 32;
    float* own = all + threadIdx.x / 32 * SIDE * COLUMNS * STRIP;
#pragma unroll
    for (int c = 0; c < 2; c++) {
        __syncthreads();
#pragma unroll
        for (int y = 0; y < SIDE; y++) {
#pragma unroll
            for (int e = 0; e < 4; e++) {
                own[(y * COLUMNS + lane / 4 + e / 2 * 8) * STRIP + lane % 4 * 2 + e % 2] = products[y][c][e];
            }
        }
        __syncthreads();
        for (int t = lane; t < TAPS; t += 32) {
            float sum = 0.0f;
            for (int x = 0; x < STRIP; x++) {
                sum += own[(t / SIDE * COLUMNS + x + t % SIDE + LEFT - padding) * STRIP + x];
            }
            if (channel < channels) {
                partial[t * channels + channel + c] = sum;
            }
        }
    }
}

/*
 * partial [blocks of a tile, TAPS, C]: a block adds up `rows` rows of d_dst of a strip of sixteen images. Of these the SIDE that the present row of src meets
 * are in registers, the last one first.
 */
KERNEL __launch_bounds__(THREADS, 2) depthwise_diagonals(const stored* src, const float* gamma, const float* beta, const float* mean,
        const float* inverse_std, const stored* d_dst, float* partial, int height, int width, int channels, int out_height, int out_width, int padding,
        int rows, int tiles, int strips, int bands, int samples) {
    begin_after_predecessors();
    alignas(16) __shared__ unsigned ring[(AHEAD + 1) * ROW];
    static_assert(WARPS * SIDE * COLUMNS * STRIP <= (AHEAD + 1) * ROW, "the products of a channel find room");
    clear(ring, (AHEAD + 1) * ROW);
    __syncthreads();
    int tile = blockIdx.x % tiles * TILE;
    int warp = threadIdx.x / 32;
    int channel = tile + 2 * warp;
    int line = threadIdx.x % 32 / 4;
    int image = threadIdx.x % 4 * 2;
    Item item = item_at(blockIdx.x / tiles, bands, strips);
    int sample = item.part * IMAGES;
    int left = samples - sample;
    int x = item.strip * STRIP;
    int first = item.band * rows;
    int count = first + rows < out_height ? rows : out_height - first;
    int top = first - padding;
    int steps = count + SIDE - 1;
    Rows<IMAGES, COLUMNS, SRC_IMAGE> in(src + sample * height * width * channels, height, width, channels, tile, x - LEFT, left);
    Rows<IMAGES, STRIP, DST_IMAGE> gradients(d_dst + sample * out_height * out_width * channels, out_height, out_width, channels, tile, x, left);
    auto ask = [&](int step) {
        unsigned* row = ring + step % (AHEAD + 1) * ROW;
        if (step < steps && (unsigned) (top + step) < (unsigned) height) {
            in.copy(row, top + step);
        }
        if (step < count) {
            gradients.copy(row + IMAGES * SRC_IMAGE, first + step);
        }
        close_copies();
    };
    for (int ahead = 0; ahead < AHEAD; ahead++) {
        ask(ahead);
    }
    Norm norm(gamma, beta, mean, inverse_std, channel, channels);
    bool near_there = x - LEFT + line >= 0 && x - LEFT + line < width;
    bool far_there = x - LEFT + line + 8 < width;
    float products[SIDE][2][4] = {};
    unsigned live[SIDE][2][2] = {};
    for (int step = 0; step < steps; step++) {
        copies_done<AHEAD - 1>();
        __syncthreads();
        ask(step + AHEAD);
        const unsigned* row = ring + step % (AHEAD + 1) * ROW + line * PIXEL + warp;
#pragma unroll
        for (int v = SIDE - 1; v > 0; v--) {
#pragma unroll
            for (int c = 0; c < 2; c++) {
                live[v][c][0] = live[v - 1][c][0];
                live[v][c][1] = live[v - 1][c][1];
            }
        }
        if (step < count) {
            load_column(live[0], row + IMAGES * SRC_IMAGE + image * DST_IMAGE, DST_IMAGE);
        } else {
            live[0][0][0] = live[0][0][1] = live[0][1][0] = live[0][1][1] = 0;
        }
        if ((unsigned) (top + step) < (unsigned) height) {
            unsigned near[2][2], far[2][2];
            load_column(near, row + image * SRC_IMAGE, SRC_IMAGE);
            load_column(far, row + image * SRC_IMAGE + 8 * PIXEL, SRC_IMAGE);
#pragma unroll
            for (int c = 0; c < 2; c++) {
#pragma unroll
                for (int i = 0; i < 2; i++) {
                    near[c][i] = norm.of(near[c][i], c, near_there, near_there);
                    far[c][i] = norm.of(far[c][i], c, far_there, far_there);
                }
            }
#pragma unroll
            for (int y = 0; y < SIDE; y++) {
#pragma unroll
                for (int c = 0; c < 2; c++) {
                    multiply_add(products[y][c], near[c][0], far[c][0], near[c][1], far[c][1], live[y][c][0], live[y][c][1]);
                }
            }
        }
    }
    store_diagonals(products, (float*) ring, partial + (int) (blockIdx.x / tiles) * TAPS * channels, channel, channels, padding);
}
