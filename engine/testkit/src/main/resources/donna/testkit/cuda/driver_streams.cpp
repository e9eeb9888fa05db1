/* The CUDA driver's streams, events and graphs. */
#include <set>

#include "graph.h"

using namespace simulator;

static std::set<Event*> events;
static std::set<Graph*> graphs;

/** Of what is made on the current card: whether it is there. */
template <class T>
static bool is_open(const std::set<T*>& all, void* handle) {
    return all.count((T*) handle) && ((T*) handle)->card == current_card;
}

template <class T>
static void list_leaks(std::set<T*>& all, int card, const char* what) {
    for (auto at = all.begin(); at != all.end();) {
        if ((*at)->card == card) {
            leak(what);
            delete *at;
            at = all.erase(at);
        } else {
            ++at;
        }
    }
}

void simulator::list_graph_leaks(int card) {
    list_leaks(events, card, "an event");
    list_leaks(graphs, card, "a graph");
}

static Result end() {
    return failed() ? ILLEGAL_ADDRESS : SUCCESS;
}

/** Streams that wait for the legacy stream (flags 0) are not simulated. */
EXPORT Result cuStreamCreateWithPriority(void** stream, unsigned flags, int) {
    ENTER();
    if (flags != 1) {
        return NOT_SUPPORTED;
    }
    *stream = open_stream();
    return SUCCESS;
}

EXPORT Result cuStreamDestroy_v2(void* stream) {
    ENTER();
    Stream* s = stream_of(stream);
    if (stream == nullptr || s == nullptr) {
        return INVALID_HANDLE;
    }
    close_stream(s);
    return end();
}

EXPORT Result cuStreamSynchronize(void* stream) {
    ENTER();
    Stream* s = stream_of(stream);
    if (s == nullptr) {
        return INVALID_HANDLE;
    }
    if (is_capturing(s)) {
        s->capture->invalid = true;
        return STREAM_CAPTURE_UNSUPPORTED;
    }
    force_stream(s);
    return end();
}

EXPORT Result cuStreamQuery(void* stream) {
    ENTER();
    Stream* s = stream_of(stream);
    if (s == nullptr) {
        return INVALID_HANDLE;
    }
    if (s->queue.empty()) {
        force_stream(s);
        return end();
    }
    force(s->queue.front());
    return failed() ? ILLEGAL_ADDRESS : NOT_READY;
}

EXPORT Result cuStreamWaitEvent(void* stream, void* event, unsigned) {
    ENTER();
    Stream* s = stream_of(stream);
    return s == nullptr || !is_open(events, event) ? INVALID_HANDLE : wait_event(s, (Event*) event);
}

EXPORT Result cuEventCreate(void** event, unsigned) {
    ENTER();
    Event* e = new Event();
    e->card = current_card;
    events.insert(e);
    *event = e;
    return SUCCESS;
}

EXPORT Result cuEventDestroy_v2(void* event) {
    ENTER();
    if (!is_open(events, event)) {
        return INVALID_HANDLE;
    }
    events.erase((Event*) event);
    delete (Event*) event;
    return SUCCESS;
}

EXPORT Result cuEventRecord(void* event, void* stream) {
    ENTER();
    Stream* s = stream_of(stream);
    if (s == nullptr || !is_open(events, event)) {
        return INVALID_HANDLE;
    }
    record_event((Event*) event, s);
    return SUCCESS;
}

EXPORT Result cuEventSynchronize(void* event) {
    ENTER();
    if (!is_open(events, event)) {
        return INVALID_HANDLE;
    }
    host_waits(((Event*) event)->job);
    return end();
}

EXPORT Result cuEventQuery(void* event) {
    ENTER();
    if (!is_open(events, event)) {
        return INVALID_HANDLE;
    }
    const Job& job = ((Event*) event)->job;
    if (job == nullptr || job->done || choice.below(2) == 0) {
        host_waits(job);
        return end();
    }
    return NOT_READY;
}

/** A millisecond, and what products took meanwhile. */
EXPORT Result cuEventElapsedTime(float* result, void* start, void* end) {
    ENTER();
    if (!events.count((Event*) start) || !events.count((Event*) end)) {
        return INVALID_HANDLE;
    }
    const Job& from = ((Event*) start)->job;
    const Job& to = ((Event*) end)->job;
    if (from == nullptr || to == nullptr || !from->done || !to->done) {
        return NOT_READY;
    }
    *result = (float) (1 + to->time - from->time);
    return SUCCESS;
}

EXPORT Result cuStreamBeginCapture_v2(void* stream, int) {
    ENTER();
    Stream* s = stream_of(stream);
    return stream == nullptr || s == nullptr ? INVALID_HANDLE : begin_capture(s);
}

EXPORT Result cuStreamEndCapture(void* stream, void** graph) {
    ENTER();
    Stream* s = stream_of(stream);
    Graph* made = nullptr;
    Result r = s == nullptr ? INVALID_HANDLE : end_capture(s, &made);
    if (made != nullptr) {
        graphs.insert(made);
    }
    *graph = made;
    return r;
}

EXPORT Result cuStreamIsCapturing(void* stream, int* status) {
    ENTER();
    Stream* s = stream_of(stream);
    *status = s != nullptr && is_capturing(s) ? 1 : 0;
    return s == nullptr ? INVALID_HANDLE : SUCCESS;
}

EXPORT Result cuGraphInstantiateWithFlags(void** executable, void* graph, unsigned long long) {
    ENTER();
    if (!is_open(graphs, graph)) {
        return INVALID_HANDLE;
    }
    Graph* copy = new Graph(*(Graph*) graph);
    graphs.insert(copy);
    *executable = copy;
    return SUCCESS;
}

EXPORT Result cuGraphGetNodes(void* graph, void**, size_t* count) {
    ENTER();
    if (!is_open(graphs, graph)) {
        return INVALID_HANDLE;
    }
    *count = ((Graph*) graph)->nodes.size();
    return SUCCESS;
}

EXPORT Result cuGraphUpload(void* executable, void*) {
    ENTER();
    return is_open(graphs, executable) ? SUCCESS : INVALID_HANDLE;
}

EXPORT Result cuGraphLaunch(void* executable, void* stream) {
    ENTER();
    lose_if_asked();
    Stream* s = stream_of(stream);
    if (s == nullptr || !is_open(graphs, executable)) {
        return INVALID_HANDLE;
    }
    launch_graph(*(Graph*) executable, s);
    return end();
}

EXPORT Result cuGraphDestroy(void* graph) {
    ENTER();
    if (!is_open(graphs, graph)) {
        return INVALID_HANDLE;
    }
    graphs.erase((Graph*) graph);
    delete (Graph*) graph;
    return SUCCESS;
}

EXPORT Result cuGraphExecDestroy(void* executable) {
    return cuGraphDestroy(executable);
}

/** The driver takes new parameters where the shape is the old one; here the whole graph is taken. */
EXPORT Result cuGraphExecUpdate_v2(void* executable, void* graph, void*) {
    ENTER();
    if (!is_open(graphs, executable) || !is_open(graphs, graph)) {
        return INVALID_HANDLE;
    }
    if (((Graph*) executable)->nodes.size() != ((Graph*) graph)->nodes.size()) {
        return GRAPH_EXEC_UPDATE_FAILURE;
    }
    *(Graph*) executable = *(Graph*) graph;
    return SUCCESS;
}
