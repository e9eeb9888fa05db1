/* cuBLASLt: products of column-major matrices in float, half and bfloat, accumulated in float, in plain loops. */
#include <cmath>
#include <cstring>

#include "elements.h"
#include "graph.h"

using namespace simulator;

namespace {

enum : int { OK = 0, NOT_READY_ERROR = 1, INVALID = 7, FAILED = 13, UNSUPPORTED = 15 };
enum : int { R_32F = 0, R_16F = 2, R_16BF = 14 };
enum : int { COMPUTE_32F = 68, COMPUTE_32F_FAST_TF32 = 77 };

/** A product may want this much workspace, and then writes into it. */
constexpr uint64_t WORKSPACE = 4096;

/** The ways to compute a product, in the order in which they are offered: in one sum; not at all, as it turns out; in two sums, which is the fastest. */
enum Way : uint64_t { WHOLE, REFUSED, HALVES, WAYS };
constexpr double MILLISECONDS[] = {3, 0, 1};

/** Sums in parts are added in single precision: CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE. */
constexpr uint32_t REDUCE_IN_F32 = 2;

struct Description {
    int compute, scale, transpose_a = 0, transpose_b = 0, epilogue = 1;
    Address bias = 0;
};

struct Layout {
    int type, order = 0, batch = 1;
    uint64_t rows, columns;
    int64_t leading, stride = 0;

    Element element() const { return type == R_32F ? Element::F32 : type == R_16F ? Element::F16 : Element::BF16; }
    size_t width() const { return bytes_of(element()); }
};

struct Preference {
    uint64_t workspace = 0;
    uint32_t reduction = 7;
};

struct Algorithm {
    uint64_t data[8];
};

struct Heuristic {
    Algorithm algorithm;
    size_t workspace;
    int state;
    float waves;
    int reserved[4];
};

constexpr uint64_t MARK = 0xD0A;

float load(const Layout& l, Address at, uint64_t i) {
    return simulator::load(l.element(), at, i);
}

/** What the tensor cores multiply: floats lose all but ten bits of their mantissa where that is allowed. */
float operand(const Description& d, const Layout& l, Address at, uint64_t i) {
    float v = load(l, at, i);
    if (d.compute == COMPUTE_32F_FAST_TF32 && std::isfinite(v)) {
        uint32_t bits;
        memcpy(&bits, &v, 4);
        bits = (bits + 0xfff + (bits >> 13 & 1)) & ~0x1fffu;
        memcpy(&v, &bits, 4);
    }
    return v;
}

void store(const Layout& l, Address at, uint64_t i, float v) {
    simulator::store(l.element(), at, i, v);
}

Address of_batch(const Layout& l, Address at, int batch) {
    return at + (uint64_t) batch * l.stride * l.width();
}

void touch_all(const Layout& l, Address at, bool write) {
    for (uint64_t c = 0; c < l.columns && !failed(); c++) {
        touch(at + c * l.leading * l.width(), l.rows * l.width(), write);
    }
}

bool fits(const Description& d, const Layout& a, const Layout& b, const Layout& c) {
    uint64_t m = d.transpose_a ? a.columns : a.rows;
    uint64_t k = d.transpose_a ? a.rows : a.columns;
    uint64_t n = d.transpose_b ? b.rows : b.columns;
    bool dense = a.leading >= (int64_t) a.rows && b.leading >= (int64_t) b.rows && c.leading >= (int64_t) c.rows;
    return dense && k == (d.transpose_b ? b.columns : b.rows) && m == c.rows && n == c.columns && a.order == 0 && b.order == 0 && c.order == 0
            && a.batch == b.batch && a.batch == c.batch && a.type == b.type && (d.epilogue == 1 || d.epilogue == 4);
}

void product(const Description& d, Way way, float alpha, const Layout& la, Address a, const Layout& lb, Address b, float beta, const Layout& lc, Address c) {
    touch_all(la, a, false);
    touch_all(lb, b, false);
    if (beta != 0) {
        touch_all(lc, c, false);
    }
    touch_all(lc, c, true);
    if (d.epilogue == 4) {
        touch(d.bias, lc.rows * 4, false);
    }
    if (failed()) {
        return;
    }
    uint64_t m = lc.rows, n = lc.columns, k = d.transpose_a ? la.rows : la.columns;
    std::vector<float> left(m * k), sums(m), rest(m);
    uint64_t second = way == HALVES ? k / 2 : k;
    for (uint64_t j = 0; j < k; j++) {
        for (uint64_t i = 0; i < m; i++) {
            left[j * m + i] = operand(d, la, a, d.transpose_a ? i * la.leading + j : j * la.leading + i);
        }
    }
    for (uint64_t column = 0; column < n; column++) {
        std::fill(sums.begin(), sums.end(), 0.0f);
        std::fill(rest.begin(), rest.end(), 0.0f);
        for (uint64_t j = 0; j < k; j++) {
            float factor = operand(d, lb, b, d.transpose_b ? j * lb.leading + column : column * lb.leading + j);
            std::vector<float>& to = j < second ? sums : rest;
            for (uint64_t i = 0; i < m; i++) {
                to[i] += left[j * m + i] * factor;
            }
        }
        for (uint64_t i = 0; i < m; i++) {
            float v = alpha * (way == HALVES ? sums[i] + rest[i] : sums[i]) + (beta == 0 ? 0 : beta * load(lc, c, column * lc.leading + i));
            store(lc, c, column * lc.leading + i, d.epilogue == 4 ? v + ((const float*) d.bias)[i] : v);
        }
    }
}

template <class T>
int set(T& field, const void* value, size_t bytes) {
    if (bytes != sizeof field) {
        return INVALID;
    }
    memcpy(&field, value, bytes);
    return OK;
}

}  // namespace

