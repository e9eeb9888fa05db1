#include "convolution.h"

#include <algorithm>

namespace simulator {

Element Image::element() const {
    return type == 0 ? Element::F32 : type == 2 ? Element::F16 : Element::BF16;
}

uint64_t Image::count() const {
    return (uint64_t) (size[0] * size[1] * size[2] * size[3]);
}

bool Image::dense() const {
    int64_t last = 0;
    for (int i = 0; i < 4; i++) {
        last += (size[i] - 1) * stride[i];
    }
    return last + 1 == (int64_t) count();
}

int64_t Image::at(int64_t n, int64_t c, int64_t h, int64_t w) const {
    return n * stride[0] + c * stride[1] + h * stride[2] + w * stride[3];
}

bool Convolution::fits() const {
    for (const Image* i : {&src, &weight, &dst}) {
        if ((i->type != 0 && i->type != 2 && i->type != 9) || i->type != src.type || !i->dense() || i->alignment <= 0) {
            return false;
        }
    }
    for (int i = 0; i < 2; i++) {
        int64_t reach = dilation[i] * (weight.size[i + 2] - 1) + 1;
        if (stride[i] < 1 || (src.size[i + 2] + 2 * pad[i] - reach) / stride[i] + 1 != dst.size[i + 2]) {
            return false;
        }
    }
    int64_t groups = src.size[1] / weight.size[1];
    return src.size[0] == dst.size[0] && weight.size[0] == dst.size[1] && groups * weight.size[1] == src.size[1] && dst.size[1] % groups == 0;
}

static std::vector<float> read(const Image& image, Address at, bool rounded) {
    std::vector<float> all(image.count());
    for (uint64_t i = 0; i < all.size(); i++) {
        float v = load(image.element(), at, i);
        all[i] = rounded && image.element() == Element::F32 ? to_tensor_float(v) : v;
    }
    return all;
}

void Convolution::run(Address src_at, Address weight_at, Address dst_at, bool rounded) const {
    const Image& result = pass == Pass::FORWARD ? dst : pass == Pass::BACKWARD_DATA ? src : weight;
    Address result_at = pass == Pass::FORWARD ? dst_at : pass == Pass::BACKWARD_DATA ? src_at : weight_at;
    const Image* images[] = {&src, &weight, &dst};
    Address at[] = {src_at, weight_at, dst_at};
    std::vector<float> operands[3];
    for (int i = 0; i < 3; i++) {
        touch(at[i], images[i]->count() * bytes_of(images[i]->element()), images[i] == &result);
        if (failed()) {
            return;
        }
        operands[i] = images[i] == &result ? std::vector<float>(result.count()) : read(*images[i], at[i], rounded);
    }
    float *x = operands[0].data(), *w = operands[1].data(), *y = operands[2].data();
    int64_t in = weight.size[1], out = dst.size[1] / (src.size[1] / in);
    auto window = [&](int64_t n, int64_t oy, int64_t ox, int64_t k, int64_t r, int64_t s, int64_t iy, int64_t ix) {
        int64_t to = dst.at(n, k, oy, ox), from = src.at(n, k / out * in, iy, ix), tap = weight.at(k, 0, r, s);
        for (int64_t c = 0; c < in; c++, from += src.stride[1], tap += weight.stride[1]) {
            switch (pass) {
                case Pass::FORWARD: y[to] += x[from] * w[tap]; break;
                case Pass::BACKWARD_DATA: x[from] += y[to] * w[tap]; break;
                case Pass::BACKWARD_WEIGHT: w[tap] += y[to] * x[from]; break;
            }
        }
    };
    for (int64_t n = 0; n < dst.size[0]; n++) {
        for (int64_t p = 0; p < dst.size[2] * dst.size[3]; p++) {
            int64_t oy = p / dst.size[3], ox = p % dst.size[3];
            for (int64_t t = 0; t < weight.size[2] * weight.size[3]; t++) {
                int64_t r = t / weight.size[3], s = t % weight.size[3];
                int64_t iy = oy * stride[0] - pad[0] + r * dilation[0], ix = ox * stride[1] - pad[1] + s * dilation[1];
                for (int64_t k = 0; k < dst.size[1] && iy >= 0 && iy < src.size[2] && ix >= 0 && ix < src.size[3]; k++) {
                    window(n, oy, ox, k, r, s, iy, ix);
                }
            }
        }
    }
    const std::vector<float>& sums = operands[&result == &src ? 0 : &result == &weight ? 1 : 2];
    for (uint64_t i = 0; i < sums.size(); i++) {
        store(result.element(), result_at, i, sums[i]);
    }
}

}  // namespace simulator
