/*
 * cuDNN's graph API, as far as convolutions of images go. Descriptors are bags of attributes; heuristics name engines, some of which a careful caller does
 * not take; a plan that runs computes in plain loops, from operands rounded as the engine says, and spoils its workspace.
 */
#include <cstring>

#include "convolution.h"
#include "graph.h"

using namespace simulator;

namespace {

enum : int { OK = 0, BAD_PARAMETER = 2000, UNSUPPORTED = 3000, FAILED = 5000 };
enum : int {
    ENGINE = 2,
    ENGINE_CONFIG = 3,
    HEURISTICS = 4,
    PLAN = 5,
    FORWARD = 10,
    BACKWARD_WEIGHT = 11,
    BACKWARD_DATA = 12,
    GRAPH = 15,
    PACK = 16
};
enum : int { NOTE_TENSOR_CORE = 0, NOTE_NONDETERMINISTIC = 4 };
enum : int { MODE_FALLBACK = 2, MODE_A = 3 };

/** What an engine is like: the numerical note it carries, its workspace, and whether plans with it can be built. */
struct EngineKind {
    int64_t index;
    int note;
    int64_t workspace;
    bool buildable;
};

constexpr EngineKind ENGINES[] = {
    {1, NOTE_NONDETERMINISTIC, 0, true}, {2, NOTE_TENSOR_CORE, 0, false}, {3, NOTE_TENSOR_CORE, 4096, true}, {4, -1, 1000, true}, {0, -1, 0, true},
};

struct Handle {
    void* stream = nullptr;
};

struct Descriptor {
    int kind;
    bool finished = false;
    std::map<int, std::vector<char>> attributes;
    Convolution convolution;
    EngineKind engine;

    template <class T>
    std::vector<T> values(int name) const {
        auto found = attributes.find(name);
        std::vector<T> all(found == attributes.end() ? 0 : found->second.size() / sizeof(T));
        if (!all.empty()) {
            memcpy(all.data(), found->second.data(), all.size() * sizeof(T));
        }
        return all;
    }

    template <class T>
    T value(int name) const {
        std::vector<T> all = values<T>(name);
        return all.empty() ? T() : all[0];
    }

    const Descriptor* other(int name) const { return value<const Descriptor*>(name); }
};

thread_local std::string reason;

int refuse(int status, const std::string& why) {
    reason = why;
    return status;
}

size_t size_of(int type) {
    return type == 0 || type == 3 || type == 6 || type == 15 ? 8 : 4;
}

/** Reads a finished tensor's descriptor; false if it is none. */
bool tensor(const Descriptor* d, Image* image) {
    if (d == nullptr || !d->finished || d->values<int64_t>(902).size() != 4 || d->values<int64_t>(903).size() != 4) {
        return false;
    }
    std::vector<int64_t> size = d->values<int64_t>(902), stride = d->values<int64_t>(903);
    std::copy(size.begin(), size.end(), image->size);
    std::copy(stride.begin(), stride.end(), image->stride);
    image->id = d->value<int64_t>(906);
    image->alignment = d->value<int64_t>(900);
    image->type = d->value<int>(901);
    return true;
}

int finish_operation(Descriptor* d) {
    int first = d->kind == FORWARD ? 700 : d->kind == BACKWARD_DATA ? 706 : 712;
    Convolution& c = d->convolution;
    c.pass = d->kind == FORWARD ? Pass::FORWARD : d->kind == BACKWARD_DATA ? Pass::BACKWARD_DATA : Pass::BACKWARD_WEIGHT;
    const Descriptor* shape = d->other(first + 2);
    if (d->value<float>(first) != 1 || d->value<float>(first + 1) != 0 || shape == nullptr || !shape->finished) {
        return refuse(BAD_PARAMETER, "an operation wants alpha 1, beta 0 and a finished convolution");
    }
    if (!tensor(d->other(first + 3), &c.weight) || !tensor(d->other(first + 4), &c.src) || !tensor(d->other(first + 5), &c.dst)) {
        return refuse(BAD_PARAMETER, "an operation wants three finished tensors of four dimensions");
    }
    for (int i = 0; i < 2; i++) {
        c.dilation[i] = shape->values<int64_t>(102)[i];
        c.stride[i] = shape->values<int64_t>(103)[i];
        c.pad[i] = shape->values<int64_t>(104)[i];
    }
    return c.fits() ? OK : refuse(BAD_PARAMETER, "the shapes of an operation do not fit together");
}

/** As of the real library, some convolutions have no engine: here strided windows with holes. */
std::vector<EngineKind> engines(const Convolution& c, int mode) {
    std::vector<EngineKind> all;
    for (const EngineKind& e : ENGINES) {
        bool last = e.index == 0;
        if (!(c.stride[0] > 1 && c.dilation[0] > 1) && (mode == MODE_FALLBACK ? last : mode == MODE_A && !last)) {
            all.push_back(e);
        }
    }
    return all;
}

int finish_with(Descriptor* d, int from, int handle) {
    const Descriptor* source = d->other(from);
    bool ready = source != nullptr && (source->finished || source->kind == ENGINE_CONFIG);
    if (!ready || (handle != 0 && d->value<void*>(handle) == nullptr)) {
        return refuse(BAD_PARAMETER, "a descriptor wants what it is made from to be finished, and a handle");
    }
    d->convolution = source->convolution;
    d->engine = source->engine;
    return OK;
}

int finish(Descriptor* d) {
    switch (d->kind) {
        case FORWARD: case BACKWARD_DATA: case BACKWARD_WEIGHT: return finish_operation(d);
        case GRAPH: return finish_with(d, 801, 800);
        case HEURISTICS: return finish_with(d, 201, 0);
        case PLAN: {
            int status = finish_with(d, 401, 400);
            return status != OK || d->engine.buildable ? status : refuse(UNSUPPORTED, "this engine cannot be built");
        }
        case PACK: {
            bool same = d->values<int64_t>(1000).size() == d->values<Address>(1001).size();
            return same ? OK : refuse(BAD_PARAMETER, "a pack wants as many pointers as ids");
        }
        default: return d->attributes.empty() ? refuse(BAD_PARAMETER, "a descriptor without attributes") : OK;
    }
}

/** Descriptors that the library fills: engine configurations of heuristics, or the engine of a configuration. */
int fill(Descriptor* d, int name, int64_t wanted, int64_t* count, Descriptor** others) {
    std::vector<EngineKind> found;
    if (d->kind == HEURISTICS && name == 202) {
        found = engines(d->convolution, d->value<int>(200));
    } else if (d->kind == ENGINE_CONFIG && name == 300) {
        found = {d->engine};
    } else {
        return BAD_PARAMETER;
    }
    *count = std::min(wanted, (int64_t) found.size());
    for (int64_t i = 0; i < *count; i++) {
        others[i]->convolution = d->convolution;
        others[i]->engine = found[i];
        others[i]->finished = true;
    }
    return OK;
}

/** The pointer that a pack gives to a tensor; 0 if it has none, or one that is less aligned than was promised. */
Address pointer(const Descriptor* pack, const Image& image) {
    std::vector<int64_t> ids = pack->values<int64_t>(1000);
    std::vector<Address> pointers = pack->values<Address>(1001);
    for (size_t i = 0; i < ids.size(); i++) {
        if (ids[i] == image.id) {
            return pointers[i] % image.alignment == 0 ? pointers[i] : 0;
        }
    }
    return 0;
}

}  // namespace

