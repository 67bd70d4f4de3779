// dump.hpp: every task, and what it is doing: as Go does on SIGQUIT.
//
//   3 tasks, 2 of them blocked
//   instance 0: recv channel #1 (rendezvous), for 2 s
//       at plan.cpp:12 in worker
//       holds mutex #2 for 2 s, taken at plan.cpp:9 in worker
//   instance 1: running
//   thread 4711: lock mutex #2, for 1.5 s
//       at plan.cpp:30 in main
//
// Knows the tasks that were started while observation was on (while a lock_watch or a
// dump_on_signal lives, and in plans), and whoever is blocked, or holds a lock, since then. Locks
// that are held are known while a lock_watch lives. Does not stop anybody: tasks go on meanwhile.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <ostream>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "clock.hpp"
#include "detail/blocked_wait.hpp"
#include "detail/config.hpp"
#include "detail/duration_text.hpp"
#include "detail/lock_registry.hpp"
#include "detail/report_text.hpp"
#include "runtime/task_list.hpp"

namespace lockstep::inline LOCKSTEP_ABI {

namespace detail {

// What is known of one task.
struct task_state {
  task_name who;
  std::vector<blocked_wait> wait;  // one at most
  std::vector<held_lock> locks;
};

// Sorted by instance, name, and start; threads of others come last.
inline std::vector<task_state> task_states() {
  std::map<std::pair<long, std::uint64_t>, task_state> states;
  const auto state_of = [&](const task_name& who) -> task_state& {
    task_state& s = states[{who.thread, who.task != nullptr ? who.number : 0}];
    s.who = who;
    return s;
  };
  known_tasks.for_each([&](task_info& t) { state_of(task_name::of(t)); });
  for (blocked_wait& w : blocked_wait::all()) state_of(w.who).wait.push_back(std::move(w));
  for (auto& h : lock_registry::instance().holders()) state_of(h.task).locks = std::move(h.locks);

  std::vector<task_state> sorted;
  sorted.reserve(states.size());
  for (auto& [of, state] : states) sorted.push_back(std::move(state));
  std::sort(sorted.begin(), sorted.end(), [](const task_state& a, const task_state& b) {
    const auto order = [](const task_name& n) {
      return std::tuple<bool, std::uint64_t, const std::string&, std::uint64_t, long>{
          n.task == nullptr, n.instance, n.name, n.number, n.thread};
    };
    return order(a.who) < order(b.who);
  });
  return sorted;
}

}  // namespace detail

// Writes what all known tasks are doing.
inline void dump(std::ostream& to) {
  const auto states = detail::task_states();
  const auto blocked =
      std::count_if(states.begin(), states.end(), [](const auto& s) { return !s.wait.empty(); });
  const time_point now = any_runtime::now();
  detail::object_numbers names;
  to << states.size() << (states.size() == 1 ? " task, " : " tasks, ") << blocked
     << " of them blocked\n";
  for (const detail::task_state& s : states) {
    to << s.who.text() << ": ";
    if (s.wait.empty()) {
      to << "running\n";
    } else {
      const detail::blocked_wait& w = s.wait.front();
      to << w.text(names) << ", for " << detail::duration_text(w.blocked_for) << "\n    at "
         << w.place.text() << "\n";
    }
    for (const detail::held_lock& l : s.locks) {
      to << "    holds " << names.text(l.kind, l.object)
         << (l.mode == detail::lock_mode::shared ? ", shared, for " : " for ")
         << detail::duration_text(now - l.since) << ", taken at " << l.place.text() << "\n";
    }
  }
  to.flush();
}

}  // namespace lockstep::inline LOCKSTEP_ABI
