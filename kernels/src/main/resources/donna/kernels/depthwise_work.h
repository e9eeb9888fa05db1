/* What a depthwise kernel may be compiled for beside the convolution, unless it is told otherwise: nothing; and how the work is counted. */
#ifndef BEFORE
#define BEFORE RAW
#endif

#ifndef AFTER
#define AFTER RAW
#endif

#ifndef STATISTICS
#define STATISTICS 0
#endif

/* Number `index` of parts x bands x strips, where a part is a sample or some. */
struct Item {
    int part, band, strip;
};

DEVICE Item item_at(int index, int bands, int strips) {
    int line = index / strips;
    return {line / bands, line % bands, index % strips};
}
