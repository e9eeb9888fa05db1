/* Modules: a "cubin" of the simulator is a shared library that its nvrtc made. */
#include <dlfcn.h>
#include <elf.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <set>

#include "graph.h"
#include "simulated_device.h"

using namespace simulator;

struct Function;

struct Module {
    int card;
    void* library;
    Table table;
    std::vector<Function*> functions;
};

struct Function {
    Module* module;
    std::string name;
    void (*call)(void**);
    std::vector<int> sizes;
};

static std::set<Module*> modules;
static std::set<Function*> functions;

static bool is_open(void* function) {
    return functions.count((Function*) function) && ((Function*) function)->module->card == current_card;
}

namespace simulator {
uint64_t memory_begin();
}

static void unload(Module* m) {
    for (Function* f : m->functions) {
        functions.erase(f);
        delete f;
    }
    dlclose(m->library);
    modules.erase(m);
    delete m;
}

void simulator::list_module_leaks(int card) {
    for (Module* m : std::set<Module*>(modules)) {
        if (m->card == card) {
            leak("a module");
            unload(m);
        }
    }
}

EXPORT Result cuModuleLoadData(void** module, const void* image) {
    ENTER();
    const Elf64_Ehdr* header = (const Elf64_Ehdr*) image;
    if (memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 || header->e_type != ET_DYN) {
        return INVALID_IMAGE;
    }
    size_t bytes = header->e_shoff + (size_t) header->e_shentsize * header->e_shnum;
    // The linker gives an open library back for a name it knows, so each gets a name of its own.
    static int number;
    std::string path = beside_library("module-") + std::to_string(number++) + ".so";
    std::ofstream(path, std::ios::binary).write((const char*) image, (std::streamsize) bytes);
    Module* m = new Module();
    m->card = current_card;
    m->library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    unlink(path.c_str());
    if (m->library == nullptr || dlsym(m->library, "donna_simulator") == nullptr) {
        note(std::string("module: ") + (m->library == nullptr ? dlerror() : "made by somebody else"));
        delete m;
        return INVALID_IMAGE;
    }
    m->table.memory = memory_begin();
    m->table.memory_bytes = Card::MOST * Card::MEMORY;
    fill_table(&m->table);
    *(Table**) dlsym(m->library, "donna_simulator") = &m->table;
    modules.insert(m);
    *module = m;
    return SUCCESS;
}

EXPORT Result cuModuleUnload(void* module) {
    ENTER();
    if (!modules.count((Module*) module) || ((Module*) module)->card != current_card) {
        return INVALID_HANDLE;
    }
    force_all(current_card);
    unload((Module*) module);
    return SUCCESS;
}

EXPORT Result cuModuleGetFunction(void** function, void* module, const char* name) {
    ENTER();
    Module* m = (Module*) module;
    if (!modules.count(m) || m->card != current_card) {
        return INVALID_HANDLE;
    }
    void* call = dlsym(m->library, (std::string("donna_call_") + name).c_str());
    void* sizes = dlsym(m->library, (std::string("donna_sizes_") + name).c_str());
    if (call == nullptr || sizes == nullptr) {
        return NOT_FOUND;
    }
    Function* f = new Function{m, name, (void (*)(void**)) call, std::vector<int>(64)};
    f->sizes.resize(((int (*)(int*)) sizes)(f->sizes.data()));
    m->functions.push_back(f);
    functions.insert(f);
    *function = f;
    return SUCCESS;
}

static size_t shared_bytes(const Module* m) {
    return ((unsigned long (*)()) dlsym(m->library, "donna_shared_bytes"))();
}

/** Threads, shared bytes, constant bytes, local bytes, registers: what a function of the simulator has no use for is 0. */
EXPORT Result cuFuncGetAttribute(int* value, int attribute, void* function) {
    ENTER();
    if (!is_open(function)) {
        return INVALID_HANDLE;
    }
    *value = attribute == 0 ? (int) Card::THREADS : attribute == 1 ? (int) shared_bytes(((Function*) function)->module) : 0;
    return SUCCESS;
}

