/*
 * What the depthwise kernels of one geometry share. A file that includes this is compiled for SIDE (taps of a side: 3, 5, 7), STRIDE (1, 2), CHANNELS
 * (neighbouring channels of a thread: 1, 2), STRIP (neighbouring pixels of a row that a thread has in hand) and AHEAD (rows that are on their way to it). A
 * thread goes down a band of rows: it loads and widens a pixel once for all the taps that meet it, and asks for rows below before it works on the present one.
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

/* Neighbouring channels of one pixel as they lie in memory: one access, and as many registers as that has words. */
#define BYTES ((int) sizeof(stored) * CHANNELS)
#define WORDS ((BYTES + 3) / 4)

struct Piece {
    unsigned word[WORDS];
};

/* The cache of read-only data is for what nobody writes as long as the kernel is on the card: not where it may come while those before it still write. */
#if __CUDA_ARCH__ >= 900
#define FROM_MEMORY "ld.global"
#else
#define FROM_MEMORY "ld.global.nc"
#endif

/* From p, or zeros if `there` is 0; without a branch, so that the loads of a row are on their way together. */
DEVICE Piece load_piece(const char* p, unsigned there) {
    Piece piece;
#if defined(__CUDACC__)
#define LOAD "{ .reg .pred there; .reg .u64 from; cvta.to.global.u64 from, "
    static_assert(BYTES == 2 || BYTES == 4 || BYTES == 8, "a piece of 2, 4 or 8 bytes");
#if STORAGE == 0 && CHANNELS == 2
    asm volatile(LOAD "%2; setp.ne.u32 there, %3, 0; mov.u32 %0, 0; mov.u32 %1, 0; @there " FROM_MEMORY ".v2.u32 {%0, %1}, [from]; }"
                 : "=&r"(piece.word[0]), "=&r"(piece.word[1]) : "l"(p), "r"(there));
#elif STORAGE == 0 || CHANNELS == 2
    asm volatile(LOAD "%1; setp.ne.u32 there, %2, 0; mov.u32 %0, 0; @there " FROM_MEMORY ".u32 %0, [from]; }"
                 : "=&r"(piece.word[0]) : "l"(p), "r"(there));
#else
    asm volatile(LOAD "%1; setp.ne.u32 there, %2, 0; mov.u32 %0, 0; @there " FROM_MEMORY ".u16 %0, [from]; }"
                 : "=&r"(piece.word[0]) : "l"(p), "r"(there));
#endif
#else
#pragma unroll
    for (int i = 0; i < WORDS; i++) {
        piece.word[i] = !there ? 0 : BYTES == 2 ? *(const unsigned short*) p : ((const unsigned*) p)[i];
    }
#endif
    return piece;
}

/* Channel `k`. */
DEVICE float channel_of(Piece piece, int k) {
#if STORAGE == 0
    return bits_to_float(piece.word[k]);
#elif STORAGE == 1
    return half_to_float((unsigned short) (piece.word[0] >> 16 * k));
#else
    return bits_to_float(k == 0 ? piece.word[0] << 16 : piece.word[0] & 0xffff0000u);
#endif
}

DEVICE void store_piece(char* p, const float (&v)[CHANNELS]) {
#if STORAGE != 0 && CHANNELS == 2
    *(unsigned*) p = narrow2(v[0], v[1]);
#else
    struct alignas(BYTES) Stored {
        stored channel[CHANNELS];
    } all;
#pragma unroll
    for (int k = 0; k < CHANNELS; k++) {
        all.channel[k] = narrow(v[k]);
    }
    *(Stored*) p = all;
#endif
}

/* To what is stored of it. */
DEVICE void round_piece(float (&v)[CHANNELS]) {
#if STORAGE != 0 && CHANNELS == 2
    Piece both = {{narrow2(v[0], v[1])}};
    v[0] = channel_of(both, 0);
    v[1] = channel_of(both, 1);
#else
#pragma unroll
    for (int k = 0; k < CHANNELS; k++) {
        v[k] = widen(narrow(v[k]));
    }
#endif
}

/* Pixels side by side, `step` bytes from one to the next, of which those are there that have a bit in `present`. */
struct Row {
    const char* at;
    unsigned step, present;

