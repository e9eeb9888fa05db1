/* One thread per element. */
#include "kshim.h"

KERNEL __launch_bounds__(BLOCK) fill(float* dst, float value, int count) {
    int i = element();
    if (i < count) {
        dst[i] = value;
    }
}

KERNEL __launch_bounds__(BLOCK) activation(const float* src, float* dst, int act, int count) {
    int i = element();
    if (i < count) {
        dst[i] = activate(act, src[i]);
    }
}

KERNEL __launch_bounds__(BLOCK) activation_backward(const float* d_dst, const float* src, float* d_src, int act, int count) {
    int i = element();
    if (i < count) {
        d_src[i] = d_dst[i] * activate_derivative(act, src[i]);
    }
}

KERNEL __launch_bounds__(BLOCK) add(const float* a, const float* b, float* dst, int count) {
    int i = element();
    if (i < count) {
        dst[i] = a[i] + b[i];
    }
}

/* The same numbers, each_count of them, added to every sample. */
KERNEL __launch_bounds__(BLOCK) add_each(const float* src, const float* each, float* dst, int each_count, int count) {
    int i = element();
    if (i < count) {
        dst[i] = src[i] + each[i % each_count];
    }
}

KERNEL __launch_bounds__(BLOCK) multiply(const float* a, const float* b, float* dst, int count) {
    int i = element();
    if (i < count) {
        dst[i] = a[i] * b[i];
    }
}

KERNEL __launch_bounds__(BLOCK) scale(const float* src, float* dst, float factor, int count) {
    int i = element();
    if (i < count) {
        dst[i] = factor * src[i];
    }
}

/* The factor is a number on the device. */
KERNEL __launch_bounds__(BLOCK) scale_by(const float* src, const float* factor, float* dst, int count) {
    int i = element();
    if (i < count) {
        dst[i] = factor[0] * src[i];
    }
}

/* act(dst + bias + residual) where dst is; src is [rows, channels]. has_bias and has_residual say which of the two there are. */
KERNEL __launch_bounds__(BLOCK) epilogue(float* dst, const float* bias, const float* residual, int act, int has_bias, int has_residual, int channels,
        int count) {
    int i = element();
    if (i < count) {
        float x = dst[i];
        if (has_bias) {
            x += bias[i % channels];
        }
        if (has_residual) {
            x += residual[i];
        }
        dst[i] = activate(act, x);
    }
}

/* src [N, pixels, C] times gate [N, C]. */
KERNEL __launch_bounds__(BLOCK) channel_scale(const float* src, const float* gate, float* dst, int pixels, int channels, int count) {
    int i = element();
    if (i < count) {
        int sample = i / (pixels * channels);
        dst[i] = src[i] * gate[sample * channels + i % channels];
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
KERNEL __launch_bounds__(BLOCK) dropout(const float* src, const float* step, float* dst, float rate, long long salt, int per_sample, int pixels,
        int channels, int count) {
    int i = element();
    if (i < count) {
        int each = pixels * channels;
        int sample = i / each;
        int pixel = i % each / channels;
        int channel = i % channels;
        int index = per_sample ? sample : sample * each + channel * pixels + pixel;
        unsigned long long bits = mix(mix(mix((unsigned long long) salt) ^ (unsigned long long) (long long) step[0]) ^ (unsigned long long) index);
        bool keep = (float) (bits >> 40) * 0x1p-24f >= rate;
        dst[i] = keep ? src[i] / (1.0f - rate) : 0.0f;
    }
}
