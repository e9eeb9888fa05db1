/*
 * A block of threads on one thread of the host. Each thread runs until it ends or waits; who goes on is chosen by chance, so that nothing that the kernel
 * does not order itself comes in an order one could rely on. A thread that never waits runs on the stack of the one before it: only those that wait
 * keep a stack of their own.
 */
#include <setjmp.h>
#include <sys/mman.h>
#include <ucontext.h>

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "simulated_device.h"
#include "simulator.h"

namespace simulator {

static constexpr size_t STACK = 128 * 1024;

/** Below each stack lies memory that nobody may touch, so that a thread that needs more is seen. */
static constexpr size_t GUARD = 4096;
static constexpr uint32_t NOBODY = 0xffffffffu;

enum class State : uint8_t { FRESH, READY, AT_BARRIER, AT_SHUFFLE, ENDED };

struct Fiber {
    jmp_buf here;
    ucontext_t entry;
    bool entered;
    int thread;
};

/** What a thread of a block had behind it when it made that known to others: what its block did before the barrier, and what it did itself. */
struct Known {
    uint32_t block, barrier, thread;
};

struct Thread {
    State state;
    Fiber* fiber;
    uint32_t mask, value, result;
    const uint32_t* brought;
    uint32_t* all;
    int source;
    bool fenced;
    uint32_t fenced_at;
    bool begun;
    std::vector<Known> heard;
};

/** A word of shared memory: who wrote and who read it last, and between which barriers. */
struct SharedWord {
    uint32_t writer, writer_barrier, reader, reader_barrier;
    bool many_readers;
};

static const Launch* kernel;
static Table* table;
static std::vector<void*> arguments;
static std::vector<Thread> threads;
static std::vector<int> runnable;
static std::vector<Fiber*> idle;
static std::vector<Fiber*> fibers;
static std::vector<SharedWord> shared;
static std::map<Address, std::vector<Known>> told;
static std::vector<Known> known;
static uint32_t known_at, known_by;
static jmp_buf scheduler;
static Fiber* current_fiber;
static int current;
static uint32_t barriers, block_at;
static int ended, at_barrier;
static bool abandoned;

static void become(int t) {
    unsigned* size = (unsigned*) kernel->block;
    current = t;
    table->thread = {t % size[0], t / size[0] % size[1], t / size[0] / size[1]};
}

__attribute__((noinline)) static void leave(jmp_buf from, jmp_buf to) {
    if (_setjmp(from) == 0) {
        _longjmp(to, 1);
    }
}

static void fiber_main();

static void* new_stack() {
    char* all = (char*) mmap(nullptr, GUARD + STACK, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (all == MAP_FAILED || mprotect(all + GUARD, STACK, PROT_READ | PROT_WRITE) != 0) {
        fprintf(stderr, "simulator: no memory for the stack of a thread; there are %lu\n", (unsigned long) fibers.size());
        abort();
    }
    return all + GUARD;
}

/** Turns to thread t, on its own fiber or an idle one; returns in the scheduler when no thread can go on. */
__attribute__((noinline)) static void enter(int t) {
    Thread& thread = threads[t];
    if (thread.fiber == nullptr) {
        if (idle.empty()) {
            Fiber* f = new Fiber();
            getcontext(&f->entry);
            f->entry.uc_stack.ss_sp = new_stack();
            f->entry.uc_stack.ss_size = STACK;
            f->entry.uc_link = nullptr;
            f->entered = false;
            makecontext(&f->entry, fiber_main, 0);
            fibers.push_back(f);
            idle.push_back(f);
        }
        thread.fiber = idle.back();
        idle.pop_back();
    }
    current_fiber = thread.fiber;
    current_fiber->thread = t;
    if (_setjmp(scheduler) == 0) {
        if (current_fiber->entered) {
            _longjmp(current_fiber->here, 1);
        }
        current_fiber->entered = true;
        setcontext(&current_fiber->entry);
    }
}

static int take() {
    uint32_t i = choice.below((uint32_t) runnable.size());
    int t = runnable[i];
    runnable[i] = runnable.back();
    runnable.pop_back();
    return t;
}

[[noreturn]] void abandon_block() {
    abandoned = true;
    _longjmp(scheduler, 1);
}

static void broken(const std::string& what) {
    fault(what);
    abandon_block();
}

/** In a programmatic launch each thread waits for the work before the kernel, whatever it does then. */
static void require_begun(const char* what) {
    if (!threads[current].begun) {
        broken("programmatic launch: " + thread_in_words() + what + " before it has waited for the work before the kernel");
    }
}

/** Runs threads from their beginning, one after another, as long as the next one has not begun yet. */
static void fiber_main() {
    Fiber* self = current_fiber;
    while (true) {
        int t = self->thread;
        become(t);
        threads[t].state = State::READY;
        kernel->call(arguments.data());
        require_begun(" ends");
        threads[t].state = State::ENDED;
        threads[t].fiber = nullptr;
        ended++;
        if (!runnable.empty()) {
            int next = take();
            if (threads[next].state == State::FRESH) {
                threads[next].fiber = self;
                self->thread = next;
                continue;
            }
            runnable.push_back(next);
        }
        idle.push_back(self);
        leave(self->here, scheduler);
        self = current_fiber;
    }
}

/** The running thread waits; returns when it goes on. */
static void wait(State why) {
    int t = current;
    threads[t].state = why;
    leave(threads[t].fiber->here, scheduler);
    become(t);
}

static void device_begin() {
    threads[current].begun = true;
}

static void device_barrier() {
    if (ended > 0) {
        broken("barrier: " + thread_in_words() + " waits for threads of its block that have ended");
    }
    at_barrier++;
    wait(State::AT_BARRIER);
}

/** Whether the running thread is the last of the mask to come; it waits otherwise, until the last one has come and has let it go on. */
static bool last_to_come(uint32_t mask) {
    int first = current / 32 * 32;
    for (int lane = 0; lane < 32; lane++) {
        bool wanted = mask >> lane & 1;
        if (wanted && (first + lane >= (int) threads.size() || threads[first + lane].state == State::ENDED)) {
            broken("shuffle: " + thread_in_words() + " waits for lane " + std::to_string(lane) + ", which has ended or is not there");
        }
        if (wanted && first + lane != current && threads[first + lane].state != State::AT_SHUFFLE) {
            wait(State::AT_SHUFFLE);
            return false;
        }
    }
    return true;
}

/** When the last thread of the mask has come, all get what the thread they name brought. */
static uint32_t device_shuffle(uint32_t mask, uint32_t value, int source) {
    int own = current;
    Thread& self = threads[own];
    int first = own / 32 * 32;
    self.mask = mask;
    self.value = value;
    self.source = source;
    self.brought = nullptr;
    if ((mask >> (own - first) & 1) == 0) {
        broken("shuffle: " + thread_in_words() + " is not in the mask it names");
    }
    if (!last_to_come(mask)) {
        return threads[own].result;
    }
    for (int lane = 0; lane < 32; lane++) {
        if (mask >> lane & 1) {
            Thread& t = threads[first + lane];
            if (t.mask != mask || t.brought != nullptr || (mask >> t.source & 1) == 0) {
                broken("shuffle: lanes of a warp name different masks, or a lane outside of it, at " + thread_in_words());
            }
            t.result = threads[first + t.source].value;
            if (first + lane != current) {
                t.state = State::READY;
                runnable.push_back(first + lane);
            }
        }
    }
    return self.result;
}

/** When the last lane of the warp has come, all get what all brought: six words of each. */
static void device_gather(const uint32_t* own, uint32_t* all) {
    static constexpr int LANES = 32, WORDS = 6;
    Thread& self = threads[current];
    self.mask = 0;
    self.brought = own;
    self.all = all;
    if (!last_to_come(0xffffffffu)) {
        return;
    }
    Thread* warp = &threads[current / LANES * LANES];
    uint32_t together[LANES * WORDS];
    for (int lane = 0; lane < LANES; lane++) {
        if (warp[lane].brought == nullptr || warp[lane].mask != 0) {
            broken("product: lanes of a warp come to a product and to a shuffle, at " + thread_in_words());
        }
        memcpy(together + WORDS * lane, warp[lane].brought, WORDS * sizeof *own);
    }
    for (int lane = 0; lane < LANES; lane++) {
        memcpy(warp[lane].all, together, sizeof together);
        if (&warp[lane] != &self) {
            warp[lane].state = State::READY;
            runnable.push_back((int) (&warp[lane] - threads.data()));
        }
    }
}

static int device_lane() {
    return current % 32;
}

static void device_fence() {
    Thread& self = threads[current];
    self.fenced = true;
    self.fenced_at = barriers;
    if (!self.heard.empty()) {
        known = std::move(self.heard);
        known_at = barriers;
        known_by = (uint32_t) current;
        self.heard.clear();
    }
}

static uint32_t device_increment(void* at, uint32_t last) {
    require_begun(" touches memory");
    touch_atomically((Address) at);
    uint32_t* word = (uint32_t*) at;
    uint32_t before = *word;
    *word = before >= last ? 0 : before + 1;
    Thread& self = threads[current];
    std::vector<Known>& all = told[(Address) at];
    self.heard = all;
    if (self.fenced && self.fenced_at == barriers) {
        all.push_back({block_at, barriers, thread_number()});
    }
    return before;
}

void wrote() {
    threads[current].fenced = false;
}

bool made_known(uint32_t block, uint32_t barrier, uint32_t thread) {
    if (known_by != (uint32_t) current && known_at == barriers) {
        return false;
    }
    return std::any_of(known.begin(), known.end(), [=](const Known& k) { return k.block == block && (k.barrier > barrier || k.thread == thread); });
}

static void shared_access(uintptr_t offset, unsigned bytes, bool write) {
    for (uintptr_t w = offset / WORD; w <= (offset + bytes - 1) / WORD; w++) {
        SharedWord& s = shared[w];
        uint32_t t = (uint32_t) current;
        const char* what = nullptr;
        if (s.writer == NOBODY && !write) {
            broken("uninitialised: " + thread_in_words() + " reads shared memory that nobody has written");
        }
        if (s.writer != NOBODY && s.writer != t && s.writer_barrier == barriers) {
            what = write ? " writes shared memory that another thread writes" : " reads shared memory that another thread writes";
        } else if (write && s.reader != NOBODY && s.reader_barrier == barriers && (s.reader != t || s.many_readers)) {
            what = " writes shared memory that another thread reads";
        }
        if (what != nullptr) {
            broken("race: " + thread_in_words() + what + ", and no barrier is between the two");
        }
        if (write) {
            s = {t, barriers, NOBODY, 0, false};
        } else {
            s.many_readers = s.reader != NOBODY && s.reader_barrier == barriers && (s.many_readers || s.reader != t);
            s.reader = t;
            s.reader_barrier = barriers;
        }
    }
}

static void device_access(const void* at, unsigned bytes, int write) {
    uintptr_t offset = (uintptr_t) at - (uintptr_t) kernel->shared;
    if (offset < kernel->shared_bytes) {
        shared_access(offset, bytes, write != 0);
    } else {
        require_begun(" touches memory");
        touch_by_thread((Address) at, bytes, write != 0);
    }
}

void fill_table(Table* t) {
    t->access = device_access;
    t->barrier = device_barrier;
    t->shuffle = device_shuffle;
    t->gather = device_gather;
    t->lane = device_lane;
    t->fence = device_fence;
    t->increment = device_increment;
    t->begin = device_begin;
}

uint32_t block_number() {
    return block_at;
}

uint32_t thread_number() {
    return block_at * (uint32_t) threads.size() + (uint32_t) current;
}

uint32_t barriers_passed() {
    return barriers;
}

std::string thread_in_words() {
    auto three = [](const Index& i) { return std::to_string(i.x) + "," + std::to_string(i.y) + "," + std::to_string(i.z); };
    return kernel->name + ", thread " + three(table->thread) + " of block " + three(table->block);
}

static void release_barrier() {
    barriers++;
    at_barrier = 0;
    for (size_t t = 0; t < threads.size(); t++) {
        threads[t].state = State::READY;
        runnable.push_back((int) t);
    }
}

static void run_block() {
    int count = (int) threads.size();
    barriers = 0;
    ended = 0;
    at_barrier = 0;
    abandoned = false;
    known.clear();
    std::fill(shared.begin(), shared.end(), SharedWord{NOBODY, 0, NOBODY, 0, false});
    memset(kernel->shared, 0xff, kernel->shared_bytes);
    runnable.clear();
    for (int t = 0; t < count; t++) {
        threads[t] = Thread{State::FRESH, nullptr, 0, 0, 0, nullptr, nullptr, 0, false, 0, !kernel->programmatic, {}};
        runnable.push_back(t);
    }
    while (ended < count) {
        if (runnable.empty()) {
            if (at_barrier == count) {
                release_barrier();
            } else {
                fault("stuck: " + kernel->name + ": " + std::to_string(at_barrier) + " of " + std::to_string(count) + " threads wait at a barrier, "
                        + std::to_string(ended) + " have ended, the others wait for lanes that do not come");
                abandoned = true;
            }
        }
        if (!abandoned) {
            int t = take();
            if (threads[t].state == State::READY) {
                current = t;
            }
            enter(t);
        }
        if (abandoned) {
            for (Fiber* f : fibers) {
                munmap((char*) f->entry.uc_stack.ss_sp - GUARD, GUARD + STACK);
                delete f;
            }
            fibers.clear();
            idle.clear();
            return;
        }
    }
}

void launch(const Launch& l) {
    kernel = &l;
    table = l.table;
    told.clear();
    arguments.clear();
    for (const std::vector<char>& p : l.parameters) {
        arguments.push_back((void*) p.data());
    }
    threads.resize((size_t) l.block[0] * l.block[1] * l.block[2]);
    shared.resize((l.shared_bytes + WORD - 1) / WORD);
    table->block_size = {l.block[0], l.block[1], l.block[2]};
    table->grid_size = {l.grid[0], l.grid[1], l.grid[2]};
    std::vector<uint32_t> order((size_t) l.grid[0] * l.grid[1] * l.grid[2]);
    for (size_t i = 0; i < order.size(); i++) {
        order[i] = (uint32_t) i;
        std::swap(order[i], order[choice.below((uint32_t) i + 1)]);
    }
    for (uint32_t b : order) {
        block_at = b;
        table->block = {b % l.grid[0], b / l.grid[0] % l.grid[1], b / l.grid[0] / l.grid[1]};
        run_block();
        if (failed()) {
            return;
        }
    }
}

}  // namespace simulator
