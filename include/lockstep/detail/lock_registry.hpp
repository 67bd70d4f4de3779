// lock_registry.hpp: which task holds which locks, while any lock watch lives.
//
// One for the process, never destroyed: tasks may still be reporting when a watch ends. Everything
// is under one lock; reports are made and delivered outside it.
#pragma once

#include <algorithm>
#include <cstdio>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "../contract.hpp"
#include "../lock_report.hpp"
#include "../runtime/observer.hpp"
#include "config.hpp"
#include "lock_graph.hpp"
#include "report_text.hpp"

namespace lockstep::inline LOCKSTEP_ABI::detail {

// One who wants reports.
struct lock_listener {
  lock_watch_options options;
  std::mutex busy{};  // while a report is delivered
  bool ended = false;
};

// A lock that was held for long.
class late_report {
 public:
  lock_edge hold;
  duration held;
};

class lock_registry {
 public:
  // The locks that a task holds.
  struct holder {
    task_name task;
    std::vector<held_lock> locks;
    std::optional<held_lock> wanted = std::nullopt;  // for ever
  };

  static lock_registry& instance() {
    static auto& self = *new lock_registry;
    return self;
  }

  std::shared_ptr<lock_listener> add(lock_watch_options o);
  // Returns when no report is being delivered any more.
  void remove(const std::shared_ptr<lock_listener>& gone);

  void wanted(const visible_op& op, lock_mode mode, bool for_ever);
  void unwanted();
  void acquired(const visible_op& op, lock_mode mode);
  late_report* released(const void* object, lock_mode mode);
  void deliver(late_report& late);
  void destroyed(const void* object);

  // A copy, for a dump.
  [[nodiscard]] std::vector<holder> holders() const;

 private:
  using listeners = std::vector<std::shared_ptr<lock_listener>>;

  lock_registry() = default;

  // While a task delivers a report, what it does with locks is noted, but leads to no other report.
  class quiet_scope {
   public:
    quiet_scope() noexcept : before_{std::exchange(on_, true)} {}
    quiet_scope(const quiet_scope&) = delete;
    quiet_scope& operator=(const quiet_scope&) = delete;
    ~quiet_scope() { on_ = before_; }
    static bool on() noexcept { return on_; }

   private:
    static inline constinit thread_local bool on_ = false;
    bool before_;
  };

  lock_number number_of(const void* object) {
    const auto [at, is_new] = numbers_.try_emplace(object, next_number_);
    if (is_new) ++next_number_;
    return at->second;
  }
  // Takes a lock out of the hands of the task with this number, or, as any task may release any
  // lock, of the one that has it.
  std::optional<std::pair<task_name, held_lock>> take_back(std::uint64_t task, const void* object,
                                                           lock_mode mode);
  // Edges from everything that the task holds to the lock that it wants.
  std::vector<std::vector<lock_edge>> circles_closed_by(const holder& h, const held_lock& wanted);
  // The tasks from h, which wants the lock for ever, back to h, of which each waits for the next one.
  std::vector<lock_edge> deadlock_of(const holder& h, const held_lock& wanted);
  bool leads_to(const holder& end, std::vector<lock_edge>& way);
  static void deliver(const lock_report& report, const listeners& to, site where);

