/* Streams, and what is recorded of them in graphs. */
#pragma once
#include <deque>
#include <list>

#include "simulator.h"

namespace simulator {

struct Stream {
    int card;
    int lane;
    Clock clock;
    std::deque<Job> queue;
    std::vector<Job> waits;
    Capture* capture = nullptr;
    std::vector<int> last;
    std::vector<int> graph_lanes;

    /** Of the work queued last, with nothing else asked of the stream since. */
    Kind newest = Kind::OTHER;
};

/** One piece of recorded work; it runs after the nodes in `after`. `lane` is the stream it was recorded from, counted from 0. */
struct Node {
    std::string name;
    std::function<void()> body;
    std::vector<int> after;
    int lane;
};

struct Graph {
    int card = 0;
    std::vector<Node> nodes;
    int lanes = 0;
};

struct Capture {
    Stream* origin;
    Graph graph;
    std::map<Stream*, int> lanes;
    bool invalid = false;
};

/** What an event stands for: work that must be done, or nodes of a capture. */
struct Event {
    int card;
    Job job;
    Capture* capture = nullptr;
    std::vector<int> nodes;
};

Stream* open_stream();
void close_stream(Stream* stream);

/** The host goes on after `job`, and what it queues from now on comes after it. */
void host_waits(const Job& job);
void set_clock(Work& work, const Clock& clock);

Result begin_capture(Stream* stream);
Result end_capture(Stream* stream, Graph** graph);
void record_event(Event* event, Stream* stream);
Result wait_event(Stream* stream, Event* event);
void launch_graph(const Graph& graph, Stream* stream);

}  // namespace simulator