EXPORT int cublasLtCreate(void** handle) {
    *handle = new int();
    return OK;
}

EXPORT int cublasLtDestroy(void* handle) {
    delete (int*) handle;
    return OK;
}

EXPORT size_t cublasLtGetVersion() {
    return 120900;
}

EXPORT const char* cublasLtGetStatusName(int status) {
    return status == OK ? "CUBLAS_STATUS_SUCCESS" : status == INVALID ? "CUBLAS_STATUS_INVALID_VALUE" : status == UNSUPPORTED
            ? "CUBLAS_STATUS_NOT_SUPPORTED" : "CUBLAS_STATUS_EXECUTION_FAILED";
}

EXPORT const char* cublasLtGetStatusString(int status) {
    return cublasLtGetStatusName(status);
}

EXPORT int cublasLtMatmulDescCreate(Description** made, int compute, int scale) {
    *made = new Description{compute, scale};
    return scale == R_32F && (compute == COMPUTE_32F || compute == COMPUTE_32F_FAST_TF32) ? OK : UNSUPPORTED;
}

EXPORT int cublasLtMatmulDescDestroy(Description* d) {
    delete d;
    return OK;
}

EXPORT int cublasLtMatmulDescSetAttribute(Description* d, int attribute, const void* value, size_t bytes) {
    switch (attribute) {
        case 0: return set(d->compute, value, bytes);
        case 1: return set(d->scale, value, bytes);
        case 3: return set(d->transpose_a, value, bytes);
        case 4: return set(d->transpose_b, value, bytes);
        case 7: return set(d->epilogue, value, bytes);
        case 8: return set(d->bias, value, bytes);
        default: return UNSUPPORTED;
    }
}

EXPORT int cublasLtMatrixLayoutCreate(Layout** made, int type, uint64_t rows, uint64_t columns, int64_t leading) {
    Layout* l = new Layout();
    l->type = type;
    l->rows = rows;
    l->columns = columns;
    l->leading = leading;
    *made = l;
    return type == R_32F || type == R_16F || type == R_16BF ? OK : UNSUPPORTED;
}

