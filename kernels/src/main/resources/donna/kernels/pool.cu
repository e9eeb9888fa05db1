/* Pooling over windows of kernel x kernel: src [N, H, W, C], dst [N, OH, OW, C]. */
#include "kshim.h"

/* dst [N, pixels, C] = factor src [N, C]; eight elements a thread. */
KERNEL __launch_bounds__(BLOCK) spread_pixels(const stored* src, stored* dst, float factor, int pixels, int channels, int count) {
    begin_after_predecessors();
    int first = 8 * element();
    if (first < count) {
        int row = first / channels;
        int c = first - row * channels;
        floats8 x;
        if (channels % 8 == 0) {
            x = load8(src + row / pixels * channels + c);
        } else {
            for (int i = 0; i < 8; i++) {
                x.v[i] = first + i < count ? widen(src[row / pixels * channels + c]) : 0.0f;
                c++;
                if (c == channels) {
                    c = 0;
                    row++;
                }
            }
        }
        for (int i = 0; i < 8; i++) {
            x.v[i] *= factor;
        }
        store_eight(dst, first, count, x);
    }
}

KERNEL __launch_bounds__(BLOCK) average_pool(const stored* src, stored* dst, int height, int width, int channels, int out_height, int out_width, int kernel,
        int stride, int padding, int dilation, int count) {
    begin_after_predecessors();
    int i = element();
    if (i < count) {
        int c = (int) (i % channels);
        int pixel = i / channels;
        int x = (int) (pixel % out_width);
        int y = (int) (pixel / out_width % out_height);
        int sample = pixel / out_width / out_height;
        float sum = 0.0f;
        for (int k = 0; k < kernel * kernel; k++) {
            int sy = y * stride - padding + k / kernel * dilation;
            int sx = x * stride - padding + k % kernel * dilation;
            if (sy >= 0 && sy < height && sx >= 0 && sx < width) {
                sum += widen(src[((sample * height + sy) * width + sx) * channels + c]);
            }
        }
        set(dst + i, sum / (float) (kernel * kernel));
    }
}

KERNEL __launch_bounds__(BLOCK) average_pool_backward(const stored* d_dst, stored* d_src, int height, int width, int channels, int out_height,
        int out_width, int kernel, int stride, int padding, int dilation, int count) {
    begin_after_predecessors();
    int i = element();
    if (i < count) {
        int c = (int) (i % channels);
        int pixel = i / channels;
        int sx = (int) (pixel % width);
        int sy = (int) (pixel / width % height);
        int sample = pixel / width / height;
        float sum = 0.0f;
        for (int k = 0; k < kernel * kernel; k++) {
            int y = sy + padding - k / kernel * dilation;
            int x = sx + padding - k % kernel * dilation;
            if (y >= 0 && y % stride == 0 && y / stride < out_height && x >= 0 && x % stride == 0 && x / stride < out_width) {
                sum += widen(d_dst[((sample * out_height + y / stride) * out_width + x / stride) * channels + c]);
            }
        }
        set(d_src + i, sum / (float) (kernel * kernel));
    }
}

/* The pixel that a window's value comes from: its first largest one; a NaN wins over numbers. */
DEVICE int winner(const stored* src, int sample, int y, int x, int c, int height, int width, int channels, int kernel, int stride, int padding,
        int dilation) {
    int best = -1;
    float largest = 0.0f;
    for (int k = 0; k < kernel * kernel; k++) {
        int sy = y * stride - padding + k / kernel * dilation;
        int sx = x * stride - padding + k % kernel * dilation;
        if (sy >= 0 && sy < height && sx >= 0 && sx < width) {
            float v = widen(src[((sample * height + sy) * width + sx) * channels + c]);
            if (best < 0 || v > largest || v != v) {
                best = sy * width + sx;
                largest = v;
            }
        }
    }
    return best;
}

KERNEL __launch_bounds__(BLOCK) max_pool(const stored* src, stored* dst, int height, int width, int channels, int out_height, int out_width, int kernel,
        int stride, int padding, int dilation, int count) {
    begin_after_predecessors();
    int i = element();
    if (i < count) {
        int c = (int) (i % channels);
        int pixel = i / channels;
        int x = (int) (pixel % out_width);
        int y = (int) (pixel / out_width % out_height);
        int sample = pixel / out_width / out_height;
        int from = winner(src, sample, y, x, c, height, width, channels, kernel, stride, padding, dilation);
        dst[i] = src[(sample * height * width + from) * channels + c];
    }
}

KERNEL __launch_bounds__(BLOCK) max_pool_backward(const stored* d_dst, const stored* src, stored* d_src, int height, int width, int channels, int out_height,
        int out_width, int kernel, int stride, int padding, int dilation, int count) {
    begin_after_predecessors();
    int i = element();
    if (i < count) {
        int c = (int) (i % channels);
        int pixel = i / channels;
        int sx = (int) (pixel % width);
        int sy = (int) (pixel / width % height);
        int sample = pixel / width / height;
        float sum = 0.0f;
        for (int k = 0; k < kernel * kernel; k++) {
            int y = sy + padding - k / kernel * dilation;
            int x = sx + padding - k % kernel * dilation;
            if (y >= 0 && y % stride == 0 && y / stride < out_height && x >= 0 && x % stride == 0 && x / stride < out_width) {
                int from = winner(src, sample, y / stride, x / stride, c, height, width, channels, kernel, stride, padding, dilation);
                if (from == sy * width + sx) {
                    sum += widen(d_dst[((sample * out_height + y / stride) * out_width + x / stride) * channels + c]);
                }
            }
        }
        set(d_src + i, sum);
    }
}
