/* The CUDA driver's device, context and memory functions. */
#include <cstring>
#include <fstream>

#include "graph.h"

using namespace simulator;

static bool initialised;
static int retained[Card::MOST];

struct Pinned {
    int card;
    uint64_t bytes;
};
static std::map<void*, Pinned> host_memory;

/** The names of the cards there are: those in the file `cards` beside the library, a line each, or the usual one. */
static std::vector<std::string> cards() {
    std::vector<std::string> names;
    std::ifstream file(beside_library("cards"));
    for (std::string name; names.size() < Card::MOST && std::getline(file, name);) {
        names.push_back(name);
    }
    return names.empty() ? std::vector<std::string>{Card::NAME} : names;
}

static bool is_card(int device) {
    return device >= 0 && device < (int) cards().size();
}

static const std::map<Result, std::pair<const char*, const char*>>& errors() {
    static const std::map<Result, std::pair<const char*, const char*>> all = {
        {SUCCESS, {"CUDA_SUCCESS", "no error"}},
        {INVALID_VALUE, {"CUDA_ERROR_INVALID_VALUE", "invalid argument"}},
        {OUT_OF_MEMORY, {"CUDA_ERROR_OUT_OF_MEMORY", "out of memory"}},
        {NOT_INITIALIZED, {"CUDA_ERROR_NOT_INITIALIZED", "initialization error"}},
        {DEINITIALIZED, {"CUDA_ERROR_DEINITIALIZED", "driver shutting down"}},
        {INVALID_DEVICE, {"CUDA_ERROR_INVALID_DEVICE", "invalid device ordinal"}},
        {INVALID_IMAGE, {"CUDA_ERROR_INVALID_IMAGE", "device kernel image is invalid"}},
        {INVALID_CONTEXT, {"CUDA_ERROR_INVALID_CONTEXT", "invalid device context"}},
        {INVALID_HANDLE, {"CUDA_ERROR_INVALID_HANDLE", "invalid resource handle"}},
        {NOT_FOUND, {"CUDA_ERROR_NOT_FOUND", "named symbol not found"}},
        {NOT_READY, {"CUDA_ERROR_NOT_READY", "device not ready"}},
        {ILLEGAL_ADDRESS, {"CUDA_ERROR_ILLEGAL_ADDRESS", "an illegal memory access was encountered"}},
        {LAUNCH_OUT_OF_RESOURCES, {"CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES", "too many resources requested for launch"}},
        {NOT_SUPPORTED, {"CUDA_ERROR_NOT_SUPPORTED", "operation not supported"}},
        {STREAM_CAPTURE_UNSUPPORTED, {"CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED", "operation not permitted when stream is capturing"}},
        {STREAM_CAPTURE_INVALIDATED, {"CUDA_ERROR_STREAM_CAPTURE_INVALIDATED", "operation failed due to a previous error during capture"}},
        {STREAM_CAPTURE_UNMATCHED, {"CUDA_ERROR_STREAM_CAPTURE_UNMATCHED", "the capture was not initiated in this stream"}},
        {STREAM_CAPTURE_UNJOINED, {"CUDA_ERROR_STREAM_CAPTURE_UNJOINED", "capturing stream has unjoined work"}},
    };
    return all;
}

EXPORT Result cuGetErrorName(Result error, const char** name) {
    auto found = errors().find(error);
    *name = found == errors().end() ? nullptr : found->second.first;
    return found == errors().end() ? INVALID_VALUE : SUCCESS;
}

/** Of a lost context, what the simulator found. */
EXPORT Result cuGetErrorString(Result error, const char** text) {
    std::lock_guard<std::mutex> guard(simulator::lock);
    auto found = errors().find(error);
    if (found == errors().end()) {
        *text = nullptr;
        return INVALID_VALUE;
    }
    *text = error == ILLEGAL_ADDRESS && failed() ? first_fault() : found->second.second;
    return SUCCESS;
}

EXPORT Result cuInit(unsigned flags) {
    std::lock_guard<std::mutex> guard(simulator::lock);
    if (!initialised) {
        initialised = true;
        // At the end of the process no thread of the host is in the simulator, and none enters it any more, while its state is taken down.
        atexit([] { simulator::lock.lock(); });
        if (FILE* f = fopen(beside_library("seed").c_str(), "r")) {
            unsigned long seed = 1;
            if (fscanf(f, "%lu", &seed) == 1) {
                choice.state = seed * 0x9E3779B97F4A7C15ull + 1;
            }
            fclose(f);
        }
    }
    return flags == 0 ? SUCCESS : INVALID_VALUE;
}

