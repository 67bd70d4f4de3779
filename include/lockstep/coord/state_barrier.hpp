// state_barrier.hpp: waiting until a number of instances have signalled a state.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "../context.hpp"
#include "../detail/alarm.hpp"
#include "../detail/config.hpp"
#include "../error.hpp"
#include "../outcome.hpp"
#include "backend.hpp"
#include "progress_text.hpp"
#include "scope.hpp"
#include "waits.hpp"

namespace lockstep::inline LOCKSTEP_ABI::coord {

// What client::barrier returns: open once the state's count is at least the target. May be waited
// for any number of times, and in a select through on_ready. An error says how far the state got and,
// while the session lasts, which instances are missing.
class [[nodiscard]] state_barrier : public waits<state_barrier> {
 public:
  // Throws error{unsupported} for a bad name, and for a target of 2^63 or more: the difference of
  // two unsigned numbers the wrong way round.
  state_barrier(std::shared_ptr<scope> s, const std::string& state, std::uint64_t target)
      : state_barrier{std::move(s), "state", "barrier", state, target} {}
  // On a counter of this kind, under this name for people.
  state_barrier(std::shared_ptr<scope> s, const char* kind, const char* what,
                const std::string& name, std::uint64_t target)
      : scope_{std::move(s)},
        name_{std::string{what} + " '" + name + "'"},
        counter_{&scope_->backend->counter_named(scope_->key(kind, name))},
        target_{target} {
    if (target >> 63U != 0) {
      detail::raise(status::unsupported, name_ + ": a target of " + std::to_string(target) +
                                             " is a negative number wrapped");
    }
  }

  // For waits.
  [[nodiscard]] bool reached() const { return target_ == 0 || counter_->get() >= target_; }
  bool arm(detail::alarm& a) { return target_ == 0 || counter_->arm(target_, scope_->self, a); }
  void disarm(detail::alarm& a) {
    if (target_ != 0) counter_->disarm(a);
  }
  [[nodiscard]] context lost() const { return scope_->backend->lost(); }
  void describe(char* text, std::size_t size) const {
    std::snprintf(text, size, "%s: %s", name_.c_str(),
                  progress_text(*scope_, *counter_, target_).c_str());
  }
  // (Once the session is over, which all waits are told of at once, nobody is named.)
  [[nodiscard]] std::string failure(status s, duration waited) const {
    std::string text;
    if (s == status::session_lost) {
      text = count_text(counter_->get(), target_);
    } else {
      progress p = counter_->progress();
      p.waiting.push_back(scope_->self);
      text = progress_text(*scope_, p, target_);
    }
    text.insert(std::min(text.find(','), text.size()), " after " + duration_text(waited));
    return name_ + ": " + text;
  }

 protected:
  std::shared_ptr<scope> scope_;
  std::string name_;
  counter* counter_;
  std::uint64_t target_;
};

// Counts one more instance in a state; returns the count after it.
inline outcome<std::uint64_t> signal(scope& s, const std::string& state) {
  if (s.backend->lost().done()) return status::session_lost;
  return s.backend->counter_named(s.key("state", state)).add(1, s.self);
}

}  // namespace lockstep::inline LOCKSTEP_ABI::coord
