/* NVRTC: hands the source to g++. The result is a shared library, which takes the place of the cubin. */
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <regex>
#include <sstream>

#include "simulator.h"

using namespace simulator;

namespace {

enum : int { OK = 0, OUT_OF_MEMORY_ERROR = 1, INVALID_INPUT = 3, COMPILATION = 6 };

struct Program {
    std::string source, name, log, image;
    std::map<std::string, std::string> headers;
};

/** Runs a program, its messages into `log`; true if it ended with 0. */
bool execute(const std::vector<std::string>& words, const std::string& log) {
    std::vector<char*> arguments;
    for (const std::string& w : words) {
        arguments.push_back((char*) w.c_str());
    }
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 2, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    pid_t child = 0;
    int status = 1;
    bool started = posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environ) == 0;
    posix_spawn_file_actions_destroy(&actions);
    return started && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

std::string read(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::stringstream all;
    all << in.rdbuf();
    return all.str();
}

/** The names of the kernels, so that each gets a door through which the simulator calls it. */
std::string doors(const std::string& source) {
    std::regex kernel("(?:KERNEL|extern \"C\" __global__ void)\\s+(?:__launch_bounds__\\([^)]*\\)\\s+)?(\\w+)\\(");
    std::string all;
    for (std::sregex_iterator i(source.begin(), source.end(), kernel), end; i != end; ++i) {
        all += "DONNA_KERNEL(" + (*i)[1].str() + ")\n";
    }
    return all;
}

}  // namespace

/** The minor version changes with the header that kernels are compiled with, and with this file: who keeps compiled kernels by the compiler's version then compiles anew. */
EXPORT int nvrtcVersion(int* major, int* minor) {
    *major = 12;
    *minor = DEVICE_HEADER;
    return OK;
}

EXPORT const char* nvrtcGetErrorString(int error) {
    return error == OK ? "NVRTC_SUCCESS" : error == COMPILATION ? "NVRTC_ERROR_COMPILATION" : error == INVALID_INPUT ? "NVRTC_ERROR_INVALID_INPUT"
                                                                                                                    : "NVRTC_ERROR_INTERNAL_ERROR";
}

EXPORT int nvrtcCreateProgram(Program** program, const char* source, const char* name, int headers, const char* const* texts, const char* const* names) {
    Program* p = new Program();
    p->source = source;
    p->name = name == nullptr ? "program.cu" : name;
    for (int i = 0; i < headers; i++) {
        p->headers[names[i]] = texts[i];
    }
    *program = p;
    return OK;
}

EXPORT int nvrtcDestroyProgram(Program** program) {
    delete *program;
    *program = nullptr;
    return OK;
}

/** Of the options only macros (-D) reach g++. */
EXPORT int nvrtcCompileProgram(Program* p, int count, const char* const* options) {
    char folder[] = "/tmp/donna-simulator-XXXXXX";
    if (mkdtemp(folder) == nullptr) {
        return OUT_OF_MEMORY_ERROR;
    }
    std::string in = folder;
    for (auto& [name, text] : p->headers) {
        std::ofstream(in + "/" + name) << text;
    }
    std::ofstream(in + "/kernels.cpp") << "#define DONNA_SIMULATED_MODULE\n#line 1 \"" << p->name << "\"\n" << p->source << "\n" << doors(p->source);
    std::vector<std::string> compile = {"g++", "-std=c++17", "-O1", "-fPIC", "-fno-exceptions", "-ffp-contract=off", "-fsanitize=thread",
        "-fno-tree-pta", "-fno-strict-aliasing", "-I" + in, "-I" + beside_library(""), "-c", in + "/kernels.cpp", "-o", in + "/kernels.o"};
    for (int i = 0; i < count; i++) {
        if (strncmp(options[i], "-D", 2) == 0) {
            compile.push_back(options[i]);
        }
    }
    bool good = execute(compile, in + "/log")
            && execute({"g++", "-shared", "-Wl,-Bsymbolic", in + "/kernels.o", "-o", in + "/kernels.so"}, in + "/log");
    p->log = read(in + "/log");
    p->image = good ? read(in + "/kernels.so") : "";
    for (const char* file : {"/kernels.cpp", "/kernels.o", "/kernels.so", "/log"}) {
        unlink((in + file).c_str());
    }
    for (auto& [name, text] : p->headers) {
        unlink((in + "/" + name).c_str());
    }
    rmdir(folder);
    return good ? OK : COMPILATION;
}

EXPORT int nvrtcGetProgramLogSize(Program* p, size_t* bytes) {
    *bytes = p->log.size() + 1;
    return OK;
}

EXPORT int nvrtcGetProgramLog(Program* p, char* log) {
    memcpy(log, p->log.c_str(), p->log.size() + 1);
    return OK;
}

EXPORT int nvrtcGetCUBINSize(Program* p, size_t* bytes) {
    *bytes = p->image.size();
    return OK;
}

EXPORT int nvrtcGetCUBIN(Program* p, char* image) {
    memcpy(image, p->image.data(), p->image.size());
    return OK;
}

EXPORT int nvrtcGetPTXSize(Program* p, size_t* bytes) {
    return nvrtcGetCUBINSize(p, bytes);
}

EXPORT int nvrtcGetPTX(Program* p, char* image) {
    return nvrtcGetCUBIN(p, image);
}

EXPORT int nvrtcGetNumSupportedArchs(int* count) {
    *count = 1;
    return OK;
}

EXPORT int nvrtcGetSupportedArchs(int* architectures) {
    *architectures = Card::MAJOR * 10 + Card::MINOR;
    return OK;
}
