/*
 * What kernels may use beside plain C++, and all that they include. Compiled by NVRTC and clang for a card, and by g++ for the simulator of the
 * test kit, which brings simulated_device.h. Images are [N, H, W, C]; a sum is always added in the same order, whatever runs beside it.
 */
#if defined(__CUDACC__)
#define DEVICE static __device__ __forceinline__
#define DEVICE_MEMBER __device__ __forceinline__
#define INFINITY __int_as_float(0x7f800000)
#define NAN __int_as_float(0x7fffffff)

/* The same number, of which the compiler knows nothing: what is worked out from it is not kept in registers for later. */
DEVICE unsigned opaque(unsigned v) {
    asm volatile("" : "+r"(v));
    return v;
}

/*
 * The first statement of every kernel. From compute capability 9.0 on a kernel may be launched while those before it in its stream still run (a programmatic
 * launch): this lets the next one come in the same way, then waits until those before have ended and what they wrote is there. Nothing in memory is touched
 * before, and every thread comes here, so that a kernel does not end before those it came after.
 */
DEVICE void begin_after_predecessors() {
#if __CUDA_ARCH__ >= 900
    asm volatile("griddepcontrol.launch_dependents;" ::: "memory");
    asm volatile("griddepcontrol.wait;" ::: "memory");
#endif
}

/*
 * Four bytes from memory to shared memory, or zeros if `there` is 0, at some time before copies_done<N> returns, where at most N groups were closed since;
 * until then, and for other threads, they are not there. Cards before compute capability 8.0 do it at once.
 */
DEVICE void copy4(unsigned* to, const char* from, unsigned there) {
#if __CUDA_ARCH__ >= 800
    asm volatile("{ .reg .u64 s, g; .reg .u32 t; cvta.to.shared.u64 s, %0; cvt.u32.u64 t, s; cvta.to.global.u64 g, %1; "
                 "cp.async.ca.shared.global [t], [g], 4, %2; }" :: "l"(to), "l"(from), "r"(there ? 4 : 0) : "memory");
#else
    *to = there ? *(const unsigned*) from : 0;
#endif
}

/* As copy4, eight bytes that are there. */
DEVICE void copy8(unsigned* to, const char* from) {
#if __CUDA_ARCH__ >= 800
    asm volatile("{ .reg .u64 s, g; .reg .u32 t; cvta.to.shared.u64 s, %0; cvt.u32.u64 t, s; cvta.to.global.u64 g, %1; "
                 "cp.async.ca.shared.global [t], [g], 8; }" :: "l"(to), "l"(from) : "memory");
#else
    *(unsigned long long*) to = *(const unsigned long long*) from;
#endif
}

DEVICE void close_copies() {
#if __CUDA_ARCH__ >= 800
    asm volatile("cp.async.commit_group;" ::: "memory");
#endif
}

template <int N>
DEVICE void copies_done() {
#if __CUDA_ARCH__ >= 800
    asm volatile("cp.async.wait_group %0;" :: "n"(N) : "memory");
#endif
}

/* One access of 16 bytes, of a type of that size and alignment. */
template <class T>
DEVICE T load16(const void* p) {
    return *(const T*) p;
}

template <class T>
DEVICE void store16(void* p, T v) {
    *(T*) p = v;
}

DEVICE float bits_to_float(unsigned bits) {
    return __uint_as_float(bits);
}

/* To within some units in the last place for what is not very large; 0 where the result were denormal. */
DEVICE float fast_exp(float x) {
    float v;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(v) : "f"(x * 1.4426950408889634f));
    return v;
}

/* To within one unit in the last place; 0 where x or the result were denormal. */
DEVICE float reciprocal(float x) {
    float v;
    asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(v) : "f"(x));
    return v;
}

/* To within 2^-11. From compute capability 7.5 on. */
DEVICE float fast_tanh(float x) {
    float v;
#if __CUDA_ARCH__ >= 750
    asm("tanh.approx.f32 %0, %1;" : "=f"(v) : "f"(x));
#else
    v = tanhf(x);
#endif
    return v;
}

DEVICE float half_to_float(unsigned short bits) {
    float v;
    asm("cvt.f32.f16 %0, %1;" : "=f"(v) : "h"(bits));
    return v;
}

DEVICE unsigned short float_to_half(float v) {
    unsigned short bits;
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(bits) : "f"(v));
    return bits;
}

DEVICE float bfloat_to_float(unsigned short bits) {
    return __uint_as_float((unsigned) bits << 16);
}

