/*
 * Optimizer steps, in place. A block treats one piece of one tensor; a table in device memory says which. Learning rates, step
 * numbers, and the factors of gradients, which may be missing, are numbers on the device.
 */
#include "kshim.h"
#include "blocks.h"

/* i is the first of four elements that a thread treats. */
#define FOR_EACH_FOUR(count) for (int i = 4 * (int) threadIdx.x; i < (count); i += 4 * BLOCK)

/* Elements i to i + 3 of p [count], as many as there are. */
DEVICE floats<4> load_four(const float* p, int i, int count) {
    if (i + 4 <= count) {
        return load4(p + i);
    }
    floats<4> f;
    for (int k = 0; k < 4; k++) {
        f.v[k] = i + k < count ? p[i + k] : 0.0f;
    }
    return f;
}

DEVICE void store_four(float* p, int i, int count, floats<4> f) {
    if (i + 4 <= count) {
        store4(p + i, f);
    } else {
        for (int k = 0; k < 4; k++) {
            if (i + k < count) {
                p[i + k] = f.v[k];
            }
        }
    }
}

struct sgd_piece {
    float* parameter;
    const float* gradient;
    float* velocity;
    const float *rate, *factor;
    float momentum, weight_decay;
    int nesterov, count;
};

KERNEL __launch_bounds__(BLOCK) sgd(const sgd_piece* table) {
    begin_after_predecessors();
    sgd_piece p = table[blockIdx.x];
    float rate = p.rate[0];
    float factor = p.factor ? p.factor[0] : 1.0f;
    if (factor == 0.0f) {
        return;
    }
    FOR_EACH_FOUR(p.count) {
        floats<4> x = load_four(p.parameter, i, p.count);
        floats<4> d = load_four(p.gradient, i, p.count);
        floats<4> v = load_four(p.velocity, i, p.count);
        for (int k = 0; k < 4; k++) {
            d.v[k] = factor * d.v[k] + p.weight_decay * x.v[k];
            v.v[k] = p.momentum * v.v[k] + d.v[k];
            x.v[k] -= rate * (p.nesterov ? d.v[k] + p.momentum * v.v[k] : v.v[k]);
        }
        store_four(p.velocity, i, p.count, v);
        store_four(p.parameter, i, p.count, x);
    }
}

/* log_beta1 and log_beta2 are natural logarithms; 1 - beta^step is formed without cancellation. */
struct adamw_piece {
    float* parameter;
    const float* gradient;
    float *m, *v;
    const float *rate, *step, *factor;
    float beta1, beta2, log_beta1, log_beta2, eps, weight_decay;
    int count;
};

KERNEL __launch_bounds__(BLOCK) adamw(const adamw_piece* table) {
    begin_after_predecessors();
    adamw_piece p = table[blockIdx.x];
    float factor = p.factor ? p.factor[0] : 1.0f;
    if (factor == 0.0f) {
        return;
    }
    float rate = p.rate[0];
    float first_rate = rate / -expm1f(p.step[0] * p.log_beta1);
    float second_factor = 1.0f / sqrtf(-expm1f(p.step[0] * p.log_beta2));
    FOR_EACH_FOUR(p.count) {
        floats<4> x = load_four(p.parameter, i, p.count);
        floats<4> d = load_four(p.gradient, i, p.count);
        floats<4> m = load_four(p.m, i, p.count);
        floats<4> v = load_four(p.v, i, p.count);
        for (int k = 0; k < 4; k++) {
            float g = factor * d.v[k];
            m.v[k] = p.beta1 * m.v[k] + (1.0f - p.beta1) * g;
            v.v[k] = p.beta2 * v.v[k] + (1.0f - p.beta2) * g * g;
            x.v[k] -= rate * p.weight_decay * x.v[k];
            x.v[k] -= first_rate * m.v[k] / (sqrtf(v.v[k]) * second_factor + p.eps);
        }
        store_four(p.m, i, p.count, m);
        store_four(p.v, i, p.count, v);
        store_four(p.parameter, i, p.count, x);
    }
}

struct average_piece {
    float* average;
    const float* parameter;
    float share;
    int count;
};

/* average += share (parameter - average), where share is 1 - decay. */
KERNEL __launch_bounds__(BLOCK) moving_average(const average_piece* table) {
    begin_after_predecessors();
    average_piece p = table[blockIdx.x];
    FOR_EACH_FOUR(p.count) {
        floats<4> a = load_four(p.average, i, p.count);
        floats<4> x = load_four(p.parameter, i, p.count);
        for (int k = 0; k < 4; k++) {
            a.v[k] += p.share * (x.v[k] - a.v[k]);
        }
        store_four(p.average, i, p.count, a);
    }
}

struct gradient_piece {
    const float* gradient;
    int count;
};

/* partial [gridDim.x]: sums of squares. */
KERNEL __launch_bounds__(BLOCK) squares(const gradient_piece* table, float* partial) {
    begin_after_predecessors();
    gradient_piece p = table[blockIdx.x];
    float sum = 0.0f;
    FOR_EACH_FOUR(p.count) {
        floats<4> d = load_four(p.gradient, i, p.count);
        for (int k = 0; k < 4; k++) {
            sum += d.v[k] * d.v[k];
        }
    }
    sum = block_sum(sum);
    if (threadIdx.x == 0) {
        partial[blockIdx.x] = sum;
    }
}

DEVICE float sum_of(const float* partial, int count) {
    float sum = 0.0f;
    for (int i = threadIdx.x; i < count; i += BLOCK) {
        sum += partial[i];
    }
    return block_sum(sum);
}

/* min(1, max_norm / (norm + 1e-6)), of all gradients' partial sums. */
KERNEL __launch_bounds__(BLOCK) clip_factor(const float* partial, float* factor, float max_norm, int count) {
    begin_after_predecessors();
    float sum = sum_of(partial, count);
    if (threadIdx.x == 0) {
        factor[0] = fminf(1.0f, max_norm / (sqrtf(sum) + 1e-6f));
    }
}

#define LEAST_SCALE 1.0f
#define MOST_SCALE 0x1p24f

/* donna.graph.LossScale: of all scaled gradients' partial sums. steps [2] are those made since the scale changed, and in all. */
KERNEL __launch_bounds__(BLOCK) loss_scale_update(const float* partial, float* scale, float* steps, float* factor, float* step, float max_norm,
        int interval, int count) {
    begin_after_predecessors();
    float sum = sum_of(partial, count);
    if (threadIdx.x == 0) {
        float now = scale[0];
        if (sum < INFINITY) {
            bool grows = steps[0] + 1.0f >= (float) interval;
            factor[0] = fminf(1.0f, max_norm / (sqrtf(sum) / now + 1e-6f)) / now;
            scale[0] = grows ? fminf(2.0f * now, MOST_SCALE) : now;
            steps[0] = grows ? 0.0f : steps[0] + 1.0f;
            steps[1] += 1.0f;
        } else {
            factor[0] = now > LEAST_SCALE ? 0.0f : NAN;
            scale[0] = fmaxf(0.5f * now, LEAST_SCALE);
            steps[0] = 0.0f;
        }
        step[0] = steps[1];
    }
}

struct stored_piece {
    const float* src;
    stored* dst;
    int count;
};

/* Many tensors from floats to what is stored. */
KERNEL __launch_bounds__(BLOCK) store_all(const stored_piece* table) {
    begin_after_predecessors();
    stored_piece p = table[blockIdx.x];
    for (int i = 8 * (int) threadIdx.x; i < p.count; i += 8 * BLOCK) {
        store_eight(p.dst, i, p.count, load_eight(p.src, i, p.count));
    }
}
