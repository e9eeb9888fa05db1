/* Eight elements a thread, the last of which may be missing: count is no multiple of eight in general. */
#include "kshim.h"
#include "activations.h"
#include "blocks.h"

/* The first of a thread's eight elements. */
DEVICE int first_element() {
    return 8 * element();
}

KERNEL __launch_bounds__(BLOCK) fill(stored* dst, float value, int count) {
    begin_after_predecessors();
    int first = first_element();
    if (first < count) {
        floats8 x;
        for (int i = 0; i < 8; i++) {
            x.v[i] = value;
        }
        store_eight(dst, first, count, x);
    }
}

KERNEL __launch_bounds__(BLOCK) activation(const stored* src, stored* dst, int act, int count) {
    begin_after_predecessors();
    int first = first_element();
    if (first < count) {
        floats8 x = load_eight(src, first, count);
        activate_each<8>(act, x);
        store_eight(dst, first, count, x);
    }
}

KERNEL __launch_bounds__(BLOCK) activation_backward(const stored* d_dst, const stored* src, stored* d_src, int act, int count) {
    begin_after_predecessors();
    int first = first_element();
    if (first < count) {
        floats8 d = load_eight(d_dst, first, count);
        floats8 x = load_eight(src, first, count);
        activate_backward_each<8>(act, d, x);
        store_eight(d_src, first, count, d);
    }
}

/*
 * As activation_backward on matrices [rows, width] of few rows, whose sums over the rows go to total [width]: a block for LANES columns.
 */
KERNEL __launch_bounds__(LANES * ROWS) activation_backward_sums(const stored* d_dst, const stored* src, stored* d_src, float* total, int act,
        int rows, int width) {
    begin_after_predecessors();
    int c = blockIdx.x * LANES + threadIdx.x;
    float sum = 0.0f;
    if (c < width) {
#pragma unroll 4
        for (int r = threadIdx.y; r < rows; r += ROWS) {
            int i = r * width + c;
            floats<1> d = {widen(d_dst[i])};
            activate_backward_each<1>(act, d, {widen(src[i])});
            set(d_src + i, d.v[0]);
            sum += d.v[0];
        }
    }
    sum = row_sum(sum);
    if (c < width && threadIdx.y == 0) {
        total[c] = sum;
    }
}

KERNEL __launch_bounds__(BLOCK) add(const stored* a, const stored* b, stored* dst, int count) {
    begin_after_predecessors();
    int first = first_element();
    if (first < count) {
        floats8 x = load_eight(a, first, count);
        floats8 y = load_eight(b, first, count);
        for (int i = 0; i < 8; i++) {
            x.v[i] += y.v[i];
        }
        store_eight(dst, first, count, x);
    }
}

/* The same numbers, each_count of them, added to every sample. */
KERNEL __launch_bounds__(BLOCK) add_each(const stored* src, const float* each, stored* dst, int each_count, int count) {
    begin_after_predecessors();
    int first = first_element();
    if (first < count) {
        floats8 x = load_eight(src, first, count);
        floats8 y = load_channels(each, first % each_count, each_count);
        for (int i = 0; i < 8; i++) {
            x.v[i] += y.v[i];
        }
        store_eight(dst, first, count, x);
    }
}

KERNEL __launch_bounds__(BLOCK) multiply(const stored* a, const stored* b, stored* dst, int count) {
    begin_after_predecessors();
    int first = first_element();
    if (first < count) {
        floats8 x = load_eight(a, first, count);
        floats8 y = load_eight(b, first, count);
        for (int i = 0; i < 8; i++) {
            x.v[i] *= y.v[i];
        }
        store_eight(dst, first, count, x);
    }
}

DEVICE void scaled(const stored* src, stored* dst, float factor, int count) {
    int first = first_element();
    if (first < count) {
        floats8 x = load_eight(src, first, count);
        for (int i = 0; i < 8; i++) {
            x.v[i] *= factor;
        }
        store_eight(dst, first, count, x);
    }
}

