#include "simulator.h"

#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>

namespace simulator {

std::mutex lock;
Choice choice;
static std::string first;

std::string beside_library(const char* file) {
    Dl_info info;
    dladdr((void*) &beside_library, &info);
    std::string path = info.dli_fname;
    return path.substr(0, path.rfind('/') + 1) + file;
}

void note(const std::string& what) {
    std::ofstream(beside_library("report"), std::ios::app) << what << "\n";
}

void fault(const std::string& what) {
    if (first.empty()) {
        first = what;
        note(what);
    }
}

bool failed() {
    return !first.empty();
}

const char* first_fault() {
    return first.c_str();
}

void forget_fault() {
    first.clear();
}

}  // namespace simulator
