// task_states.hpp: what every known task is doing: a copy, to be put into words at leisure.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "../runtime/task_list.hpp"
#include "blocked_wait.hpp"
#include "config.hpp"
#include "lock_registry.hpp"
#include "report_text.hpp"

namespace lockstep::inline LOCKSTEP_ABI::detail {

// What is known of one task.
struct task_state {
  task_name who;
  std::vector<blocked_wait> wait;  // one at most
  std::vector<held_lock> locks;
  time_point now{};  // when that was
};

// Of those that `wanted` wants. Sorted by instance, name, and start; threads of others come last.
template <class Wanted>
std::vector<task_state> task_states(Wanted wanted) {
  const time_point real_now = threads_runtime::now();
  std::map<std::pair<long, std::uint64_t>, task_state> states;
  const auto state_of = [&](const task_name& who) -> task_state& {
    task_state& s = states[{who.thread, who.task != nullptr ? who.number : 0}];
    s.who = who;
    return s;
  };
  known_tasks.for_each([&](task_info& t) {
    const task_name who = task_name::of(t);
    if (!wanted(who)) return;
    state_of(who).now =
        who.world != nullptr ? who.world->time.load(std::memory_order_relaxed) : real_now;
  });
  for (blocked_wait& w : blocked_wait::all()) {
    if (wanted(w.who)) state_of(w.who).wait.push_back(std::move(w));
  }
  for (auto& h : lock_registry::instance().holders()) {
    if (wanted(h.task)) state_of(h.task).locks = std::move(h.locks);
  }

  std::vector<task_state> sorted;
  sorted.reserve(states.size());
  for (auto& [of, state] : states) {
    if (state.now == time_point{}) state.now = real_now;  // no task of ours
    sorted.push_back(std::move(state));
  }
  std::sort(sorted.begin(), sorted.end(), [](const task_state& a, const task_state& b) {
    const auto order = [](const task_name& n) {
      return std::tuple<bool, std::uint64_t, const std::string&, std::uint64_t, long>{
          n.task == nullptr, n.instance, n.name, n.number, n.thread};
    };
    return order(a.who) < order(b.who);
  });
  return sorted;
}
inline std::vector<task_state> task_states() {
  return task_states([](const task_name&) { return true; });
}

}  // namespace lockstep::inline LOCKSTEP_ABI::detail
