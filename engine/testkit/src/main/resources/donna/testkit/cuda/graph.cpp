/* Capture of streams into graphs. A graph's nodes run in any order that their edges allow, chosen anew at each launch. */
#include "graph.h"

#include <algorithm>

namespace simulator {

static std::vector<int> join(std::vector<int> a, const std::vector<int>& b) {
    for (int n : b) {
        if (std::find(a.begin(), a.end(), n) == a.end()) {
            a.push_back(n);
        }
    }
    return a;
}

bool is_capturing(Stream* stream) {
    return stream->capture != nullptr;
}

Result begin_capture(Stream* s) {
    if (s->capture != nullptr) {
        return INVALID_VALUE;
    }
    s->capture = new Capture();
    s->capture->origin = s;
    s->capture->lanes[s] = 0;
    s->capture->graph.lanes = 1;
    s->capture->graph.card = s->card;
    s->newest = Kind::OTHER;
    s->last.clear();
    return SUCCESS;
}

void record(Stream* s, const std::string& name, std::function<void()> body) {
    Graph& g = s->capture->graph;
    g.nodes.push_back({name, std::move(body), s->last, s->capture->lanes[s]});
    s->last = {(int) g.nodes.size() - 1};
}

Result end_capture(Stream* s, Graph** graph) {
    Capture* c = s->capture;
    if (c == nullptr || c->origin != s) {
        return STREAM_CAPTURE_UNMATCHED;
    }
    Result result = c->invalid ? STREAM_CAPTURE_INVALIDATED : SUCCESS;
    for (auto& [other, lane] : c->lanes) {
        if (other != s && join(s->last, other->last).size() != s->last.size()) {
            std::vector<int> reached = s->last;
            for (size_t i = 0; i < reached.size(); i++) {
                reached = join(reached, c->graph.nodes[reached[i]].after);
            }
            if (join(reached, other->last).size() != reached.size()) {
                result = STREAM_CAPTURE_UNJOINED;
            }
        }
        other->capture = nullptr;
        other->newest = Kind::OTHER;
    }
    if (result == SUCCESS) {
        *graph = new Graph(std::move(c->graph));
    }
    delete c;
    return result;
}

void record_event(Event* e, Stream* s) {
    if (s->capture != nullptr) {
        e->capture = s->capture;
        e->nodes = s->last;
        e->job = nullptr;
    } else {
        e->capture = nullptr;
        e->job = enqueue(s, "event", nullptr);
    }
}

Result wait_event(Stream* s, Event* e) {
    s->newest = Kind::OTHER;
    if (e->capture != nullptr) {
        if (s->capture == nullptr) {
            s->capture = e->capture;
            s->last.clear();
            int lane = s->capture->graph.lanes++;
            s->capture->lanes[s] = lane;
        } else if (s->capture != e->capture) {
            return STREAM_CAPTURE_UNMATCHED;
        }
        s->last = join(s->last, e->nodes);
    } else if (s->capture != nullptr) {
        s->capture->invalid = true;
        return STREAM_CAPTURE_UNSUPPORTED;
    } else if (e->job != nullptr) {
        s->waits.push_back(e->job);
    }
    return SUCCESS;
}

static void join_clock(Clock& into, const Clock& other) {
    into.resize(std::max(into.size(), other.size()));
    for (size_t i = 0; i < other.size(); i++) {
        into[i] = std::max(into[i], other[i]);
    }
}

/**
 * One work for the whole graph in the stream; its nodes run inside. Those recorded from the origin keep to the stream's own lane, the others to lanes that
 * the stream has for its graphs: what it launches comes one after another anyway.
 */
void launch_graph(const Graph& graph, Stream* s) {
    auto nodes = std::make_shared<std::vector<Node>>(graph.nodes);
    while ((int) s->graph_lanes.size() < graph.lanes) {
        s->graph_lanes.push_back(s->graph_lanes.empty() ? s->lane : new_lane());
    }
    std::vector<int> lane = s->graph_lanes;
    enqueue(s, "graph", [nodes, lane] {
        Work* whole = running;
        std::vector<Work> works(nodes->size());
        std::vector<bool> done(nodes->size());
        for (size_t left = nodes->size(); left > 0 && !failed(); left--) {
            std::vector<int> heads;
            for (size_t i = 0; i < nodes->size(); i++) {
                const std::vector<int>& after = (*nodes)[i].after;
                if (!done[i] && std::all_of(after.begin(), after.end(), [&](int a) { return done[a]; })) {
                    heads.push_back((int) i);
                }
            }
            int n = heads[choice.below((uint32_t) heads.size())];
            Clock before = whole->clock;
            for (int a : (*nodes)[n].after) {
                join_clock(before, works[a].clock);
            }
            works[n].name = (*nodes)[n].name;
            works[n].card = whole->card;
            run_with(works[n], before, lane[(*nodes)[n].lane], (*nodes)[n].body);
            done[n] = true;
        }
        for (Work& w : works) {
            set_clock(*whole, w.clock);
        }
    });
}

}  // namespace simulator