/* From compute capability 8.0 on, as floats_to_bfloats. */
DEVICE unsigned short float_to_bfloat(float v) {
    unsigned short bits;
    asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(bits) : "f"(v));
    return bits;
}

/* Two at once: `low` is the one with the lower address. */
DEVICE unsigned floats_to_halves(float low, float high) {
    unsigned bits;
#if __CUDA_ARCH__ >= 800
    asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(bits) : "f"(high), "f"(low));
#else
    bits = (unsigned) float_to_half(high) << 16 | float_to_half(low);
#endif
    return bits;
}

DEVICE unsigned floats_to_bfloats(float low, float high) {
    unsigned bits;
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(bits) : "f"(high), "f"(low));
    return bits;
}
#else
#include "simulated_device.h"
#define DEVICE static inline
#define DEVICE_MEMBER inline

DEVICE unsigned opaque(unsigned v) {
    return v;
}

DEVICE void copy4(unsigned* to, const char* from, unsigned there) {
    *to = there ? *(const unsigned*) from : 0;
}

DEVICE void copy8(unsigned* to, const char* from) {
    *(unsigned long long*) to = *(const unsigned long long*) from;
}

DEVICE void close_copies() {}

template <int N>
DEVICE void copies_done() {}

DEVICE float bits_to_float(unsigned bits) {
    float v;
    memcpy(&v, &bits, sizeof v);
    return v;
}
#endif
#define KERNEL extern "C" __global__ void

/* Threads in a block of the kernels that treat elements or rows. */
#define BLOCK 256

/* Blocks of the kernels that treat channels: LANES channels side by side, ROWS rows at a time. */
#define LANES 32
#define ROWS 8

/* Numbers of donna.tensor.Activation, in its order. */
#define NONE 0
#define RELU 1
#define RELU6 2
#define SWISH 3
#define HSWISH 4
#define SIGMOID 5
#define HSIGMOID 6
#define GELU 7

/*
 * How activations and their gradients lie in memory: STORAGE is a number of donna.kernels.Storage, and each file is compiled for each. Arithmetic is in
 * float: a `stored` is only loaded (widen) and stored (narrow, to the nearest, ties to even).
 */
#if STORAGE == 0
typedef float stored;
#else
struct stored {
    unsigned short bits;
};
#endif

DEVICE float widen(stored s) {
#if STORAGE == 0
    return s;
#elif STORAGE == 1
    return half_to_float(s.bits);
#else
    return bfloat_to_float(s.bits);
#endif
}

DEVICE stored narrow(float v) {
#if STORAGE == 0
    return v;
#elif STORAGE == 1
    return {float_to_half(v)};
#else
    return {float_to_bfloat(v)};
#endif
}

#if STORAGE != 0
/* Two neighbours, of which `low` has the lower address. */
DEVICE unsigned narrow2(float low, float high) {
#if STORAGE == 1
    return floats_to_halves(low, high);
#else
    return floats_to_bfloats(low, high);
#endif
}

DEVICE float widen(float v) {
    return v;
}

DEVICE void set(float* p, float v) {
    *p = v;
}
#endif

DEVICE void set(stored* p, float v) {
    *p = narrow(v);
}

/* Neighbours. */
template <int N>
struct floats {
    float v[N];
};

typedef floats<8> floats8;

struct alignas(16) floats4 {
    float v[4];
};

/* From p, which is a multiple of 16 bytes: two accesses. */
DEVICE floats8 load8(const float* p) {
    floats4 low = load16<floats4>(p);
    floats4 high = load16<floats4>(p + 4);
    return {low.v[0], low.v[1], low.v[2], low.v[3], high.v[0], high.v[1], high.v[2], high.v[3]};
}

/* To p, which is a multiple of 16 bytes. */
DEVICE void store8(float* p, floats8 f) {
    store16(p, floats4{f.v[0], f.v[1], f.v[2], f.v[3]});
    store16(p + 4, floats4{f.v[4], f.v[5], f.v[6], f.v[7]});
}

#if STORAGE != 0
struct alignas(16) pairs4 {
    unsigned bits[4];
};

DEVICE floats8 unpack(pairs4 pairs) {
    floats8 f;
    for (int i = 0; i < 4; i++) {
        f.v[2 * i] = widen(stored{(unsigned short) pairs.bits[i]});
        f.v[2 * i + 1] = widen(stored{(unsigned short) (pairs.bits[i] >> 16)});
    }
    return f;
}

/* From p, which is a multiple of 16 bytes: one access. */
DEVICE floats8 load8(const stored* p) {
    return unpack(load16<pairs4>(p));
}