EXPORT int cublasLtMatrixLayoutDestroy(Layout* l) {
    delete l;
    return OK;
}

EXPORT int cublasLtMatrixLayoutSetAttribute(Layout* l, int attribute, const void* value, size_t bytes) {
    switch (attribute) {
        case 0: return set(l->type, value, bytes);
        case 1: return set(l->order, value, bytes);
        case 2: return set(l->rows, value, bytes);
        case 3: return set(l->columns, value, bytes);
        case 4: return set(l->leading, value, bytes);
        case 5: return set(l->batch, value, bytes);
        case 6: return set(l->stride, value, bytes);
        default: return UNSUPPORTED;
    }
}

EXPORT int cublasLtMatmulPreferenceCreate(Preference** made) {
    *made = new Preference();
    return OK;
}

EXPORT int cublasLtMatmulPreferenceDestroy(Preference* p) {
    delete p;
    return OK;
}

EXPORT int cublasLtMatmulPreferenceSetAttribute(Preference* p, int attribute, const void* value, size_t bytes) {
    return attribute == 1 ? set(p->workspace, value, bytes) : attribute == 3 ? set(p->reduction, value, bytes) : OK;
}

EXPORT int cublasLtMatmulAlgoGetHeuristic(void*, Description* d, Layout* a, Layout* b, Layout* c, Layout*, Preference* p, int wanted, Heuristic* results,
        int* found) {
    *found = 0;
    if (!fits(*d, *a, *b, *c)) {
        return UNSUPPORTED;
    }
    for (uint64_t way = WHOLE; way < WAYS && *found < wanted; way++) {
        if (way == HALVES && (p->workspace < WORKSPACE || (p->reduction & REDUCE_IN_F32) == 0)) {
            continue;
        }
        Heuristic& offered = results[(*found)++];
        memset(&offered, 0, sizeof offered);
        offered.workspace = p->workspace >= WORKSPACE ? WORKSPACE : 0;
        offered.algorithm.data[0] = MARK;
        offered.algorithm.data[1] = offered.workspace;
        offered.algorithm.data[2] = way;
    }
    return OK;
}

EXPORT int cublasLtMatmul(void*, Description* d, const float* alpha, Address a, Layout* la, Address b, Layout* lb, const float* beta, Address c,
        Layout* lc, Address dst, Layout* ld, const Algorithm* algorithm, Address workspace, size_t workspace_bytes, void* stream) {
    std::lock_guard<std::mutex> guard(simulator::lock);
    Stream* s = stream_of(stream);
    if (failed()) {
        return FAILED;
    }
    uint64_t scratch = algorithm == nullptr ? 0 : algorithm->data[1];
    bool known = algorithm == nullptr || algorithm->data[0] == MARK;
    Way way = algorithm == nullptr ? WHOLE : (Way) algorithm->data[2];
    if (s == nullptr || !known || !fits(*d, *la, *lb, *ld) || c != dst || scratch > workspace_bytes) {
        return INVALID;
    }
    if (way == REFUSED) {
        return UNSUPPORTED;
    }
    Description desc = *d;
    Layout layout_a = *la, layout_b = *lb, layout_d = *ld;
    float factor = *alpha, old = *beta;
    enqueue(s, "product", [=] {
        if (scratch > 0) {
            touch(workspace, scratch, true);
            if (!failed()) {
                memset((void*) workspace, 0xff, scratch);
            }
        }
        milliseconds += MILLISECONDS[way];
        for (int i = 0; i < layout_d.batch && !failed(); i++) {
            product(desc, way, factor, layout_a, of_batch(layout_a, a, i), layout_b, of_batch(layout_b, b, i), old, layout_d, of_batch(layout_d, dst, i));
        }
    }, Kind::KERNEL);
    return OK;
}