EXPORT Result cuDriverGetVersion(int* version) {
    *version = 12090;
    return SUCCESS;
}

EXPORT Result cuDeviceGetCount(int* count) {
    *count = (int) cards().size();
    return initialised ? SUCCESS : NOT_INITIALIZED;
}

EXPORT Result cuDeviceGet(int* device, int ordinal) {
    *device = ordinal;
    return !initialised ? NOT_INITIALIZED : is_card(ordinal) ? SUCCESS : INVALID_DEVICE;
}

EXPORT Result cuDeviceGetName(char* name, int length, int device) {
    if (!is_card(device)) {
        return INVALID_DEVICE;
    }
    strncpy(name, cards()[device].c_str(), length - 1);
    name[length - 1] = 0;
    return SUCCESS;
}

EXPORT Result cuDeviceGetPCIBusId(char* id, int length, int device) {
    strncpy(id, "ffff:ff:ff.f", length - 1);
    id[length - 1] = 0;
    return is_card(device) ? SUCCESS : INVALID_DEVICE;
}

EXPORT Result cuDeviceTotalMem_v2(size_t* bytes, int device) {
    *bytes = Card::MEMORY;
    return is_card(device) ? SUCCESS : INVALID_DEVICE;
}

EXPORT Result cuDeviceGetAttribute(int* value, int attribute, int device) {
    static const std::map<int, int> known = {
        {1, (int) Card::THREADS}, {2, 1024}, {3, 1024}, {4, 64}, {5, (int) Card::GRID_X}, {6, (int) Card::GRID_YZ}, {7, (int) Card::GRID_YZ},
        {8, (int) Card::SHARED_BYTES}, {9, 65536}, {10, 32}, {12, 65536}, {13, 1000000}, {16, Card::MULTIPROCESSORS}, {18, 0}, {31, 1}, {36, 1000000},
        {37, 1024}, {38, 1 << 20}, {39, 2048}, {41, 1}, {75, Card::MAJOR}, {76, Card::MINOR}, {81, 96 * 1024}, {82, 65536}, {97, (int) Card::SHARED_BYTES},
        {106, 16}, {115, 0},
    };
    auto found = known.find(attribute);
    *value = found == known.end() ? 0 : found->second;
    return is_card(device) ? SUCCESS : INVALID_DEVICE;
}

EXPORT Result cuDeviceCanAccessPeer(int* can, int, int) {
    *can = 0;
    return SUCCESS;
}

EXPORT Result cuDevicePrimaryCtxRetain(void** context, int device) {
    std::lock_guard<std::mutex> guard(simulator::lock);
    if (!initialised || !is_card(device)) {
        return initialised ? INVALID_DEVICE : NOT_INITIALIZED;
    }
    retained[device]++;
    *context = &retained[device];
    return SUCCESS;
}

/** The last release destroys the context: what is still there is listed, and a lost context can be opened anew. */
EXPORT Result cuDevicePrimaryCtxRelease_v2(int device) {
    std::lock_guard<std::mutex> guard(simulator::lock);
    if (!is_card(device) || retained[device] == 0) {
        return is_card(device) ? INVALID_CONTEXT : INVALID_DEVICE;
    }
    if (--retained[device] == 0) {
        int outer = current_card;
        current_card = device;
        force_all(device);
        list_graph_leaks(device);
        list_stream_leaks(device);
        list_module_leaks(device);
        list_memory_leaks(device);
        for (auto at = host_memory.begin(); at != host_memory.end();) {
            if (at->second.card == device) {
                leak(std::to_string(at->second.bytes) + " bytes of pinned host memory");
                free(at->first);
                at = host_memory.erase(at);
            } else {
                ++at;
            }
        }
        forget_fault(device);
        current_card = outer;
    }
    return SUCCESS;
}

EXPORT Result cuCtxSetCurrent(void* context) {
    for (int card = 0; card < Card::MOST; card++) {
        if (context == &retained[card]) {
            current_card = card;
            return SUCCESS;
        }
    }
    current_card = Card::NONE;
    return context == nullptr ? SUCCESS : INVALID_CONTEXT;
}

EXPORT Result cuCtxGetCurrent(void** context) {
    *context = current_card == Card::NONE ? nullptr : &retained[current_card];
    return SUCCESS;
}

