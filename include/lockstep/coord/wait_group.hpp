// wait_group.hpp: a wait group that instances share by its name: waiting for a number of tasks that may
// still grow.
//
// The API of lockstep::wait_group, but that add() adds no negative number. Waiting forms that may fail
// return an outcome, whose error() says how many are not done.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "../detail/config.hpp"
#include "../detail/duration_text.hpp"
#include "../error.hpp"
#include "../go.hpp"
#include "../site.hpp"
#include "announce.hpp"
#include "backend.hpp"
#include "scope.hpp"
#include "waits.hpp"

namespace lockstep::inline LOCKSTEP_ABI::coord {

// A handle: others of the same name are of the same group. A wait returns when all were done that had
// been added when it looked last; add before that may happen, as everywhere.
class wait_group : public waits<wait_group> {
 public:
  // Throws error{unsupported} for a bad name.
  wait_group(std::shared_ptr<scope> s, const std::string& name)
      : scope_{std::move(s)},
        name_{"wait group '" + name + "'"},
        added_{&scope_->backend->counter_named(scope_->key("added", name))},
        done_{&scope_->backend->counter_named(scope_->key("done", name))} {}

  // Throws error{unsupported} for a negative n, error{session_lost}.
  void add(std::ptrdiff_t n = 1, site where = site::current()) {
    announce("add", where);
    require_session(*scope_, name_);
    if (n < 0) detail::raise(status::unsupported, name_ + ": a negative number is added");
    static_cast<void>(added_->add(static_cast<std::uint64_t>(n), nobody).value());
  }
  // Throws error{session_lost}, and error{too_many} if more are done than were added: the group is of no
  // use any more. Does not touch the handle once it may have released somebody.
  void done(site where = site::current()) {
    announce("done", where);
    require_session(*scope_, name_);
    const std::shared_ptr<scope> keep = scope_;
    const std::string name = name_;
    counter& all = *added_;
    const std::uint64_t done = done_->add(1, nobody).value();
    if (const std::uint64_t added = all.get(); done > added) {
      detail::raise(status::too_many,
                    name + ": " + std::to_string(done) + " are done of " + std::to_string(added));
    }
  }

  // add(), then f() in a task of its own, then done() when f and its captures are gone.
  template <class F>
    requires std::is_invocable_v<std::decay_t<F>&>
  void go(F&& f, site where = site::current()) {
    go("", std::forward<F>(f), where);
  }
  template <class F>
    requires std::is_invocable_v<std::decay_t<F>&>
  void go(const char* task, F&& f, site where = site::current()) {
    // Destroyed with the closure, after f: also when the task could not be started.
    struct membership {
      std::unique_ptr<wait_group> group;
      membership(const wait_group& g, site w) : group{std::make_unique<wait_group>(g)} {
        group->add(1, w);
      }
      membership(membership&&) noexcept = default;
      ~membership() {
        if (group != nullptr) group->done_quietly();
      }
    };
    struct member {
      membership in;
      std::decay_t<F> body;
      void operator()() { static_cast<void>(body()); }
    };
    lockstep::go(task, member{membership{*this, where}, std::forward<F>(f)}, where);
  }

  // For waits. What is done is read first, or added once more: both only grow, so all were done when the
  // first was read.
  [[nodiscard]] bool reached() const {
    const std::uint64_t done = done_->get();
    return done >= added_->get();
  }
  bool arm(detail::alarm& a) {
    for (;;) {
      const std::uint64_t added = added_->get();
      if (!done_->arm(added, nobody, a)) return false;
      if (added_->get() == added) return true;
    }
  }
  void disarm(detail::alarm& a) { done_->disarm(a); }
  [[nodiscard]] context lost() const { return scope_->backend->lost(); }
  void describe(char* text, std::size_t size) const {
    std::snprintf(text, size, "%s: %s", name_.c_str(), progress().c_str());
  }
  [[nodiscard]] std::string failure(status, duration waited) const {
    return name_ + ": " + progress() + " after " + detail::duration_text(waited);
  }

 private:
  // At the end of a task, when there is nobody to tell that the session is over, or done too much.
  void done_quietly() noexcept {
    if (!lost().done()) static_cast<void>(done_->add(1, nobody));
  }
  [[nodiscard]] std::string progress() const {
    const std::uint64_t done = done_->get();
    return std::to_string(done) + " of " + std::to_string(added_->get()) + " done";
  }

  std::shared_ptr<scope> scope_;
  std::string name_;
  counter* added_;
  counter* done_;
};

}  // namespace lockstep::inline LOCKSTEP_ABI::coord
