#include "simulator.h"

#include <dlfcn.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>

namespace simulator {

std::mutex lock;
Choice choice;
thread_local int current_card = Card::NONE;
static std::string faults[Card::MOST];

int here() {
    return running != nullptr ? running->card : current_card;
}

/** What the card in question failed with. */
static std::string& first() {
    return faults[std::max(here(), 0)];
}

std::string beside_library(const char* file) {
    Dl_info info;
    dladdr((void*) &beside_library, &info);
    std::string path = info.dli_fname;
    return path.substr(0, path.rfind('/') + 1) + file;
}

void note(const std::string& what) {
    std::ofstream(beside_library("report"), std::ios::app) << what << "\n";
}

void leak(const std::string& what) {
    if (!failed()) {
        note("leak: " + what);
    }
}

void fault(const std::string& what) {
    if (first().empty()) {
        first() = what;
        note(what);
    }
}

bool failed() {
    return !first().empty();
}

const char* first_fault() {
    return first().c_str();
}

void forget_fault(int card) {
    faults[card].clear();
}

void lose_if_asked() {
    int card = Card::NONE;
    if (FILE* f = fopen(beside_library("lost").c_str(), "r")) {
        if (fscanf(f, "%d", &card) == 1 && card == current_card) {
            remove(beside_library("lost").c_str());
            fault("lost: card " + std::to_string(card) + " no longer answers");
        }
        fclose(f);
    }
}

}  // namespace simulator