    DEVICE_MEMBER Piece pixel(int i) const {
        return load_piece(at + (unsigned long long) i * step, present & 1u << i);
    }
};

/* From 0 to `most`. */
DEVICE unsigned clamp(int v, int most) {
    return v < 0 ? 0 : v < most ? v : most;
}

/* Bytes from a row to the one below. */
DEVICE unsigned long long below(int width, unsigned step) {
    return (unsigned long long) (unsigned) width * step;
}

/*
 * Rows of COUNT pixels on their way to a thread, which asks for one AHEAD rows before it takes it: several are in shared memory, where each thread has its own,
 * one is in registers.
 */
#if AHEAD == 1
#define WINDOW_WORDS(count) 1

template <int COUNT>
struct Window {
    Piece row[COUNT];

    DEVICE_MEMBER explicit Window(unsigned*) {}

    DEVICE_MEMBER void ask(Row r) {
#pragma unroll
        for (int j = 0; j < COUNT; j++) {
            row[j] = r.pixel(j);
        }
    }

    /* A row begins, while `r` is the one AHEAD below it; then its pixels are taken in order or it is skipped, and then it ends. */
    DEVICE_MEMBER void begin(Row r) {}

    DEVICE_MEMBER Piece take(int j, Row r) {
        Piece now = row[j];
        row[j] = r.pixel(j);
        return now;
    }

    DEVICE_MEMBER void skip(Row r) {
        ask(r);
    }

    DEVICE_MEMBER void end() {}
};
#else
#define WINDOW_WORDS(count) ((AHEAD + 1) * (count) * WORDS * THREADS)

template <int COUNT>
struct Window {
    static constexpr int ROW = COUNT * WORDS * THREADS;
    unsigned* ring;
    int asked, taken;

    DEVICE_MEMBER explicit Window(unsigned* words) : ring(words + threadIdx.y * blockDim.x + threadIdx.x), asked(0), taken(0) {}

    DEVICE_MEMBER void ask(Row r) {
#pragma unroll
        for (int j = 0; j < COUNT; j++) {
#pragma unroll
            for (int w = 0; w < WORDS; w++) {
                copy4(ring + asked + (j * WORDS + w) * THREADS, r.at + (unsigned long long) j * r.step + 4 * w, r.present & 1u << j);
            }
        }
        close_copies();
        asked = asked == AHEAD * ROW ? 0 : asked + ROW;
    }

    DEVICE_MEMBER void begin(Row r) {
        ask(r);
        copies_done<AHEAD>();
    }

    DEVICE_MEMBER Piece take(int j, Row r) {
        Piece now;
#pragma unroll
        for (int w = 0; w < WORDS; w++) {
            now.word[w] = ring[taken + (j * WORDS + w) * THREADS];
        }
        return now;
    }

    DEVICE_MEMBER void skip(Row r) {}

    DEVICE_MEMBER void end() {
        taken = taken == AHEAD * ROW ? 0 : taken + ROW;
    }
};
#endif

/* Those of `count` pixels from pixel `first` on that a row of `width` has. */
DEVICE unsigned columns(int first, int count, int width) {
    unsigned present = 0;
    for (int i = 0; i < count; i++) {
        present |= (unsigned) (first + i >= 0 && first + i < width) << i;
    }
    return present;
}

/* Stores those pixels of a strip that are there, after the activation ACT or RAW, and leaves `begin`. */
template <int ACT>
DEVICE void store_strip(float (&strip)[STRIP][CHANNELS], char* p, unsigned step, unsigned present, const float (&begin)[CHANNELS]) {
#pragma unroll
    for (int i = 0; i < STRIP; i++) {
        if (present & 1u << i) {
#pragma unroll
            for (int k = 0; k < CHANNELS; k++) {
                strip[i][k] = ACT == RAW ? strip[i][k] : activate(ACT, strip[i][k]);
            }
            store_piece(p + (unsigned long long) i * step, strip[i]);
        }
#pragma unroll
        for (int k = 0; k < CHANNELS; k++) {
            strip[i][k] = begin[k];
        }
    }
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
