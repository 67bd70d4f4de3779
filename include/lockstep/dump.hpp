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
#include <ostream>

#include "clock.hpp"
#include "detail/config.hpp"
#include "detail/duration_text.hpp"
#include "detail/report_text.hpp"
#include "detail/task_states.hpp"

namespace lockstep::inline LOCKSTEP_ABI {

// Writes what all known tasks are doing.
inline void dump(std::ostream& to) {
  const auto states = detail::task_states();
  const auto blocked =
      std::count_if(states.begin(), states.end(), [](const auto& s) { return !s.wait.empty(); });
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
         << detail::duration_text(s.now - l.since) << ", taken at " << l.place.text() << "\n";
    }
  }
  to.flush();
}

}  // namespace lockstep::inline LOCKSTEP_ABI
