/* The gradient of a depthwise convolution of stride 2 by src: of d_dst [N, OH, OW, C] and weight [C, SIDE, SIDE] to d_src [N, H, W, C]. */
#include "kshim.h"
#include "activations.h"
#include "depthwise_work.h"
#include "depthwise.h"

/* Pixels of a row of d_dst that meet a strip of d_src. */
#define NEEDED (STRIP / 2 + LIVE - 1)

/*
 * A thread makes `rows` pairs of rows of a strip of d_src. Rows and columns are counted from the padding on, from the even number at or before the image's
 * first: row v meets row (v - ky) / 2 of d_dst at each tap ky of its own parity, which are then the same taps for all threads. Row y of d_dst finishes rows
 * 2 y and 2 y + 1 and adds to the SIDE - 2 that follow, which are in registers, row v as number (v - 2 line) % (2 LIVE) where `line` is the first.
 */
KERNEL __launch_bounds__(THREADS, RESIDENT) depthwise_spread(const stored* d_dst, const float* weight, stored* d_src, int height, int width, int channels,
        int out_height, int out_width, int padding, int rows, int tiles, int strips, int bands, int samples) {
    begin_after_predecessors();
    __shared__ unsigned rows_ahead[WINDOW_WORDS(NEEDED)];
    int tile = blockIdx.x % tiles;
    float taps[TAPS][CHANNELS];
    load_taps(taps, weight, tile, channels, 0);
    int channel = (tile * (int) blockDim.x + (int) threadIdx.x) * CHANNELS;
    Item item = item_at(blockIdx.x / tiles * blockDim.y + threadIdx.y, bands, strips);
    if (item.part >= samples || channel >= channels) {
        return;
    }
    unsigned step = (unsigned) channels * (unsigned) sizeof(stored);
    int x = padding / 2 * 2 + item.strip * STRIP - padding;
    int first = padding / 2 + item.band * rows;
    int line = first - (LIVE - 1);
    int from = padding / 2 + item.strip * (STRIP / 2) - (LIVE - 1);
    unsigned end = clamp(first + rows, out_height);
    unsigned wanted = columns(from, NEEDED, out_width);
    unsigned made = columns(x, STRIP, width);
    int y = first * 2 - padding;
    char* out = (char*) (d_src + ((item.part * height + y) * width + x) * channels + channel);
    Row in = {(const char*) (d_dst + ((item.part * out_height + line) * out_width + from) * channels + channel), step, (unsigned) line < end ? wanted : 0};
    Window<NEEDED> window(rows_ahead);
#pragma unroll
    for (int ahead = 0; ahead < AHEAD; ahead++) {
        window.ask(in);
        in.at += below(out_width, step);
        in.present = (unsigned) (line + ahead + 1) < end ? wanted : 0;
    }
    float nothing[CHANNELS] = {};
    float sums[2 * LIVE][STRIP][CHANNELS] = {};
    for (int top = line; top < first + rows; top += LIVE) {
#pragma unroll
        for (int turn = 0; turn < LIVE; turn++) {
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
                        for (int ky = 0; ky < SIDE; ky++) {
#pragma unroll
                            for (int i = 0; i < STRIP; i++) {
                                int kx = i + 2 * (LIVE - 1) - 2 * j;
                                if (kx >= 0 && kx < SIDE) {
                                    sums[(2 * turn + ky) % (2 * LIVE)][i][k] += taps[ky * SIDE + kx][k] * pixel;
                                }
                            }
                        }
                    }
                }
            } else {
                window.skip(in);
            }
            window.end();
            bool done = line >= first && line < first + rows;
            line++;
            in.at += below(out_width, step);
            in.present = (unsigned) (line + AHEAD) < end ? wanted : 0;
#pragma unroll
            for (int half = 0; half < 2; half++) {
                store_strip<RAW>(sums[2 * turn + half], out, opaque(step), done && y >= 0 && y < height ? made : 0, nothing);
                y += done;
                out += done ? below(width, step) : 0;
            }
        }
    }
}
