/* Activations and their derivatives, numbered as in kshim.h; included after it. */

/* In place of an activation: nothing is done. */
#define RAW -1

/* Where it is stored in the eight bits of a bfloat's mantissa, by the card's hyperbolic tangent, which is right to eleven. */
DEVICE float sigmoid(float x) {
#if STORAGE == 2
    return 0.5f * fast_tanh(0.5f * x) + 0.5f;
#else
    return reciprocal(1.0f + fast_exp(-x));
#endif
}

DEVICE float activate(int act, float x) {
    switch (act) {
        case RELU: return fmaxf(x, 0.0f);
        case RELU6: return fminf(fmaxf(x, 0.0f), 6.0f);
        case SWISH: return x * sigmoid(x);
        case HSWISH: return x * fminf(fmaxf(x + 3.0f, 0.0f), 6.0f) * (1.0f / 6.0f);
        case SIGMOID: return sigmoid(x);
        case HSIGMOID: return fminf(fmaxf(x + 3.0f, 0.0f), 6.0f) * (1.0f / 6.0f);
        case GELU: return 0.5f * x * (1.0f + erff(x * 0.70710678118654752f));
        default: return x;
    }
}

DEVICE float activate_derivative(int act, float x) {
    switch (act) {
        case RELU: return x > 0.0f ? 1.0f : 0.0f;
        case RELU6: return x > 0.0f && x < 6.0f ? 1.0f : 0.0f;
        case SWISH: {
            float s = sigmoid(x);
            return s * (1.0f + x * (1.0f - s));
        }
        case HSWISH: return x <= -3.0f ? 0.0f : x >= 3.0f ? 1.0f : (2.0f * x + 3.0f) * (1.0f / 6.0f);
        case SIGMOID: {
            float s = sigmoid(x);
            return s * (1.0f - s);
        }
        case HSIGMOID: return x > -3.0f && x < 3.0f ? 1.0f / 6.0f : 0.0f;
        case GELU: return 0.5f * (1.0f + erff(x * 0.70710678118654752f)) + x * expf(-0.5f * x * x) * 0.39894228040143268f;
        default: return 1.0f;
    }
}

/* Of each of N neighbours: one branch for all of them. */
#define FOR_EACH_ACTIVATION(act, DO) \
    switch (act) {                   \
        case RELU: DO(RELU) break;       \
        case RELU6: DO(RELU6) break;     \
        case SWISH: DO(SWISH) break;     \
        case HSWISH: DO(HSWISH) break;   \
        case SIGMOID: DO(SIGMOID) break; \
        case HSIGMOID: DO(HSIGMOID) break; \
        case GELU: DO(GELU) break;       \
        default: break;              \
    }

template <int N>
DEVICE void activate_each(int act, floats<N>& x) {
#define ONE(a)                                \
    for (int i = 0; i < N; i++) {             \
        x.v[i] = activate(a, x.v[i]);         \
    }
    FOR_EACH_ACTIVATION(act, ONE)
#undef ONE
}

/* d times the derivative at x. */
template <int N>
DEVICE void activate_backward_each(int act, floats<N>& d, const floats<N>& x) {
#define ONE(a)                                           \
    for (int i = 0; i < N; i++) {                        \
        d.v[i] *= activate_derivative(a, x.v[i]);        \
    }
    FOR_EACH_ACTIVATION(act, ONE)
#undef ONE
}