EXPORT Result cuFuncSetAttribute(void* function, int, int) {
    ENTER();
    return is_open(function) ? SUCCESS : INVALID_HANDLE;
}

EXPORT Result cuOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, void* function, int threads, size_t) {
    ENTER();
    *blocks = threads < 1 ? 0 : 2048 / threads;
    return is_open(function) ? SUCCESS : INVALID_HANDLE;
}

/** The driver's CUlaunchAttribute and CUlaunchConfig. */
struct LaunchAttribute {
    int id;
    alignas(8) int value[16];
};

struct LaunchConfig {
    unsigned grid[3], block[3], dynamic;
    void* stream;
    const LaunchAttribute* attributes;
    unsigned count;
};

static_assert(sizeof(LaunchAttribute) == 72 && sizeof(LaunchConfig) == 56, "the sizes of the driver's own");

static constexpr int PROGRAMMATIC_STREAM_SERIALIZATION = 6;

/** Parameters are copied now, the kernel runs when its turn comes. */
EXPORT Result cuLaunchKernelEx(const LaunchConfig* c, void* function, void** parameters, void** extra) {
    ENTER();
    lose_if_asked();
    Function* f = (Function*) function;
    Stream* s = stream_of(c->stream);
    if (!is_open(f) || s == nullptr) {
        return INVALID_HANDLE;
    }
    const unsigned* g = c->grid;
    const unsigned* b = c->block;
    bool grid = g[0] > 0 && g[1] > 0 && g[2] > 0 && g[0] <= Card::GRID_X && g[1] <= Card::GRID_YZ && g[2] <= Card::GRID_YZ;
    bool block = b[0] > 0 && b[1] > 0 && b[2] > 0 && (uint64_t) b[0] * b[1] * b[2] <= Card::THREADS && b[2] <= 64;
    if (!grid || !block || extra != nullptr || (parameters == nullptr && !f->sizes.empty())) {
        return INVALID_VALUE;
    }
    if (c->dynamic + shared_bytes(f->module) > Card::SHARED_BYTES) {
        return LAUNCH_OUT_OF_RESOURCES;
    }
    bool programmatic = false;
    for (unsigned i = 0; i < c->count; i++) {
        if (c->attributes[i].id != PROGRAMMATIC_STREAM_SERIALIZATION) {
            return NOT_SUPPORTED;
        }
        programmatic = c->attributes[i].value[0] != 0;
    }
    if (programmatic && s->newest != Kind::KERNEL) {
        note("programmatic launch: " + f->name + " comes after work of its stream that is no kernel and no product");
        return INVALID_VALUE;
    }
    auto l = std::make_shared<Launch>();
    l->name = f->name;
    l->call = f->call;
    std::copy(g, g + 3, l->grid);
    std::copy(b, b + 3, l->block);
    for (size_t i = 0; i < f->sizes.size(); i++) {
        l->parameters.emplace_back((char*) parameters[i], (char*) parameters[i] + f->sizes[i]);
    }
    l->shared = (char*) ((void* (*)()) dlsym(f->module->library, "donna_shared_start"))();
    l->shared_bytes = shared_bytes(f->module);
    l->table = &f->module->table;
    l->programmatic = programmatic;
    enqueue(s, f->name, [l] { launch(*l); }, Kind::KERNEL);
    return failed() ? ILLEGAL_ADDRESS : SUCCESS;
}

EXPORT Result cuLaunchKernel(void* function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz, unsigned dynamic, void* stream,
        void** parameters, void** extra) {
    LaunchConfig config = {{gx, gy, gz}, {bx, by, bz}, dynamic, stream, nullptr, 0};
    return cuLaunchKernelEx(&config, function, parameters, extra);
}
