/*
 * A kernel's view of the simulated device: what kshim.h includes where no CUDA compiler is at work. The simulator compiles kernels with calls to
 * __tsan_* around every load and store (-fsanitize=thread without its library); here they lead to the simulator's checks.
 */
#pragma once
#include <cmath>
#include <cstdint>
#include <cstring>
#include <new>
#include <utility>

#define UNTRACED __attribute__((no_sanitize_thread))
#define ALWAYS UNTRACED inline

namespace simulator {

struct Index {
    unsigned x, y, z;
};

/** What the simulator gives a module when it loads it. */
struct Table {
    Index thread, block, block_size, grid_size;
    uintptr_t memory;
    uintptr_t memory_bytes;
    void (*access)(const void* at, unsigned bytes, int write);
    void (*barrier)();
    uint32_t (*shuffle)(uint32_t mask, uint32_t value, int source);
    void (*gather)(const uint32_t* own, uint32_t* all);
    int (*lane)();
    void (*fence)();
    uint32_t (*increment)(void* at, uint32_t last);
    void (*begin)();
};

}  // namespace simulator

extern "C" simulator::Table* donna_simulator;

/* The linker gives the bounds of the section that holds all __shared__ variables. */
extern "C" char __start_donna_shared[] __attribute__((weak, visibility("hidden")));
extern "C" char __stop_donna_shared[] __attribute__((weak, visibility("hidden")));

#define __global__
#define __device__
#define __forceinline__
#define __restrict__
#define __launch_bounds__(...)
#define __shared__ static __attribute__((section("donna_shared")))

#define threadIdx (donna_simulator->thread)
#define blockIdx (donna_simulator->block)
#define blockDim (donna_simulator->block_size)
#define gridDim (donna_simulator->grid_size)

UNTRACED static inline void __syncthreads() {
    donna_simulator->barrier();
}

UNTRACED static inline float simulator_shuffle(unsigned mask, float value, int source) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    bits = donna_simulator->shuffle(mask, bits, source);
    memcpy(&value, &bits, sizeof bits);
    return value;
}

UNTRACED static inline float __shfl_down_sync(unsigned mask, float value, int distance) {
    int lane = donna_simulator->lane();
    return simulator_shuffle(mask, value, lane + distance < 32 ? lane + distance : lane);
}

UNTRACED static inline float __shfl_xor_sync(unsigned mask, float value, int bits) {
    return simulator_shuffle(mask, value, donna_simulator->lane() ^ bits);
}

UNTRACED static inline int simulator_lane() {
    return donna_simulator->lane();
}

/* Six words of each of the 32 lanes of a warp, which all come here: all [32, 6]. */
UNTRACED static inline void simulator_gather(const unsigned* own, unsigned* all) {
    donna_simulator->gather(own, all);
}

UNTRACED static inline void __threadfence() {
    donna_simulator->fence();
}

UNTRACED static inline unsigned atomicInc(unsigned* at, unsigned last) {
    return donna_simulator->increment(at, last);
}

/* ---- what kshim.h writes in PTX for a card */

UNTRACED static inline void begin_after_predecessors() {
    donna_simulator->begin();
}

extern "C" void __tsan_read16(void*);
extern "C" void __tsan_write16(void*);

template <class T>
UNTRACED static inline T load16(const void* p) {
    static_assert(sizeof(T) == 16, "an access of 16 bytes");
    __tsan_read16((void*) p);
    T v;
    memcpy(&v, p, sizeof v);
    return v;
}

template <class T>
UNTRACED static inline void store16(void* p, T v) {
    static_assert(sizeof(T) == 16, "an access of 16 bytes");
    __tsan_write16(p);
    memcpy(p, &v, sizeof v);
}

UNTRACED static inline float fast_exp(float x) {
    return expf(x);
}

UNTRACED static inline float reciprocal(float x) {
    return 1.0f / x;
}

UNTRACED static inline float fast_tanh(float x) {
    return tanhf(x);
}

UNTRACED static inline float half_to_float(unsigned short bits) {
    _Float16 v;
    memcpy(&v, &bits, sizeof v);
    return (float) v;
}

