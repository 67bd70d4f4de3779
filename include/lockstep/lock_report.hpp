// lock_report.hpp: what a lock watch finds, and what it is asked for.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "clock.hpp"
#include "detail/config.hpp"
#include "detail/duration_text.hpp"
#include "detail/lock_graph.hpp"
#include "detail/report_text.hpp"

namespace lockstep::inline LOCKSTEP_ABI {

class lock_report {
 public:
  enum class kind {
    inversion,  // locks were wanted in a circle
    deadlock,   // locks are wanted in a circle, now: its tasks wait for each other for ever
    recursion,  // a task waits for a lock that it holds
    held_long   // a lock was held for long
  };

  // One task's part: it wanted a lock while it held another; if held long, both are the same.
  struct part {
    std::string task;
    const void* held;
    const void* wanted;
    std::string held_at;  // "file:12 in function"
    std::string wanted_at;
  };

  lock_report(kind what, const std::vector<detail::lock_edge>& edges, duration held = {},
              bool for_ever = false);

  [[nodiscard]] kind what() const noexcept { return what_; }
  // An inversion or deadlock has one for each lock of the circle, in order; the others have one.
  [[nodiscard]] const std::vector<part>& parts() const noexcept { return parts_; }
  // How long the lock was held, if that is what it is about.
  [[nodiscard]] duration held_for() const noexcept { return held_for_; }
  // Whether a task will wait for ever, unless others release the locks for those that took them: a
  // deadlock, or a recursion that no context ends.
  [[nodiscard]] bool for_ever() const noexcept { return for_ever_; }
  // All of it, in lines; without a newline at the end.
  [[nodiscard]] const std::string& text() const noexcept { return text_; }

 private:
  static std::string taken(detail::object_numbers& names, const detail::held_lock& l,
                           const std::string& where, const char* how) {
    return "\n      " + names.text(l.kind, l.object) + " " + how +
           (l.mode == detail::lock_mode::shared ? ", shared, at " : " at ") + where;
  }

  kind what_;
  std::vector<part> parts_;
  duration held_for_;
  bool for_ever_;
  std::string text_;
};

struct lock_watch_options {
  // Gets each report, one at a time, from the task that acts, which may hold locks of its own. Must
  // not wait for other tasks; what it does with locks is not reported. Null: to stderr.
  std::function<void(const lock_report&)> report = nullptr;
  // Inversions and recursions are broken contracts as well (contract.hpp).
  bool violations = false;
  // A lock that was held for longer is reported when it is released.
  duration held_longer_than = duration::max();
};

inline lock_report::lock_report(kind what, const std::vector<detail::lock_edge>& edges,
                                duration held, bool for_ever)
    : what_{what}, held_for_{held}, for_ever_{for_ever} {
  detail::object_numbers names;
  if (what == kind::inversion) {
    text_ = "lock order inversion: " + std::to_string(edges.size()) +
            " locks are taken in a circle, which may end in a deadlock";
  } else if (what == kind::deadlock) {
    text_ = "deadlock: " + std::to_string(edges.size()) +
            " tasks wait in a circle, each for a lock that the next one holds";
  } else if (what == kind::recursion) {
    text_ = "a task waits for a lock that it holds";
  } else {
    text_ = "a lock was held for " + detail::duration_text(held);
  }
  for (const detail::lock_edge& e : edges) {
    const part& p = parts_.emplace_back(
        part{e.task, e.held.object, e.wanted.object, e.held.place.text(), e.wanted.place.text()});
    text_ += "\n  " + e.task + ":" + taken(names, e.held, p.held_at, "taken");
    if (what != kind::held_long) text_ += taken(names, e.wanted, p.wanted_at, "wanted");
  }
}

}  // namespace lockstep::inline LOCKSTEP_ABI
