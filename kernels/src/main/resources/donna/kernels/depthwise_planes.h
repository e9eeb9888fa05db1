/*
 * What the depthwise kernels on tensor cores share. A block has eight warps, each with two neighbouring channels of the sixteen of a tile; images are treated
 * side by side, row by row. A row of some images is copied to shared memory pixel by pixel, from where a lane takes the two channels of a pixel as one word;
 * the distances there let the lanes of a warp read from as many banks as words of eight bytes allow.
 */
#define WARPS 8
#define THREADS (32 * WARPS)
#define TILE (2 * WARPS)

/* Words from a pixel to the next in shared memory, and pieces of a pixel of four channels. */
#define PIXEL (WARPS + 2)
#define PIECES (TILE / 4)

/* Of two words of two channels each, those of the first or the second channel. */
DEVICE unsigned first_of(unsigned low, unsigned high) {
    return (low & 0xffffu) | high << 16;
}

DEVICE unsigned second_of(unsigned low, unsigned high) {
    return low >> 16 | (high & 0xffff0000u);
}

/*
 * What src becomes on its way: act(gamma (src - mean) inverse_std + beta) of activation BEFORE, of a warp's two channels, rounded as if it were stored, and zero
 * where there are no pixels; or itself.
 */
struct Norm {
    float factor[2], offset[2];

    DEVICE_MEMBER Norm(const float* gamma, const float* beta, const float* mean, const float* inverse_std, int channel, int channels) {
#pragma unroll
        for (int c = 0; c < 2 && BEFORE != RAW; c++) {
            factor[c] = channel < channels ? gamma[channel + c] * inverse_std[channel + c] : 0.0f;
            offset[c] = channel < channels ? beta[channel + c] - factor[c] * mean[channel + c] : 0.0f;
        }
    }

    DEVICE_MEMBER float of(stored v, int c) const {
        return BEFORE == RAW ? widen(v) : activate(BEFORE, factor[c] * widen(v) + offset[c]);
    }

    /* Of two pixels of channel c. */
    DEVICE_MEMBER unsigned of(unsigned pair, int c, bool low_there, bool high_there) const {
        if (BEFORE == RAW) {
            return pair;
        }
        float low = low_there ? of(stored{(unsigned short) pair}, c) : 0.0f;
        float high = high_there ? of(stored{(unsigned short) (pair >> 16)}, c) : 0.0f;
        return narrow2(low, high);
    }
};

/*
 * COLUMNS neighbouring pixels of a row of IMAGES images on their way to shared memory, IMAGE words from an image to the next there. A thread copies the same
 * pieces of each row; those outside of an image, or beyond the last image or channel, it never copies.
 */
template <int IMAGES, int COLUMNS, int IMAGE>
struct Rows {
    /* Images from one that a thread copies to the next. */
    static constexpr int APART = THREADS / (PIECES * COLUMNS);
    const char* at;
    unsigned row, apart;
    int to, images;

    /* `first` is the first image there, in whose rows the columns begin at `from`; `channel` is the first of the tile's. */
    DEVICE_MEMBER Rows(const stored* first, int height, int width, int channels, int channel, int from, int images_left) {
        int piece = threadIdx.x % PIECES;
        int column = threadIdx.x / PIECES % COLUMNS;
        int image = threadIdx.x / (PIECES * COLUMNS);
        bool there = from + column >= 0 && from + column < width && channel + 4 * piece < channels;
        images = there ? images_left - image : 0;
        row = (unsigned) width * channels * (unsigned) sizeof(stored);
        apart = APART * height * row;
        at = (const char*) (first + channel + 4 * piece + (from + column) * channels) + (unsigned long long) image * height * row;
        to = image * IMAGE + column * PIXEL + 2 * piece;
    }

    DEVICE_MEMBER void copy(unsigned* tile, int y) const {
#pragma unroll
        for (int k = 0; k < IMAGES / APART; k++) {
            if (APART * k < images) {
                copy8(tile + to + k * APART * IMAGE, at + (unsigned long long) y * row + (unsigned long long) k * apart);
            }
        }
    }
};

/* So that what is never copied counts as zero. */
DEVICE void clear(unsigned* words, int count) {
    for (int i = threadIdx.x; i < count; i += THREADS) {
        words[i] = 0;
    }
}
