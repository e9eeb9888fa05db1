/*
 * What the depthwise kernels of one geometry share. A file that includes this is compiled for SIDE (taps of a side: 3, 5, 7), STRIDE (1, 2), CHANNELS
 * (neighbouring channels of a thread: 1, 2) and STRIP (neighbouring pixels of a row that a thread has in hand). A thread goes down a band of rows: it
 * loads and widens a pixel once for all the taps that meet it, and asks for the row below before it works on the present one.
 *
 * A block has blockDim.x groups of CHANNELS channels by blockDim.y strips; the grid has one dimension and counts tiles of channels fastest.
 */
#define TAPS (SIDE * SIDE)

/* Threads of a block, and blocks that share a multiprocessor at least: 128 registers a thread. */
#define THREADS 128
#define RESIDENT 4

/* Channels of a block, at most. */
#define TILE 128

/* Rows of dst that one row of src meets, rounded up. */
#define LIVE ((SIDE + STRIDE - 1) / STRIDE)

/* Neighbouring channels of one pixel, as they lie in memory: one access. */
struct alignas(CHANNELS * sizeof(stored)) Piece {
    stored channel[CHANNELS];
};

DEVICE void store_piece(stored* p, const float (&v)[CHANNELS]) {
#if STORAGE != 0 && CHANNELS == 2
    *(unsigned*) p = narrow2(v[0], v[1]);
#else
    Piece piece;
#pragma unroll
    for (int i = 0; i < CHANNELS; i++) {
        piece.channel[i] = narrow(v[i]);
    }
    *(Piece*) p = piece;
#endif
}

DEVICE Piece no_piece() {
    Piece piece;
#pragma unroll
    for (int i = 0; i < CHANNELS; i++) {
        piece.channel[i] = stored{};
    }
    return piece;
}

/* Pixels side by side, of which those are there that have a bit in `present`. */
struct Row {
    const stored* at;
    int channels;
    unsigned present;

    DEVICE_MEMBER Piece pixel(int i) const {
        return present >> i & 1 ? *(const Piece*) (at + i * channels) : no_piece();
    }
};

/* Those of `count` pixels from pixel `first` on that a row of `width` has. */
DEVICE unsigned columns(int first, int count, int width) {
    unsigned present = 0;
    for (int i = 0; i < count; i++) {
        present |= (unsigned) (first + i >= 0 && first + i < width) << i;
    }
    return present;
}

/* Stores those pixels of a strip that are there, and leaves zeros. */
DEVICE void store_strip(float (&strip)[STRIP][CHANNELS], stored* p, int channels, unsigned present) {
#pragma unroll
    for (int i = 0; i < STRIP; i++) {
        if (present >> i & 1) {
            store_piece(p + i * channels, strip[i]);
        }
#pragma unroll
        for (int k = 0; k < CHANNELS; k++) {
            strip[i][k] = 0.0f;
        }
    }
}

/* Where a thread works: number `index` of samples x bands x strips. */
struct Item {
    int sample, band, strip;
};

DEVICE Item item_at(int index, int bands, int strips) {
    int line = index / strips;
    return {line / bands, line % bands, index % strips};
}

/* The taps of a thread's channels, through shared memory; what belongs to a thread is padded there, so that neighbours read from different banks. */
DEVICE void load_taps(float (&taps)[TAPS][CHANNELS], const float* weight, int tile, int channels, int flipped) {
    __shared__ float all[(TAPS * CHANNELS + 1) * (TILE / CHANNELS)];
    int first = tile * (int) blockDim.x * CHANNELS;
    int count = channels - first < (int) blockDim.x * CHANNELS ? channels - first : (int) blockDim.x * CHANNELS;
    for (int i = threadIdx.y * blockDim.x + threadIdx.x; i < count * TAPS; i += blockDim.x * blockDim.y) {
        all[i + i / (TAPS * CHANNELS)] = weight[first * TAPS + i];
    }
    __syncthreads();
    if ((int) threadIdx.x * CHANNELS < count) {
#pragma unroll
        for (int t = 0; t < TAPS; t++) {
#pragma unroll
            for (int k = 0; k < CHANNELS; k++) {
                taps[t][k] = all[threadIdx.x * (TAPS * CHANNELS + 1) + k * TAPS + (flipped ? TAPS - 1 - t : t)];
            }
        }
    }
}
