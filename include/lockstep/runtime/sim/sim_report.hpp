// sim_report.hpp: a simulation at rest, in words.
//
//   deadlock: 2 of 3 tasks wait for what cannot come (seed 7, step 12, after 0 s)
//     circle: task 'a' wants mutex #1, held by task 'b', which wants mutex #2, held by task 'a'
//     task 'a': lock mutex #1 (held by task 'b'), bank.cpp:12 in transfer, for 0 s
//         holds mutex #2, taken at bank.cpp:11 in transfer
#pragma once

#include <string>

#include "../../detail/config.hpp"
#include "../../detail/duration_text.hpp"
#include "../../detail/report_text.hpp"
#include "../../detail/wait_report.hpp"
#include "../../detail/wait_report_text.hpp"
#include "../any.hpp"
#include "simulation.hpp"

namespace lockstep::inline LOCKSTEP_ABI::detail {

// "deadlock: 2 of 3 tasks wait for what cannot come"
[[nodiscard]] inline std::string sim_verdict_text(const simulation& s, sim::verdict v) {
  const std::string some =
      std::to_string(s.alive()) + " of " + std::to_string(s.started()) + " tasks";
  switch (v) {
    case sim::verdict::passed: return "passed: all tasks have ended";
    case sim::verdict::stuck: return "deadlock: " + some + " wait for what cannot come";
    case sim::verdict::spinning:
      return "busy wait: tasks keep looking for what cannot come, as the clock stands still "
             "meanwhile";
    case sim::verdict::steps: return "step limit: " + some + " have not ended";
    case sim::verdict::time: return "timeout: " + some + " have not ended";
    case sim::verdict::diverged:
      return "not deterministic: this run differs from the one before it with the same seed";
    case sim::verdict::no_memory:
      return "no memory for the stack of another task: " + some + " have not ended";
  }
  return "";
}

// The task that runs, for another thread that finds it has left the simulation alone for long. (Should
// it come back at this moment, what is said of it was true a moment ago.)
inline std::string sim_running_text(const simulation& s) {
  const lock_scope hold{s.ends()};
  const sim_task* const t = s.current();
  if (t == nullptr || t->code == nullptr) return "no task runs";
  const visible_op& last = t->next_op;
  return task_name::of(t->code->info).text() +
         " keeps the whole simulation waiting, in something that is not the library's" +
         (*last.verb == 0 ? ""
                          : "; before, it came to " + std::string{last.verb} + ", " +
                                call_place{last.where, {}}.text());
}

// The tasks that are left.
[[nodiscard]] inline wait_report sim_left(const simulation& s) {
  // A task that destroys its closure is known by the thread that it is on.
  const long here = current_thread_id();
  wait_reporter left{task_states([&](const task_name& who) {
    return who.world == &s || (who.task == nullptr && who.thread == here);
  })};
  s.tasks().for_each([&](const sim_task& t) {
    if (t.waits_for == nullptr && t.code != nullptr)
      left.busy(task_name::of(t.code->info), t.next_op);
  });
  return left.report();
}

[[nodiscard]] inline std::string sim_report(const simulation& s, sim::verdict v) {
  return sim_verdict_text(s, v) + " (seed " + std::to_string(s.seed()) + ", step " +
         std::to_string(s.steps()) + ", after " + duration_text(s.elapsed()) + ")\n" +
         wait_report_text(sim_left(s));
}

}  // namespace lockstep::inline LOCKSTEP_ABI::detail
