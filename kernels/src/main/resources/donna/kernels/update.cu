/* Optimizer steps, in place. Learning rates and step numbers are numbers on the device. */
#include "kshim.h"

KERNEL __launch_bounds__(BLOCK) sgd(float* parameter, const float* gradient, float* velocity, const float* rate, float momentum, int nesterov,
        float weight_decay, int count) {
    int i = element();
    if (i < count) {
        float d = gradient[i] + weight_decay * parameter[i];
        float v = momentum * velocity[i] + d;
        velocity[i] = v;
        parameter[i] -= rate[0] * (nesterov ? d + momentum * v : v);
    }
}

/* log_beta1 and log_beta2 are natural logarithms; 1 - beta^step is formed without cancellation. */
KERNEL __launch_bounds__(BLOCK) adamw(float* parameter, const float* gradient, float* m, float* v, const float* rate, const float* step, float beta1,
        float beta2, float log_beta1, float log_beta2, float eps, float weight_decay, int count) {
    int i = element();
    if (i < count) {
        float correction1 = -expm1f(step[0] * log_beta1);
        float correction2 = sqrtf(-expm1f(step[0] * log_beta2));
        float g = gradient[i];
        float first = beta1 * m[i] + (1.0f - beta1) * g;
        float second = beta2 * v[i] + (1.0f - beta2) * g * g;
        m[i] = first;
        v[i] = second;
        float p = parameter[i];
        p -= rate[0] * weight_decay * p;
        parameter[i] = p - rate[0] / correction1 * first / (sqrtf(second) / correction2 + eps);
    }
}

/* average += share (parameter - average), where share is 1 - decay. */
KERNEL __launch_bounds__(BLOCK) moving_average(float* average, const float* parameter, float share, int count) {
    int i = element();
    if (i < count) {
        average[i] += share * (parameter[i] - average[i]);
    }
}

/* partial [gridDim.x]: sums of squares. */
KERNEL __launch_bounds__(BLOCK) squares(const float* gradient, float* partial, int count) {
    int each = gridDim.x * BLOCK;
    float sum = 0.0f;
    for (int i = element(); i < count; i += each) {
        sum += gradient[i] * gradient[i];
    }
    sum = block_sum(sum);
    if (threadIdx.x == 0) {
        partial[blockIdx.x] = sum;
    }
}

/* min(1, max_norm / (norm + 1e-6)), of all gradients' partial sums. */
KERNEL __launch_bounds__(BLOCK) clip_factor(const float* partial, float* factor, float max_norm, int count) {
    float sum = 0.0f;
    for (int i = threadIdx.x; i < count; i += BLOCK) {
        sum += partial[i];
    }
    sum = block_sum(sum);
    if (threadIdx.x == 0) {
        factor[0] = fminf(1.0f, max_norm / (sqrtf(sum) + 1e-6f));
    }
}
