// blocked_wait.hpp: a copy of what is recorded of a blocked task, to be put into words at leisure.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "../clock.hpp"
#include "../runtime/observer.hpp"
#include "config.hpp"
#include "place_text.hpp"
#include "report_text.hpp"

namespace lockstep::inline LOCKSTEP_ABI::detail {

struct blocked_wait {
  task_name who;
  std::string verb;
  std::string kind;
  std::string more;  // how far the object got
  const void* object;
  call_place place;
  duration blocked_for;

  // Everybody who waits now.
  static std::vector<blocked_wait> all() {
    std::vector<blocked_wait> waits;
    const time_point real_now = threads_runtime::now();
    observed_waits.for_each([&](const blocked_record& r) {
      char progress[256] = "";
      if (r.op.describe != nullptr) r.op.describe(r.op.object, progress, sizeof progress);
      task_name waiter =
          r.task != nullptr ? task_name::of(*r.task) : task_name::of_thread(r.thread_id);
      const time_point now =
          waiter.world != nullptr ? waiter.world->time.load(std::memory_order_relaxed) : real_now;
      waits.push_back(
          {std::move(waiter),
           r.op.verb,
           r.op.kind,
           progress,
           r.op.object,
           {r.op.where, std::vector<void*>(r.frames.begin(), r.frames.begin() + r.frames.size())},
           std::max(now - r.since, duration::zero())});
    });
    return waits;
  }

  // "wait barrier 'ready': 3 of 5" for an object with a name, "recv channel #1 (rendezvous)" else.
  [[nodiscard]] std::string text(object_numbers& names) const {
    if (kind.empty()) return more.empty() ? verb : verb + " " + more;  // it has a name, or is none
    const std::string what = verb + " " + (object != nullptr ? names.text(kind, object) : kind);
    return more.empty() ? what : what + " (" + more + ")";
  }
};

}  // namespace lockstep::inline LOCKSTEP_ABI::detail
