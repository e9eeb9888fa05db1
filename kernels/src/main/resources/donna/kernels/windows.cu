/*
 * The windows of a convolution as rows of a matrix, so that the convolution is a product: windows [N OH OW, C KH KW] with the channels outermost, as in
 * the weights.
 */
#include "kshim.h"

KERNEL __launch_bounds__(BLOCK) gather_windows(const stored* src, stored* windows, int height, int width, int channels, int out_height, int out_width,
        int kernel_height, int kernel_width, int stride, int padding, int dilation, int count) {
    begin_after_predecessors();
    int i = element();
    if (i < count) {
        int kx = (int) (i % kernel_width);
        int ky = (int) (i / kernel_width % kernel_height);
        int c = (int) (i / kernel_width / kernel_height % channels);
        int pixel = i / kernel_width / kernel_height / channels;
        int sx = (int) (pixel % out_width) * stride - padding + kx * dilation;
        int sy = (int) (pixel / out_width % out_height) * stride - padding + ky * dilation;
        int sample = pixel / out_width / out_height;
        bool inside = sx >= 0 && sx < width && sy >= 0 && sy < height;
        windows[i] = inside ? src[((sample * height + sy) * width + sx) * channels + c] : narrow(0.0f);
    }
}

/* The gradient of gather_windows: every pixel adds up the places where it was seen, tap by tap. */
KERNEL __launch_bounds__(BLOCK) gather_windows_backward(const stored* d_windows, stored* d_src, int height, int width, int channels, int out_height,
        int out_width, int kernel_height, int kernel_width, int stride, int padding, int dilation, int count) {
    begin_after_predecessors();
    int i = element();
    if (i < count) {
        int c = (int) (i % channels);
        int pixel = i / channels;
        int sx = (int) (pixel % width);
        int sy = (int) (pixel / width % height);
        int sample = pixel / width / height;
        float sum = 0.0f;
        for (int ky = 0; ky < kernel_height; ky++) {
            int y = sy + padding - ky * dilation;
            if (y < 0 || y % stride != 0 || y / stride >= out_height) {
                continue;
            }
            for (int kx = 0; kx < kernel_width; kx++) {
                int x = sx + padding - kx * dilation;
                if (x >= 0 && x % stride == 0 && x / stride < out_width) {
                    int window = (sample * out_height + y / stride) * out_width + x / stride;
                    sum += widen(d_windows[((window * channels + c) * kernel_height + ky) * kernel_width + kx]);
                }
            }
        }
        set(d_src + i, sum);
    }
}