  mutable std::mutex lock_;
  listeners listeners_;
  lock_graph graph_;
  lock_number next_number_ = 1;
  std::unordered_map<const void*, lock_number> numbers_;
  std::unordered_map<std::uint64_t, holder> holders_;
};

inline constexpr lock_watcher registry_of_locks{
    .wanted = [](const visible_op& op, lock_mode m,
                 bool for_ever) { lock_registry::instance().wanted(op, m, for_ever); },
    .unwanted = [] { lock_registry::instance().unwanted(); },
    .acquired = [](const visible_op& op,
                   lock_mode m) { lock_registry::instance().acquired(op, m); },
    .released = [](const void* l, lock_mode m) { return lock_registry::instance().released(l, m); },
    .report =
        [](late_report* late) {
          const std::unique_ptr<late_report> owned{late};
          lock_registry::instance().deliver(*owned);
        },
    .destroyed = [](const void* l) { lock_registry::instance().destroyed(l); },
};

inline std::shared_ptr<lock_listener> lock_registry::add(lock_watch_options o) {
  auto one = std::make_shared<lock_listener>();
  one->options = std::move(o);
  keep_frames();
  const std::lock_guard hold{lock_};
  listeners_.push_back(one);
  installed_lock_watcher.store(&registry_of_locks, std::memory_order_release);
  return one;
}

inline void lock_registry::remove(const std::shared_ptr<lock_listener>& gone) {
  {
    const std::lock_guard hold{lock_};
    std::erase(listeners_, gone);
    if (listeners_.empty()) {  // what was seen is void: from now on nobody looks
      graph_ = {};
      numbers_.clear();
      holders_.clear();
    }
  }
  const std::lock_guard delivered{gone->busy};
  gone->ended = true;
}

inline void lock_registry::wanted(const visible_op& op, lock_mode mode, bool for_ever) {
  if (quiet_scope::on()) return;
  const task_name self = task_name::current();
  {
    const std::lock_guard hold{lock_};
    if (holders_.count(self.number) == 0) return;  // before the stack is unwound for nothing
  }
  held_lock wanted{
      0, mode, op.object, op.kind, call_place::of(op.where), observed_now<any_runtime>()};
  std::vector<lock_report> found;
  listeners to;
  {
    const std::lock_guard hold{lock_};
    const auto at = holders_.find(self.number);
    if (at == holders_.end()) return;  // meanwhile the last watch ended
    holder& h = at->second;
    wanted.lock = number_of(op.object);
    const auto own = std::find_if(h.locks.begin(), h.locks.end(),
                                  [&](const held_lock& l) { return l.lock == wanted.lock; });
    if (own == h.locks.end()) {
      auto circles = circles_closed_by(h, wanted);
      if (for_ever) h.wanted = wanted;
      if (const auto deadlock = deadlock_of(h, wanted); for_ever && !deadlock.empty()) {
        found.emplace_back(lock_report::kind::deadlock, deadlock, duration{}, true);
      } else {
        for (auto& circle : circles) found.emplace_back(lock_report::kind::inversion, circle);
      }
    } else if (excludes(own->mode, mode)) {
      found.emplace_back(lock_report::kind::recursion,
                         std::vector<lock_edge>{{*own, wanted, self.text(), {}}}, duration{},
                         for_ever);
    }
    if (!found.empty()) to = listeners_;
  }
  for (const lock_report& r : found) deliver(r, to, op.where);
}

inline void lock_registry::unwanted() {
  const std::uint64_t self = task_name::current().number;
  const std::lock_guard hold{lock_};
  if (const auto at = holders_.find(self); at != holders_.end()) at->second.wanted.reset();
}

inline std::vector<lock_edge> lock_registry::deadlock_of(const holder& h, const held_lock& wanted) {
  std::vector<lock_edge> way;
  way.push_back({{}, wanted, h.task.text(), {}});
  return leads_to(h, way) ? way : std::vector<lock_edge>{};
}

inline bool lock_registry::leads_to(const holder& end, std::vector<lock_edge>& way) {
  const held_lock wanted = way.back().wanted;
  for (const auto& entry : holders_) {
    const holder& other = entry.second;
    const auto held = std::find_if(other.locks.begin(), other.locks.end(), [&](const held_lock& l) {
      return l.lock == wanted.lock && excludes(l.mode, wanted.mode);
    });
    if (held == other.locks.end()) continue;
    if (&other == &end) {
      way.front().held = *held;
      return true;
    }
    const bool seen = std::any_of(way.begin(), way.end(), [&](const lock_edge& e) {
      return other.wanted.has_value() && e.wanted.lock == other.wanted->lock;
    });
    if (!other.wanted.has_value() || seen) continue;
    way.push_back({*held, *other.wanted, other.task.text(), {}});
    if (leads_to(end, way)) return true;
    way.pop_back();
  }
  return false;
}

inline std::vector<std::vector<lock_edge>> lock_registry::circles_closed_by(
    const holder& h, const held_lock& wanted) {
  std::vector<std::vector<lock_edge>> circles;
  for (const held_lock& held : h.locks) {
    lock_edge e{held, wanted, h.task.text(), {}};
    for (const held_lock& other : h.locks) {
      if (other.lock != held.lock) e.gates.emplace(other.lock, other.mode);
    }
    const auto circle = graph_.add(std::move(e));
    if (circle.empty()) continue;
    auto& copy = circles.emplace_back();
    for (const lock_edge* edge : circle) copy.push_back(*edge);
  }
  return circles;
}

inline void lock_registry::acquired(const visible_op& op, lock_mode mode) {
  task_name self = task_name::current();
  call_place place = call_place::of(op.where);
  const time_point now = observed_now<any_runtime>();
  const std::lock_guard hold{lock_};
  if (listeners_.empty()) return;
  holder& h = holders_[self.number];
  if (h.locks.empty()) h.task = std::move(self);
  h.wanted.reset();
  h.locks.push_back({number_of(op.object), mode, op.object, op.kind, std::move(place), now});
}

inline std::optional<std::pair<task_name, held_lock>> lock_registry::take_back(std::uint64_t task,
                                                                               const void* object,
                                                                               lock_mode mode) {
  const auto from = [&](auto at) -> std::optional<std::pair<task_name, held_lock>> {
    auto& locks = at->second.locks;
    const auto l = std::find_if(locks.rbegin(), locks.rend(), [&](const held_lock& x) {
      return x.object == object && x.mode == mode;
    });
    if (l == locks.rend()) return std::nullopt;
    std::pair result{at->second.task, std::move(*l)};
    locks.erase(std::next(l).base());
    if (locks.empty()) holders_.erase(at);
    return result;
  };
  if (const auto own = holders_.find(task); own != holders_.end()) {
    if (auto result = from(own)) return result;
  }
  for (auto at = holders_.begin(); at != holders_.end(); ++at) {
    if (auto result = from(at)) return result;
  }
  return std::nullopt;
}

inline late_report* lock_registry::released(const void* object, lock_mode mode) {
  const std::uint64_t self = task_name::current().number;
  const time_point now = observed_now<any_runtime>();
  const std::lock_guard hold{lock_};
  const auto back = take_back(self, object, mode);
  if (!back || quiet_scope::on()) return nullptr;
  const auto& [task, lock] = *back;
  const duration held = now - lock.since;
  const bool long_for_somebody = std::any_of(listeners_.begin(), listeners_.end(), [&](auto& one) {
    return held > one->options.held_longer_than;
  });
  return long_for_somebody ? new late_report{{lock, lock, task.text(), {}}, held} : nullptr;
}

inline void lock_registry::deliver(late_report& late) {
  listeners to;
  {
    const std::lock_guard hold{lock_};
    for (const auto& one : listeners_) {
      if (late.held > one->options.held_longer_than) to.push_back(one);
    }
  }
  deliver(lock_report{lock_report::kind::held_long, {late.hold}, late.held}, to,
          late.hold.held.place.where);
}

inline void lock_registry::destroyed(const void* object) {
  const std::lock_guard hold{lock_};
  const auto known = numbers_.find(object);
  if (known == numbers_.end()) return;
  graph_.forget(known->second);
  numbers_.erase(known);
  for (auto at = holders_.begin(); at != holders_.end();) {
    std::erase_if(at->second.locks, [&](const held_lock& l) { return l.object == object; });
    at = at->second.locks.empty() ? holders_.erase(at) : std::next(at);
  }
}

inline std::vector<lock_registry::holder> lock_registry::holders() const {
  const std::lock_guard hold{lock_};
  std::vector<holder> all;
  for (const auto& [number, h] : holders_) all.push_back(h);
  return all;
}

inline void lock_registry::deliver(const lock_report& report, const listeners& to, site where) {
  const quiet_scope quiet;
  bool violation = false;
  for (const auto& one : to) {
    const std::lock_guard hold{one->busy};
    if (one->ended) continue;
    if (one->options.report) {
      one->options.report(report);
    } else {
      std::fprintf(stderr, "lockstep: %s\n", report.text().c_str());
    }
    violation |= one->options.violations;
  }
  if (violation && report.what() != lock_report::kind::held_long) {
    violated(report.text().c_str(), report.parts().front().wanted, where);
  }
}

}  // namespace lockstep::inline LOCKSTEP_ABI::detail