KERNEL __launch_bounds__(BLOCK) scale(const stored* src, stored* dst, float factor, int count) {
    begin_after_predecessors();
    scaled(src, dst, factor, count);
}

/* The factor is a number on the device. */
KERNEL __launch_bounds__(BLOCK) scale_by(const stored* src, const float* factor, stored* dst, int count) {
    begin_after_predecessors();
    scaled(src, dst, factor[0], count);
}

/*
 * act(dst + bias + residual) to activated, and the sum to dst, which may be the same place; dst is [rows, channels]. bias and residual may be missing.
 */
KERNEL __launch_bounds__(BLOCK) epilogue(stored* dst, const float* bias, const stored* residual, stored* activated, int act, int channels,
        int count) {
    begin_after_predecessors();
    int first = first_element();
    if (first < count) {
        floats8 x = load_eight(dst, first, count);
        if (bias) {
            floats8 each = load_channels(bias, first % channels, channels);
            for (int i = 0; i < 8; i++) {
                x.v[i] += each.v[i];
            }
        }
        if (residual) {
            floats8 other = load_eight(residual, first, count);
            for (int i = 0; i < 8; i++) {
                x.v[i] += other.v[i];
            }
        }
        if (activated != dst) {
            store_eight(dst, first, count, x);
        }
        activate_each<8>(act, x);
        store_eight(activated, first, count, x);
    }
}

/* The eight numbers from channel c of row `row` of each [rows, channels] on, each row of which stands for `pixels`; `there` of them are. */
DEVICE floats8 load_pixels(const stored* each, int row, int c, int pixels, int channels, int there) {
    if (channels % 8 == 0) {
        return load8(each + row / pixels * channels + c);
    }
    floats8 f;
    for (int i = 0; i < 8; i++) {
        f.v[i] = i < there ? widen(each[row / pixels * channels + c]) : 0.0f;
        c++;
        if (c == channels) {
            c = 0;
            row++;
        }
    }
    return f;
}

/* dst [N, pixels, C] = src gate + factor shift, where gate and shift are [N, C]; either may be missing. */
KERNEL __launch_bounds__(BLOCK) channel_scale(const stored* src, const stored* gate, const stored* shift, stored* dst, float factor, int pixels,
        int channels, int count) {
    begin_after_predecessors();
    int first = first_element();
    if (first < count) {
        floats8 x = load_eight(src, first, count);
        int row = first / channels;
        int c = first - row * channels;
        if (gate) {
            floats8 g = load_pixels(gate, row, c, pixels, channels, count - first);
            for (int i = 0; i < 8; i++) {
                x.v[i] *= g.v[i];
            }
        }
        if (shift) {
            floats8 s = load_pixels(shift, row, c, pixels, channels, count - first);
            for (int i = 0; i < 8; i++) {
                x.v[i] += factor * s.v[i];
            }
        }
        store_eight(dst, first, count, x);
    }
}

/* SplitMix64's finaliser: donna.graph.Mask.mix. */
DEVICE unsigned long long mix(unsigned long long z) {
    z += 0x9E3779B97F4A7C15ull;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
}

/*
 * donna.graph.Mask decides. The mask counts elements in row-major order; src lies as [N, pixels, channels] of an image [N, channels, pixels], or
 * row-major with one pixel. A whole sample has the mask of its number.
 */
KERNEL __launch_bounds__(BLOCK) dropout(const stored* src, const float* step, stored* dst, float rate, long long salt, int per_sample, int pixels,
        int channels, int count) {
    begin_after_predecessors();
    int i = element();
    if (i < count) {
        int each = pixels * channels;
        int sample = i / each;
        int pixel = i % each / channels;
        int channel = i % channels;
        int index = per_sample ? sample : sample * each + channel * pixels + pixel;
        unsigned long long bits = mix(mix(mix((unsigned long long) salt) ^ (unsigned long long) (long long) step[0]) ^ (unsigned long long) index);
        bool keep = (float) (bits >> 40) * 0x1p-24f >= rate;
        set(dst + i, keep ? widen(src[i]) / (1.0f - rate) : 0.0f);
    }
}
