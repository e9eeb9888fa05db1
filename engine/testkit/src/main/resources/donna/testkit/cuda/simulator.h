/*
 * A double of a CUDA device for tests: no card, no speed. It exports the driver's, NVRTC's, cuBLASLt's and cuDNN's own names. Work runs on the calling
 * thread, and only when something forces it; independent streams run in an order that the seed chooses. One lock guards everything.
 */
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#define EXPORT extern "C" __attribute__((visibility("default")))

namespace simulator {

using Result = int;
using Clock = std::vector<uint32_t>;
using Address = uint64_t;

enum : Result {
    SUCCESS = 0,
    INVALID_VALUE = 1,
    OUT_OF_MEMORY = 2,
    NOT_INITIALIZED = 3,
    DEINITIALIZED = 4,
    INVALID_DEVICE = 101,
    INVALID_IMAGE = 200,
    INVALID_CONTEXT = 201,
    INVALID_HANDLE = 400,
    NOT_FOUND = 500,
    NOT_READY = 600,
    ILLEGAL_ADDRESS = 700,
    LAUNCH_OUT_OF_RESOURCES = 701,
    STREAM_CAPTURE_UNSUPPORTED = 900,
    STREAM_CAPTURE_INVALIDATED = 901,
    STREAM_CAPTURE_UNMATCHED = 903,
    STREAM_CAPTURE_UNJOINED = 904,
    GRAPH_EXEC_UPDATE_FAILURE = 910,
    NOT_SUPPORTED = 801,
};

/** Limits of a simulated card, and of how many there are. */
struct Card {
    static constexpr int MOST = 4;
    static constexpr int MAJOR = 9, MINOR = 0;
    static constexpr int MULTIPROCESSORS = 4;
    static constexpr unsigned THREADS = 1024, GRID_X = 2147483647, GRID_YZ = 65535, SHARED_BYTES = 48 * 1024;
    static constexpr uint64_t MEMORY = 1ull << 29;
    static constexpr const char* NAME = "simulated card of the DONNA test kit";

    /** Stands for no card. */
    static constexpr int NONE = -1;
};

/** Bytes of the smallest element that two threads may write beside each other. */
constexpr uint64_t WORD = 2;

/** A counter-based source of choices, from the seed in the file `seed` beside the library. */
struct Choice {
    uint64_t state = 1;
    uint32_t below(uint32_t n) {
        state = state * 6364136223846793005ull + 1442695040888963407ull;
        return n < 2 ? 0 : (uint32_t) ((state >> 33) % n);
    }
};

/** One piece of work. It may run when all of `after` are done. */
struct Work {
    std::string name;
    int card = 0;
    int stream = 0;
    uint32_t turn = 0;
    Clock clock;
    std::vector<std::shared_ptr<Work>> after;
    std::function<void()> body;
    bool queued = false;
    bool done = false;
    double time = 0;
};
using Job = std::shared_ptr<Work>;

// ---- report.cpp: the lock, the seed, the card in question, and what was found

extern std::mutex lock;
extern Choice choice;

/** Whose context is current in the calling thread of the host. */
extern thread_local int current_card;

/** The card of the running work, else the current one. */
int here();

/** What a function of the driver does first: no other thread is in the simulator, and on the current card nothing went wrong so far. */
#define ENTER()                                                                                \
    std::lock_guard<std::mutex> guard(simulator::lock);                                        \
    if (simulator::current_card == simulator::Card::NONE) return simulator::INVALID_CONTEXT;   \
    if (simulator::failed()) return simulator::ILLEGAL_ADDRESS

/** Writes a line into the file `report` beside the library; the context of the card in question is lost from then on. */
void fault(const std::string& what);

/** Writes a line into the file `report`, for a mistake that is seen when it is too late to refuse anything. */
void note(const std::string& what);

/** Notes what is left on the current card; of a lost one nobody can close anything. */
void leak(const std::string& what);
bool failed();
const char* first_fault();
void forget_fault(int card);

/** Loses the current card, if the file `lost` beside the library names it. */
void lose_if_asked();
std::string beside_library(const char* file);

// ---- memory.cpp: the cards' memory and its shadow

/** On the current card. */
Result allocate(Address* at, uint64_t bytes);

/** Memory of the current card. */
Result release(Address at);
uint64_t bytes_free();
bool is_device(const void* at);

/** Whether the whole range lies in one open allocation of the card in question; says what is wrong with it otherwise. */
bool in_bounds(Address at, uint64_t bytes, std::string* wrong);

/** A copy or a product touches `bytes` at `at`, on behalf of the running work. */
void touch(Address at, uint64_t bytes, bool write);

/** A kernel's thread touches at most 16 bytes. */
void touch_by_thread(Address at, unsigned bytes, bool write);

/** A kernel's thread reads and writes four bytes in one; threads that all do so are no race. */
void touch_atomically(Address at);
void list_memory_leaks(int card);

/** The memory of a card can be touched as long as one of these lives; there are no two of different cards at once. */
struct Open {
    explicit Open(int card);
    ~Open();
    const int card;
};

// ---- stream.cpp: queues and clocks

struct Stream;

/** Whether a kernel may be launched programmatically after some work. */
enum class Kind { KERNEL, OTHER };
Job enqueue(Stream* stream, const std::string& name, std::function<void()> body, Kind kind = Kind::OTHER);

/** The stream, if it is one of the current card. */
Stream* stream_of(void* handle);
bool is_capturing(Stream* stream);

/** Runs work, in an order by chance, until `job` is done. */
void force(const Job& job);
void force_stream(Stream* stream);

/** Everything that a card has to do. */
void force_all(int card);

/** What all products together have taken so far: there is no other time in the simulator. */
extern double milliseconds;

/** The work that is running, and whether work that ran before is known to come before it. */
extern Work* running;
uint32_t running_number();
bool comes_before(uint32_t number);
std::string name_of(uint32_t number);
void run(const Job& job);
void run_with(Work& work, const Clock& before, int stream, const std::function<void()>& body);
int new_lane();
void free_lane(int lane);
void list_stream_leaks(int card);

// ---- graph.cpp

struct Capture;
void record(Stream* stream, const std::string& name, std::function<void()> body);
void list_graph_leaks(int card);

// ---- block.cpp: one block of threads at a time

struct Launch {
    std::string name;
    void (*call)(void**);
    unsigned grid[3], block[3];
    std::vector<std::vector<char>> parameters;
    char* shared;
    size_t shared_bytes;
    struct Table* table;

    /** Whether its threads may run before the work before it has ended, unless they wait for that. */
    bool programmatic;
};
void launch(const Launch& launch);

/** Of the thread that runs: its number in the grid, how many barriers its block has passed, and both in words. */
uint32_t thread_number();
uint32_t barriers_passed();
uint32_t block_number();

/**
 * Whether what a thread of another block did since `barrier` barriers is known to the running thread: by a fence and then an atomic access there, after
 * another barrier or by the thread itself, and an atomic access of the same word and then a fence here.
 */
bool made_known(uint32_t block, uint32_t barrier, uint32_t thread);

/** The running thread wrote something that its last fence does not cover. */
void wrote();
std::string thread_in_words();
[[noreturn]] void abandon_block();
void fill_table(Table* table);

// ---- module.cpp

void list_module_leaks(int card);

}  // namespace simulator
