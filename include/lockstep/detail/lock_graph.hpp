// lock_graph.hpp: which lock was wanted while which was held, and the circles in that.
//
// An edge A -> B says that a task wanted B while it held A. A circle of edges is a deadlock that may
// happen, unless two of its edges cannot be at work at the same time: their tasks held a common lock
// (a gate) then, whatever they did. An edge keeps as gates what was held every time it was seen.
// At each lock of a circle, one task holds what another wants: if both share it, there is no wait.
//
// Cost: an edge that is known, O(log n) and a comparison of its gates; a new one, a search.
// Source: K. Havelund, "Using runtime analysis to guide model checking of Java programs" (GoodLock)
// for gates; abseil's graphcycles for what to do at run time.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "../clock.hpp"
#include "../runtime/lock_events.hpp"
#include "config.hpp"
#include "place_text.hpp"

namespace lockstep::inline LOCKSTEP_ABI::detail {

using lock_number = std::uint64_t;  // never given to another lock

// A lock in the hands of a task.
struct held_lock {
  lock_number lock = 0;
  lock_mode mode = lock_mode::exclusive;
  const void* object = nullptr;
  const char* kind = "";
  call_place place{};
  time_point since{};
};

struct lock_edge {
  held_lock held;
  held_lock wanted;
  std::string task;
  std::map<lock_number, lock_mode> gates;
};

class lock_graph {
 public:
  // Notes an edge. Returns the shortest circle that it closes and that was not returned before, in
  // order from this edge, or nothing. The pointers are good until the next call.
  std::vector<const lock_edge*> add(lock_edge e);

  void forget(lock_number lock);

 private:
  using end = std::tuple<lock_number, lock_mode, lock_mode>;  // wanted; modes of held and wanted
  struct node {
    std::map<end, lock_edge> out;
    std::set<lock_number> into;
  };
  // A way through the graph: its last edge, and the way before that.
  struct way {
    const lock_edge* last;
    std::ptrdiff_t before;
  };
  static constexpr std::size_t most_ways = 20'000;  // then the search is given up

  // Whether the gates have become fewer, or weaker.
  static bool narrow(lock_edge& known, const lock_edge& seen);
  static bool waits_for(const lock_edge& one, const lock_edge& next) noexcept {
    return excludes(one.wanted.mode, next.held.mode);
  }
  static bool exclude_each_other(const lock_edge& a, const lock_edge& b);

  std::vector<const lock_edge*> circle_through(const lock_edge& e);
  [[nodiscard]] std::set<lock_number> leading_to(lock_number lock) const;
  // Whether the edge goes on where the way ends, to a place where it has not been.
  static bool continues(const std::deque<way>& ways, std::ptrdiff_t at, const lock_edge& next);
  // True once for each circle.
  bool is_news(const std::vector<const lock_edge*>& circle);

  std::map<lock_number, node> nodes_;
  std::set<std::vector<lock_number>> told_;
};

inline std::vector<const lock_edge*> lock_graph::add(lock_edge e) {
  auto& out = nodes_[e.held.lock].out;
  const end key{e.wanted.lock, e.held.mode, e.wanted.mode};
  auto known = out.find(key);
  if (known == out.end()) {
    nodes_[e.wanted.lock].into.insert(e.held.lock);
    known = out.emplace(key, std::move(e)).first;
  } else if (!narrow(known->second, e)) {
    return {};
  }
  return circle_through(known->second);
}

inline bool lock_graph::narrow(lock_edge& known, const lock_edge& seen) {
  bool narrower = false;
  for (auto at = known.gates.begin(); at != known.gates.end();) {
    const auto still = seen.gates.find(at->first);
    if (still == seen.gates.end()) {
      at = known.gates.erase(at);
      narrower = true;
      continue;
    }
    if (at->second < still->second) {
      at->second = still->second;
      narrower = true;
    }
    ++at;
  }
  return narrower;
}

inline bool lock_graph::exclude_each_other(const lock_edge& a, const lock_edge& b) {
  return std::any_of(a.gates.begin(), a.gates.end(), [&](const auto& gate) {
    const auto other = b.gates.find(gate.first);
    return other != b.gates.end() && excludes(gate.second, other->second);
  });
}

inline std::set<lock_number> lock_graph::leading_to(lock_number lock) const {
  std::set<lock_number> seen{lock};
  std::vector<lock_number> open{lock};
  while (!open.empty()) {
    const auto& into = nodes_.at(open.back()).into;
    open.pop_back();
    for (const lock_number from : into) {
      if (seen.insert(from).second) open.push_back(from);
    }
  }
  return seen;
}

inline bool lock_graph::continues(const std::deque<way>& ways, std::ptrdiff_t at,
                                  const lock_edge& next) {
  if (!waits_for(*ways[static_cast<std::size_t>(at)].last, next)) return false;
  for (; at >= 0; at = ways[static_cast<std::size_t>(at)].before) {
    const lock_edge& e = *ways[static_cast<std::size_t>(at)].last;
    if (exclude_each_other(e, next)) return false;
    if (next.wanted.lock == e.wanted.lock) return false;
  }
  const lock_edge& first = *ways.front().last;
  return next.wanted.lock != first.held.lock || waits_for(next, first);
}

// Breadth first over simple ways, so that the shortest circle comes first.
inline std::vector<const lock_edge*> lock_graph::circle_through(const lock_edge& e) {
  const lock_number start = e.held.lock;
  const auto useful = leading_to(start);
  std::deque<way> ways{{&e, -1}};
  for (std::size_t i = 0; i < ways.size() && ways.size() < most_ways; ++i) {
    const auto at = static_cast<std::ptrdiff_t>(i);
    for (const auto& [key, next] : nodes_.at(ways[i].last->wanted.lock).out) {
      if (useful.count(next.wanted.lock) == 0 || !continues(ways, at, next)) continue;
      ways.push_back({&next, at});
      if (next.wanted.lock != start) continue;
      std::vector<const lock_edge*> circle;
      for (auto k = static_cast<std::ptrdiff_t>(ways.size()) - 1; k >= 0;
           k = ways[static_cast<std::size_t>(k)].before) {
        circle.insert(circle.begin(), ways[static_cast<std::size_t>(k)].last);
      }
      ways.pop_back();  // goes no further
      if (is_news(circle)) return circle;
    }
  }
  return {};
}

inline bool lock_graph::is_news(const std::vector<const lock_edge*>& circle) {
  std::vector<lock_number> locks;
  locks.reserve(circle.size());
  for (const lock_edge* e : circle) locks.push_back(e->held.lock);
  std::rotate(locks.begin(), std::min_element(locks.begin(), locks.end()), locks.end());
  return told_.insert(std::move(locks)).second;
}

inline void lock_graph::forget(lock_number lock) {
  const auto gone = nodes_.find(lock);
  if (gone == nodes_.end()) return;
  for (const auto& [key, e] : gone->second.out) nodes_.at(e.wanted.lock).into.erase(lock);
  for (const lock_number from : gone->second.into) {
    auto& out = nodes_.at(from).out;
    out.erase(out.lower_bound(end{lock, {}, {}}), out.lower_bound(end{lock + 1, {}, {}}));
  }
  nodes_.erase(gone);
  std::erase_if(told_, [&](const auto& circle) {
    return std::find(circle.begin(), circle.end(), lock) != circle.end();
  });
}

}  // namespace lockstep::inline LOCKSTEP_ABI::detail
