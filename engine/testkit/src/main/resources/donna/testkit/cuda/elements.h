/* The libraries' types of numbers, one at a time. */
#pragma once
#include <cstdint>
#include <cstring>

#include "simulator.h"

namespace simulator {

enum class Element { F32, F16, BF16 };

inline uint64_t bytes_of(Element e) {
    return e == Element::F32 ? 4 : 2;
}

inline float load(Element e, Address at, uint64_t i) {
    if (e == Element::F32) {
        return ((const float*) at)[i];
    }
    if (e == Element::F16) {
        return (float) ((const _Float16*) at)[i];
    }
    uint32_t bits = (uint32_t) ((const uint16_t*) at)[i] << 16;
    float f;
    memcpy(&f, &bits, 4);
    return f;
}

/** Rounds to the nearest, ties to even. */
inline void store(Element e, Address at, uint64_t i, float v) {
    if (e == Element::F32) {
        ((float*) at)[i] = v;
    } else if (e == Element::F16) {
        ((_Float16*) at)[i] = (_Float16) v;
    } else {
        uint32_t bits;
        memcpy(&bits, &v, 4);
        ((uint16_t*) at)[i] = v != v ? 0x7fff : (uint16_t) ((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
    }
}

/** As tensor cores take a float: ten bits of mantissa. */
inline float to_tensor_float(float v) {
    uint32_t bits;
    memcpy(&bits, &v, 4);
    bits = (bits + 0x1000) & ~0x1fffu;
    memcpy(&v, &bits, 4);
    return v;
}

}  // namespace simulator