UNTRACED static inline unsigned short float_to_half(float v) {
    _Float16 half = (_Float16) v;
    unsigned short bits;
    memcpy(&bits, &half, sizeof bits);
    return bits;
}

UNTRACED static inline float bfloat_to_float(unsigned short bits) {
    uint32_t wide = (uint32_t) bits << 16;
    float v;
    memcpy(&v, &wide, sizeof v);
    return v;
}

/* To the nearest, ties to even; every NaN becomes the one that a card makes. */
UNTRACED static inline unsigned short float_to_bfloat(float v) {
    uint32_t bits;
    memcpy(&bits, &v, sizeof bits);
    return v != v ? 0x7fff : (unsigned short) ((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

UNTRACED static inline unsigned floats_to_halves(float low, float high) {
    return (unsigned) float_to_half(high) << 16 | float_to_half(low);
}

UNTRACED static inline unsigned floats_to_bfloats(float low, float high) {
    return (unsigned) float_to_bfloat(high) << 16 | float_to_bfloat(low);
}

/* ---- written once per module, behind the kernels */

#ifdef DONNA_SIMULATED_MODULE
simulator::Table* donna_simulator;

UNTRACED static inline void simulator_trace(const void* at, unsigned bytes, int write) {
    uintptr_t a = (uintptr_t) at;
    uintptr_t shared = (uintptr_t) __start_donna_shared;
    uintptr_t shared_bytes = (uintptr_t) __stop_donna_shared - shared;
    if (a - donna_simulator->memory < donna_simulator->memory_bytes || a - shared < shared_bytes || a < 4096) {
        donna_simulator->access(at, bytes, write);
    }
}

extern "C" {
UNTRACED void __tsan_init() {}
UNTRACED void __tsan_func_entry(void*) {}
UNTRACED void __tsan_func_exit() {}
#define DONNA_TRACE(bytes)                                                                \
    UNTRACED void __tsan_read##bytes(void* at) { simulator_trace(at, bytes, 0); }         \
    UNTRACED void __tsan_write##bytes(void* at) { simulator_trace(at, bytes, 1); }        \
    UNTRACED void __tsan_unaligned_read##bytes(void* at) { simulator_trace(at, bytes, 0); } \
    UNTRACED void __tsan_unaligned_write##bytes(void* at) { simulator_trace(at, bytes, 1); }
DONNA_TRACE(1)
DONNA_TRACE(2)
DONNA_TRACE(4)
DONNA_TRACE(8)
DONNA_TRACE(16)
UNTRACED void __tsan_read_range(void* at, unsigned long bytes) { simulator_trace(at, (unsigned) bytes, 0); }
UNTRACED void __tsan_write_range(void* at, unsigned long bytes) { simulator_trace(at, (unsigned) bytes, 1); }
UNTRACED void* donna_shared_start() { return __start_donna_shared; }
UNTRACED unsigned long donna_shared_bytes() { return (unsigned long) (__stop_donna_shared - __start_donna_shared); }
}

/* A kernel's parameters: their sizes, and a call with them. */
template <class... A, size_t... I>
UNTRACED static void simulator_call(void (*kernel)(A...), void** parameters, std::index_sequence<I...>) {
    kernel(*(A*) parameters[I]...);
}

template <class... A>
UNTRACED static void simulator_call(void (*kernel)(A...), void** parameters) {
    simulator_call(kernel, parameters, std::index_sequence_for<A...>());
}

template <class... A>
UNTRACED static int simulator_sizes(void (*)(A...), int* sizes) {
    int of[] = {(int) sizeof(A)..., 0};
    memcpy(sizes, of, sizeof of - sizeof(int));
    return (int) sizeof...(A);
}

#define DONNA_KERNEL(name)                                                                            \
    extern "C" UNTRACED void donna_call_##name(void** parameters) { simulator_call(name, parameters); } \
    extern "C" UNTRACED int donna_sizes_##name(int* sizes) { return simulator_sizes(name, sizes); }
#endif