EXPORT size_t cudnnGetVersion() {
    return 92400;
}

EXPORT size_t cudnnGetCudartVersion() {
    return 12090;
}

EXPORT const char* cudnnGetErrorString(int status) {
    return status == OK ? "CUDNN_STATUS_SUCCESS" : status == BAD_PARAMETER ? "CUDNN_STATUS_BAD_PARAM" : status == UNSUPPORTED
            ? "CUDNN_STATUS_NOT_SUPPORTED" : "CUDNN_STATUS_EXECUTION_FAILED";
}

EXPORT void cudnnGetLastErrorString(char* text, size_t bytes) {
    strncpy(text, reason.c_str(), bytes - 1);
    text[bytes - 1] = 0;
}

EXPORT int cudnnCreate(Handle** handle) {
    *handle = new Handle();
    return OK;
}

EXPORT int cudnnDestroy(Handle* handle) {
    delete handle;
    return OK;
}

EXPORT int cudnnSetStream(Handle* handle, void* stream) {
    handle->stream = stream;
    return OK;
}

EXPORT int cudnnBackendCreateDescriptor(int kind, Descriptor** made) {
    *made = new Descriptor{kind};
    return OK;
}

EXPORT int cudnnBackendDestroyDescriptor(Descriptor* d) {
    delete d;
    return OK;
}

EXPORT int cudnnBackendSetAttribute(Descriptor* d, int name, int type, int64_t count, const void* values) {
    if (d->finished) {
        return refuse(BAD_PARAMETER, "a finished descriptor cannot be changed");
    }
    d->attributes[name].assign((const char*) values, (const char*) values + count * size_of(type));
    return OK;
}

EXPORT int cudnnBackendGetAttribute(Descriptor* d, int name, int type, int64_t wanted, int64_t* count, void* values) {
    if (!d->finished) {
        return refuse(BAD_PARAMETER, "a descriptor that is not finished cannot be read");
    }
    if (type == 15) {
        return fill(d, name, wanted, count, (Descriptor**) values);
    }
    *count = 1;
    if (d->kind == ENGINE && name == 1301) {
        *(int64_t*) values = d->engine.index;
    } else if (d->kind == ENGINE && name == 1303) {
        *count = d->engine.note < 0 ? 0 : 1;
        *(int*) values = d->engine.note;
    } else if (d->kind == PLAN && name == 402) {
        *(int64_t*) values = d->engine.workspace;
    } else {
        return refuse(BAD_PARAMETER, "this attribute cannot be read");
    }
    return OK;
}

EXPORT int cudnnBackendFinalize(Descriptor* d) {
    int status = finish(d);
    d->finished = status == OK;
    return status;
}

EXPORT int cudnnBackendExecute(Handle* handle, Descriptor* plan, Descriptor* pack) {
    std::lock_guard<std::mutex> guard(simulator::lock);
    Stream* s = stream_of(handle->stream);
    if (failed()) {
        return FAILED;
    }
    Convolution c = plan->convolution;
    Address src = pointer(pack, c.src), weight = pointer(pack, c.weight), dst = pointer(pack, c.dst), workspace = pack->value<Address>(1003);
    int64_t scratch = plan->engine.workspace;
    if (s == nullptr || !plan->finished || !pack->finished || src == 0 || weight == 0 || dst == 0 || (scratch > 0 && workspace == 0)) {
        return refuse(BAD_PARAMETER, "a run wants a stream, and an aligned pointer for each tensor and the workspace");
    }
    bool rounded = plan->engine.note == NOTE_TENSOR_CORE;
    enqueue(s, "convolution", [=] {
        if (scratch > 0) {
            touch(workspace, (uint64_t) scratch, true);
            if (!failed()) {
                memset((void*) workspace, 0xff, (size_t) scratch);
            }
        }
        c.run(src, weight, dst, rounded);
    });
    return OK;
}
