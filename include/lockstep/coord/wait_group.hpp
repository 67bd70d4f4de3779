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
    static_cast<void>(added_->add(static_cast<std::uint64_t>(n), scope_->self).value());
  }
  // Throws error{too_many} if more are done than were added, error{session_lost}.
  void done(site where = site::current()) {
    announce("done", where);
    require_session(*scope_, name_);
    const std::uint64_t done = done_->add(1, scope_->self).value();
    if (const std::uint64_t added = added_->get(); done > added) {
      detail::raise(status::too_many,
                    name_ + ": " + std::to_string(done) + " are done of " + std::to_string(added));
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
      site where;
      membership(const wait_group& g, site w) : group{std::make_unique<wait_group>(g)}, where{w} {
        group->add(1, w);
      }
      membership(membership&&) noexcept = default;
      ~membership() {
        if (group != nullptr) group->done_quietly(where);
      }
    };
    struct member {
      membership in;
      std::decay_t<F> body;
      void operator()() { static_cast<void>(body()); }
    };
    lockstep::go(task, member{membership{*this, where}, std::forward<F>(f)}, where);
  }

  // For waits.
  [[nodiscard]] bool reached() const {
    const std::uint64_t added = added_->get();
    return done_->get() >= added;
  }
  bool arm(detail::alarm& a) {
    const std::uint64_t added = added_->get();
    return done_->arm(added, scope_->self, a);
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
  // What the end of a task cannot tell anybody: the session is over.
  void done_quietly(site where) noexcept {
    LOCKSTEP_TRY { done(where); }
    LOCKSTEP_CATCH_ALL {}
  }
  [[nodiscard]] std::string progress() const {
    const std::uint64_t added = added_->get();
    return std::to_string(done_->get()) + " of " + std::to_string(added) + " done";
  }

  std::shared_ptr<scope> scope_;
  std::string name_;
  counter* added_;
  counter* done_;
};

}  // namespace lockstep::inline LOCKSTEP_ABI::coord
