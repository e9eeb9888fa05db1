/* Convolutions of images in plain loops: all three products of training. */
#pragma once
#include "elements.h"

namespace simulator {

enum class Pass { FORWARD, BACKWARD_DATA, BACKWARD_WEIGHT };

/** A tensor of four dimensions: images N C H W, or weights out, in per group, height, width. `type` is cuDNN's. */
struct Image {
    int64_t size[4], stride[4], id, alignment;
    int type;

    Element element() const;
    uint64_t count() const;

    /** Whether its elements fill memory without gaps, whatever their order. */
    bool dense() const;
    int64_t at(int64_t n, int64_t c, int64_t h, int64_t w) const;
};

struct Convolution {
    Pass pass;
    Image src, weight, dst;
    int64_t dilation[2], stride[2], pad[2];

    /** Whether the shapes belong together, in a type that is known. */
    bool fits() const;

    /** Touches what it reads and writes, and computes; operands in F32 are rounded for tensor cores if `rounded`. */
    void run(Address src, Address weight, Address dst, bool rounded) const;
};

}  // namespace simulator
