/*
 * Device memory: one range of addresses for each card, one after another, closed to everybody while no work of the card runs. Each allocation begins on a
 * page of its own and is followed by one that is never open. Beside every word lies what is known about it: who wrote and who read it last.
 */
#include <sys/mman.h>

#include <algorithm>
#include <cstring>

#include "simulator.h"

namespace simulator {

static constexpr uint64_t PAGE = 4096;
static constexpr uint64_t PAGES = Card::MEMORY / PAGE;
static constexpr uint64_t ALL = Card::MOST * Card::MEMORY;

struct Allocation {
    uint64_t offset, bytes;
    bool open;
};

/** Of one word. Numbers of work are 0 where there was none; threads are those of a kernel, 0 for copies and products. */
struct Shadow {
    uint32_t writer, writer_thread, writer_barrier, writer_block;
    uint32_t reader, reader_thread, reader_barrier, reader_block;
    uint32_t other_reader;
    uint32_t many_readers;
};

static char* base;
static Shadow* shadow;
static uint32_t* page_owner;
static std::vector<Allocation> allocations(1);
static uint64_t next_page[Card::MOST];
static uint64_t used[Card::MOST];
static int open_count;

static void reserve() {
    if (base == nullptr) {
        base = (char*) mmap(nullptr, ALL, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        shadow = (Shadow*) mmap(nullptr, ALL / WORD * sizeof(Shadow), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        page_owner = (uint32_t*) calloc(Card::MOST * PAGES, sizeof(uint32_t));
        if (base == MAP_FAILED || shadow == MAP_FAILED || page_owner == nullptr) {
            fprintf(stderr, "simulator: no address space for %lu bytes of device memory\n", (unsigned long) ALL);
            abort();
        }
    }
}

static char* memory_of(int card) {
    return base + card * Card::MEMORY;
}

Open::Open(int card) : card(card) {
    if (open_count++ == 0) {
        reserve();
        mprotect(memory_of(card), Card::MEMORY, PROT_READ | PROT_WRITE);
    }
}

Open::~Open() {
    if (--open_count == 0) {
        mprotect(memory_of(card), Card::MEMORY, PROT_NONE);
    }
}

uint64_t memory_begin() {
    reserve();
    return (uint64_t) base;
}

static void forget(uint64_t offset, uint64_t bytes) {
    char* from = (char*) (shadow + offset / WORD);
    uint64_t size = (bytes + WORD - 1) / WORD * sizeof(Shadow);
    if (size > 1 << 20) {
        char* first = (char*) (((uintptr_t) from + PAGE - 1) / PAGE * PAGE);
        char* last = (char*) ((uintptr_t) (from + size) / PAGE * PAGE);
        madvise(first, last - first, MADV_DONTNEED);
        memset(from, 0, first - from);
        memset(last, 0, from + size - last);
    } else {
        memset(from, 0, size);
    }
}

/** First of `pages` pages in a row on the current card, none of them owned, looked for from where the last search ended; 0 if there are none. */
static uint64_t find(uint64_t pages) {
    uint64_t begin = current_card * PAGES + 1, end = (current_card + 1) * PAGES;
    for (int round = 0; round < 2; round++) {
        uint64_t run = 0;
        for (uint64_t p = round == 0 ? std::max(begin, next_page[current_card]) : begin; p < end; p++) {
            run = page_owner[p] == 0 ? run + 1 : 0;
            if (run == pages) {
                return p + 1 - pages;
            }
        }
    }
    return 0;
}

Result allocate(Address* at, uint64_t bytes) {
    reserve();
    if (bytes == 0) {
        return INVALID_VALUE;
    }
    uint64_t pages = (bytes + PAGE - 1) / PAGE + 1;
    uint64_t first = pages < PAGES ? find(pages) : 0;
    if (first == 0) {
        return OUT_OF_MEMORY;
    }
    allocations.push_back({first * PAGE, bytes, true});
    for (uint64_t p = first; p < first + pages; p++) {
        page_owner[p] = (uint32_t) allocations.size() - 1;
    }
    next_page[current_card] = first + pages;
    used[current_card] += bytes;
    forget(first * PAGE, bytes);
    Open open(current_card);
    memset(base + first * PAGE, 0xff, (pages - 1) * PAGE);
    *at = (Address) (base + first * PAGE);
    return SUCCESS;
}

Result release(Address at) {
    uint64_t offset = at - (Address) base;
    if (offset / Card::MEMORY != (uint64_t) current_card) {
        return INVALID_VALUE;
    }
    Allocation& a = allocations[page_owner[offset / PAGE]];
    if (!a.open || a.offset != offset) {
        return INVALID_VALUE;
    }
    a.open = false;
    used[current_card] -= a.bytes;
    uint64_t pages = (a.bytes + PAGE - 1) / PAGE + 1;
    madvise(base + offset, (pages - 1) * PAGE, MADV_DONTNEED);
    for (uint64_t p = offset / PAGE; p < offset / PAGE + pages; p++) {
        page_owner[p] = 0;
    }
    return SUCCESS;
}

uint64_t bytes_free() {
    return Card::MEMORY - used[current_card];
}

bool is_device(const void* at) {
    return base != nullptr && (uint64_t) at - (uint64_t) base < ALL;
}

bool in_bounds(Address at, uint64_t bytes, std::string* wrong) {
    uint64_t offset = at - (Address) base;
    if (base != nullptr && offset < ALL && (int) (offset / Card::MEMORY) != here()) {
        *wrong = std::to_string(bytes) + " bytes in the memory of card " + std::to_string(offset / Card::MEMORY) + ", which card "
                + std::to_string(here()) + " does not reach";
        return false;
    }
    if (base != nullptr && offset < ALL) {
        const Allocation& a = allocations[page_owner[offset / PAGE]];
        if (a.open && offset >= a.offset && offset + bytes <= a.offset + a.bytes) {
            return true;
        }
        if (a.open) {
            *wrong = std::to_string(bytes) + " bytes at byte " + std::to_string((long long) (offset - a.offset)) + " of an allocation of "
                    + std::to_string(a.bytes) + " bytes";
            return false;
        }
    }
    *wrong = std::to_string(bytes) + " bytes at an address where nothing is allocated";
    return false;
}

static void race(const char* what, uint32_t number) {
    fault("race: " + running->name + " " + what + " " + name_of(number) + ", and nothing orders the two");
}

/** One word, by the running work; `thread` is 0 for copies and products. */
static void word(Shadow& s, bool write, uint32_t thread, uint32_t barrier, uint32_t block) {
    uint32_t now = running_number();
    bool ordered = s.writer == now
            && (s.writer_thread == thread || (s.writer_block == block ? s.writer_barrier != barrier
                                                                      : made_known(s.writer_block, s.writer_barrier, s.writer_thread - 1)));
    if (s.writer != 0 && s.writer != now && !comes_before(s.writer)) {
        race(write ? "writes what is written by" : "reads what is written by", s.writer);
    } else if (s.writer == now && !ordered) {
        fault("race: " + thread_in_words() + (write ? " writes" : " reads") + " what thread " + std::to_string(s.writer_thread - 1)
                + " of the grid writes, and no barrier is between the two");
    }
    if (!write) {
        if (s.writer == 0) {
            fault("uninitialised: " + (thread == 0 ? running->name : thread_in_words()) + " reads memory that nobody has written");
        }
        if (s.reader == now) {
            if (s.reader_thread != thread) {
                bool passed = s.reader_block == block && s.reader_barrier != barrier;
                s.many_readers = passed ? 0 : 1;
            }
        } else {
            if (s.reader != 0 && !comes_before(s.reader)) {
                s.other_reader = s.reader;
            }
            s.reader = now;
            s.many_readers = 0;
        }
        s.reader_thread = thread;
        s.reader_barrier = barrier;
        s.reader_block = block;
        return;
    }
    if (s.reader == now) {
        bool passed = s.reader_block == block && s.reader_barrier != barrier && !s.many_readers;
        bool alone = s.reader_thread == thread && !s.many_readers;
        bool together = s.many_readers && s.reader_block == block && s.reader_barrier != barrier;
        if (!passed && !alone && !together) {
            fault("race: " + thread_in_words() + " writes what thread " + std::to_string(s.reader_thread - 1)
                    + " of the grid reads, and no barrier is between the two");
        }
    } else if (s.reader != 0 && !comes_before(s.reader)) {
        race("writes what is read by", s.reader);
    }
    if (s.other_reader != 0 && s.other_reader != now && !comes_before(s.other_reader)) {
        race("writes what is read by", s.other_reader);
    }
    s = {now, thread, barrier, block, 0, 0, 0, 0, 0, 0};
}

void touch(Address at, uint64_t bytes, bool write) {
    std::string wrong;
    if (bytes == 0) {
        return;
    }
    if (!in_bounds(at, bytes, &wrong)) {
        fault("out of bounds: " + running->name + (write ? " writes " : " reads ") + wrong);
        return;
    }
    uint64_t offset = at - (Address) base;
    for (uint64_t w = offset / WORD; w <= (offset + bytes - 1) / WORD && !failed(); w++) {
        word(shadow[w], write, 0, 0, 0);
    }
}

/** Stands for all threads, where they access a word atomically. */
static constexpr uint32_t ATOMIC = 0xffffffff;

static void require_place(Address at, unsigned bytes, bool write) {
    std::string wrong;
    if (at % bytes != 0) {
        fault("misaligned: " + thread_in_words() + (write ? " writes " : " reads ") + std::to_string(bytes) + " bytes at an address that is no multiple");
        abandon_block();
    }
    if (!in_bounds(at, bytes, &wrong)) {
        fault("out of bounds: " + thread_in_words() + (write ? " writes " : " reads ") + wrong);
        abandon_block();
    }
}

void touch_atomically(Address at) {
    require_place(at, sizeof(uint32_t), true);
    uint64_t first = (at - (Address) base) / WORD;
    for (uint64_t w = first; w < first + sizeof(uint32_t) / WORD; w++) {
        word(shadow[w], false, ATOMIC, 0, ATOMIC);
        word(shadow[w], true, ATOMIC, 0, ATOMIC);
    }
    if (failed()) {
        abandon_block();
    }
}

void touch_by_thread(Address at, unsigned bytes, bool write) {
    require_place(at, bytes, write);
    uint64_t offset = at - (Address) base;
    if (write) {
        wrote();
    }
    for (uint64_t w = offset / WORD; w <= (offset + bytes - 1) / WORD; w++) {
        word(shadow[w], write, thread_number() + 1, barriers_passed(), block_number());
    }
    if (failed()) {
        abandon_block();
    }
}

void list_memory_leaks(int card) {
    for (Allocation& a : allocations) {
        if (a.open && (int) (a.offset / Card::MEMORY) == card) {
            leak(std::to_string(a.bytes) + " bytes of device memory");
            release((Address) base + a.offset);
        }
    }
}

}  // namespace simulator