EXPORT Result cuCtxGetStreamPriorityRange(int* least, int* greatest) {
    *least = 0;
    *greatest = -5;
    return SUCCESS;
}

EXPORT Result cuCtxSynchronize() {
    ENTER();
    force_all(current_card);
    return failed() ? ILLEGAL_ADDRESS : SUCCESS;
}

#define NEEDS_CONTEXT()            \
    ENTER();                       \
    if (retained[current_card] == 0) return INVALID_CONTEXT

EXPORT Result cuMemGetInfo_v2(size_t* free, size_t* total) {
    NEEDS_CONTEXT();
    *free = bytes_free();
    *total = Card::MEMORY;
    return SUCCESS;
}

EXPORT Result cuMemAlloc_v2(Address* at, size_t bytes) {
    NEEDS_CONTEXT();
    return allocate(at, bytes);
}

/** Waits for the device, as the driver's does. */
EXPORT Result cuMemFree_v2(Address at) {
    NEEDS_CONTEXT();
    force_all(current_card);
    return failed() ? ILLEGAL_ADDRESS : release(at);
}

EXPORT Result cuMemHostAlloc(void** at, size_t bytes, unsigned) {
    NEEDS_CONTEXT();
    *at = aligned_alloc(4096, (bytes + 4095) / 4096 * 4096);
    memset(*at, 0xff, bytes);
    host_memory[*at] = {current_card, bytes};
    return SUCCESS;
}

EXPORT Result cuMemFreeHost(void* at) {
    NEEDS_CONTEXT();
    force_all(current_card);
    if (host_memory.erase(at) == 0) {
        return INVALID_VALUE;
    }
    free(at);
    return SUCCESS;
}

/** Whether a copy or a fill can be queued at all; what is wrong while it runs is a fault. */
static Result check(void* stream, Address at, const void* host) {
    if (stream_of(stream) == nullptr) {
        return INVALID_HANDLE;
    }
    std::string wrong;
    return (host != nullptr && is_device(host)) || !in_bounds(at, 1, &wrong) ? INVALID_VALUE : SUCCESS;
}

/** Reads the host's memory when it runs, not when it is queued. */
EXPORT Result cuMemcpyHtoDAsync_v2(Address dst, const void* src, size_t bytes, void* stream) {
    NEEDS_CONTEXT();
    Result r = check(stream, dst, src);
    if (r == SUCCESS && bytes > 0) {
        enqueue(stream_of(stream), "copy to the device", [=] {
            touch(dst, bytes, true);
            if (!failed()) {
                memcpy((void*) dst, src, bytes);
            }
        });
    }
    return r;
}

EXPORT Result cuMemcpyDtoHAsync_v2(void* dst, Address src, size_t bytes, void* stream) {
    NEEDS_CONTEXT();
    Result r = check(stream, src, dst);
    if (r == SUCCESS && bytes > 0) {
        enqueue(stream_of(stream), "copy to the host", [=] {
            touch(src, bytes, false);
            if (!failed()) {
                memcpy(dst, (const void*) src, bytes);
            }
        });
    }
    return r;
}

EXPORT Result cuMemcpyDtoDAsync_v2(Address dst, Address src, size_t bytes, void* stream) {
    NEEDS_CONTEXT();
    Result r = check(stream, dst, nullptr);
    if (r == SUCCESS && bytes > 0) {
        enqueue(stream_of(stream), "copy on the device", [=] {
            touch(src, bytes, false);
            touch(dst, bytes, true);
            if (!failed()) {
                memmove((void*) dst, (const void*) src, bytes);
            }
        });
    }
    return r;
}

static Result fill(Address dst, uint32_t value, size_t width, size_t count, void* stream) {
    Result r = check(stream, dst, nullptr);
    if (r == SUCCESS && count > 0) {
        enqueue(stream_of(stream), "fill", [=] {
            touch(dst, width * count, true);
            for (size_t i = 0; i < count && !failed(); i++) {
                memcpy((char*) dst + i * width, &value, width);
            }
        });
    }
    return r;
}

EXPORT Result cuMemsetD8Async(Address dst, unsigned char value, size_t count, void* stream) {
    NEEDS_CONTEXT();
    return fill(dst, value, 1, count, stream);
}

EXPORT Result cuMemsetD32Async(Address dst, unsigned value, size_t count, void* stream) {
    NEEDS_CONTEXT();
    return fill(dst, value, 4, count, stream);
}
