// shared_counter.hpp: a number that instances share by its name, and that only grows.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "../detail/config.hpp"
#include "../error.hpp"
#include "../site.hpp"
#include "announce.hpp"
#include "backend.hpp"
#include "scope.hpp"
#include "state_barrier.hpp"

namespace lockstep::inline LOCKSTEP_ABI::coord {

// A handle: others of the same name are of the same counter. It begins at 0.
// Source of the promise: Curator's SharedCount, but that an increment is made exactly once.
class shared_counter {
 public:
  // Throws error{unsupported} for a bad name.
  shared_counter(const std::shared_ptr<scope>& s, std::string name)
      : scope_{std::make_shared<scope>(scope{s->backend, s->run, s->self})},
        name_{std::move(name)},
        counter_{&scope_->backend->counter_named(scope_->key("counter", name_))} {}

  // Adds so much and returns the number after it; no other add returns the same, if delta is not 0.
  // Throws error{session_lost}, and error{unsupported} if the number would not fit into 63 bits, as with
  // a negative delta that was wrapped.
  std::uint64_t add(std::uint64_t delta = 1, site where = site::current()) {
    announce("add", where);
    require_session(*scope_, "counter '" + name_ + "'");
    auto after = counter_->add(delta, nobody);
    if (!after) detail::raise(after.status(), "counter '" + name_ + "': " + after.text());
    return *after;
  }
  [[nodiscard]] std::uint64_t get() const { return counter_->get(); }
  // Something to wait for: that the number is at least this.
  [[nodiscard]] state_barrier at_least(std::uint64_t n) const {
    return {scope_, "counter", "counter", name_, n};
  }

 private:
  std::shared_ptr<scope> scope_;  // in which no instances are known: any of them may add anything
  std::string name_;
  coord::counter* counter_;
};

}  // namespace lockstep::inline LOCKSTEP_ABI::coord
