/*
 * Streams hold work back until something forces it. Clocks say what comes before what: a stream's own order, events, and what the host has waited for; two
 * pieces of work that touch the same word without such an order are a race, in whatever order they happened to run.
 */
#include <algorithm>
#include <set>

#include "graph.h"
#include "simulator.h"

namespace simulator {

static std::set<Stream*> streams;
static Clock host;
static std::vector<int> free_lanes;
static int lanes;
static std::vector<uint32_t> turns;

/** What ran: enough to say whether it came before, and its name. Number 0 is no work. */
struct Past {
    int stream;
    uint32_t turn;
    std::string name;
};
static std::vector<Past> past(1);

Work* running;
double milliseconds;
static uint32_t number;

int new_lane() {
    if (!free_lanes.empty()) {
        int lane = free_lanes.back();
        free_lanes.pop_back();
        return lane;
    }
    turns.push_back(0);
    return lanes++;
}

void free_lane(int lane) {
    free_lanes.push_back(lane);
}

static void join(Clock& into, const Clock& other) {
    into.resize(std::max(into.size(), other.size()));
    for (size_t i = 0; i < other.size(); i++) {
        into[i] = std::max(into[i], other[i]);
    }
}

uint32_t running_number() {
    return number;
}

bool comes_before(uint32_t n) {
    const Past& p = past[n];
    return (size_t) p.stream < running->clock.size() && running->clock[p.stream] >= p.turn;
}

std::string name_of(uint32_t n) {
    return past[n].name;
}

/** Runs `body` as the next turn of `lane`, after everything that `before` knows. */
void run_with(Work& work, const Clock& before, int lane, const std::function<void()>& body) {
    work.stream = lane;
    work.turn = ++turns[lane];
    work.clock = before;
    work.clock.resize(std::max(work.clock.size(), (size_t) lane + 1));
    work.clock[lane] = work.turn;
    past.push_back({lane, work.turn, work.name});
    Work* outer = running;
    uint32_t outer_number = number;
    running = &work;
    number = (uint32_t) past.size() - 1;
    if (body && !failed()) {
        Open open(work.card);
        body();
    }
    running = outer;
    number = outer_number;
}

static Stream* new_stream(int card) {
    Stream* s = new Stream();
    s->card = card;
    s->lane = new_lane();
    return s;
}

static Stream* legacy(int card) {
    static std::map<int, Stream*> all;
    Stream*& s = all[card];
    return s != nullptr ? s : s = new_stream(card);
}

Stream* stream_of(void* handle) {
    if (handle == nullptr) {
        return legacy(current_card);
    }
    return streams.count((Stream*) handle) && ((Stream*) handle)->card == current_card ? (Stream*) handle : nullptr;
}

Stream* open_stream() {
    Stream* s = new_stream(current_card);
    streams.insert(s);
    return s;
}

void close_stream(Stream* s) {
    force_stream(s);
    streams.erase(s);
    free_lane(s->lane);
    for (size_t i = 1; i < s->graph_lanes.size(); i++) {
        free_lane(s->graph_lanes[i]);
    }
    delete s;
}

Job enqueue(Stream* s, const std::string& name, std::function<void()> body, Kind kind) {
    s->newest = kind;
    if (s->capture != nullptr) {
        record(s, name, std::move(body));
        return nullptr;
    }
    Job job = std::make_shared<Work>();
    job->name = name;
    job->card = s->card;
    job->body = std::move(body);
    job->clock = host;
    job->queued = true;
    job->after = std::move(s->waits);
    s->waits.clear();
    s->queue.push_back(job);
    return job;
}

static bool ready(const Job& job) {
    return std::all_of(job->after.begin(), job->after.end(), [](const Job& j) { return j->done; });
}

static void run_head(Stream* s) {
    Job job = s->queue.front();
    s->queue.pop_front();
    Clock before = job->clock;
    join(before, s->clock);
    for (const Job& j : job->after) {
        join(before, j->clock);
    }
    job->after.clear();
    run_with(*job, before, s->lane, job->body);
    job->body = nullptr;
    job->done = true;
    job->time = milliseconds;
    s->clock = job->clock;
}

void set_clock(Work& work, const Clock& clock) {
    join(work.clock, clock);
}

static std::vector<Stream*> all_streams() {
    std::vector<Stream*> all(streams.begin(), streams.end());
    for (int card = 0; card < Card::MOST; card++) {
        all.push_back(legacy(card));
    }
    std::sort(all.begin(), all.end(), [](Stream* a, Stream* b) { return a->lane < b->lane; });
    return all;
}

void force(const Job& job) {
    while (job != nullptr && !job->done) {
        std::vector<Stream*> heads;
        for (Stream* s : all_streams()) {
            if (!s->queue.empty() && ready(s->queue.front())) {
                heads.push_back(s);
            }
        }
        if (heads.empty()) {
            fault("stuck: '" + job->name + "' waits for work that cannot run");
            return;
        }
        run_head(heads[choice.below((uint32_t) heads.size())]);
    }
}

void force_stream(Stream* s) {
    Job marker = enqueue(s, "end of stream", nullptr, s->newest);
    force(marker);
    join(host, s->clock);
}

void force_all(int card) {
    for (Stream* s : all_streams()) {
        if (s->card == card && !is_capturing(s)) {
            force_stream(s);
        }
    }
}

void host_waits(const Job& job) {
    force(job);
    if (job != nullptr) {
        join(host, job->clock);
    }
}

void list_stream_leaks(int card) {
    for (Stream* s : std::vector<Stream*>(streams.begin(), streams.end())) {
        if (s->card == card) {
            leak("a stream");
            close_stream(s);
        }
    }
}

}  // namespace simulator