/* To p, which is a multiple of 16 bytes. */
DEVICE void store8(stored* p, floats8 f) {
    pairs4 pairs;
    for (int i = 0; i < 4; i++) {
        pairs.bits[i] = narrow2(f.v[2 * i], f.v[2 * i + 1]);
    }
    store16(p, pairs);
}
#endif

DEVICE floats<4> load4(const float* p) {
    floats4 f = load16<floats4>(p);
    return {f.v[0], f.v[1], f.v[2], f.v[3]};
}

DEVICE void store4(float* p, floats<4> f) {
    store16(p, floats4{f.v[0], f.v[1], f.v[2], f.v[3]});
}

#if STORAGE != 0
struct alignas(8) pairs2 {
    unsigned bits[2];
};

DEVICE floats<4> unpack(pairs2 pairs) {
    floats<4> f;
    for (int i = 0; i < 2; i++) {
        f.v[2 * i] = widen(stored{(unsigned short) pairs.bits[i]});
        f.v[2 * i + 1] = widen(stored{(unsigned short) (pairs.bits[i] >> 16)});
    }
    return f;
}

DEVICE floats<4> load4(const stored* p) {
    return unpack(*(const pairs2*) p);
}

DEVICE void store4(stored* p, floats<4> f) {
    *(pairs2*) p = {narrow2(f.v[0], f.v[1]), narrow2(f.v[2], f.v[3])};
}
#endif

/* N neighbours, 1, 4 or 8, from or to a multiple of their bytes, at most 16. */
template <int N, class T>
DEVICE floats<N> load(const T* p) {
    if constexpr (N == 8) {
        return load8(p);
    } else if constexpr (N == 4) {
        return load4(p);
    } else {
        return {widen(*p)};
    }
}

DEVICE floats<1> unpack(stored s) {
    return {widen(s)};
}

template <int N>
DEVICE floats<N> unpack(floats<N> f) {
    return f;
}

/* As load, still as narrow as in memory: for `unpack`, where several are under way and registers are few. */
template <int N>
DEVICE auto fetch(const stored* p) {
    if constexpr (N == 1) {
        return *p;
    } else {
#if STORAGE == 0
        return load<N>(p);
#else
        if constexpr (N == 8) {
            return load16<pairs4>(p);
        } else {
            return *(const pairs2*) p;
        }
#endif
    }
}

template <int N>
using packed = decltype(fetch<N>((const stored*) nullptr));

template <int N, class T>
DEVICE void store(T* p, floats<N> f) {
    if constexpr (N == 8) {
        store8(p, f);
    } else if constexpr (N == 4) {
        store4(p, f);
    } else {
        set(p, f.v[0]);
    }
}

/* The eight elements of p [count] from `first` on, a multiple of eight; zeros where there are none. */
template <class T>
DEVICE floats8 load_eight(const T* p, int first, int count) {
    if (first + 8 <= count) {
        return load8(p + first);
    }
    floats8 f;
    for (int i = 0; i < 8; i++) {
        f.v[i] = first + i < count ? widen(p[first + i]) : 0.0f;
    }
    return f;
}

template <class T>
DEVICE void store_eight(T* p, int first, int count, floats8 f) {
    if (first + 8 <= count) {
        store8(p + first, f);
    } else {
        for (int i = 0; i < 8; i++) {
            if (first + i < count) {
                set(p + first + i, f.v[i]);
            }
        }
    }
}

/* What belongs to the channels of eight elements of rows of `channels`, the first of which is in channel c: each [channels]. */
DEVICE floats8 load_channels(const float* each, int c, int channels) {
    if (channels % 8 == 0) {
        return load8(each + c);
    }
    floats8 f;
    for (int i = 0; i < 8; i++) {
        f.v[i] = each[c];
        c = c + 1 == channels ? 0 : c + 1;
    }
    return f;
}

/* Elements are counted in int, of which there are at most 2^30: a 64-bit division costs a card many times as much. */
DEVICE int element() {
    return (int) (blockIdx.x * BLOCK + threadIdx.x);
}

/* The first of `count` rows that belongs to chunk `chunk` of `chunks`. */
DEVICE int chunk_begin(int count, int chunk, int chunks) {
    return (int) ((long long) count * chunk / chunks);
}

/* The sum over a warp; every lane has it. */
DEVICE float warp_sum(float v) {
    for (int bits = 16; bits > 0; bits /= 2) {
        v += __shfl_xor_sync(0xffffffffu, v, bits);
    }
    return v;
}
