// wait_group.hpp: waiting for a number of tasks that may still grow.
//
// add() raises the count, done() lowers it, wait() returns when it is zero. go(f) does the three
// steps in the right order: it counts f in before f starts and out when f has ended.
//
// A group may be used again once a wait has returned; a wait that begins while the count is zero
// returns at once, whatever comes later.
//
// Ordering: what X does before done() is visible to Y after the wait() that it released (WG-5).
// Lifetime: may be destroyed as soon as every wait() has returned; done() callers need not have.
// Cost: add() and a done() that releases nobody are one atomic step.
// Source: Go's sync.WaitGroup; statements WG-1..7.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <type_traits>
#include <utility>

#include "context.hpp"
#include "contract.hpp"
#include "detail/blocking.hpp"
#include "detail/config.hpp"
#include "detail/countdown.hpp"
#include "fwd.hpp"
#include "go.hpp"
#include "runtime/any.hpp"

namespace lockstep::inline LOCKSTEP_ABI {

template <class R>
class basic_wait_group : public detail::countdown_waits<basic_wait_group<R>, R> {
  using base = detail::countdown_waits<basic_wait_group, R>;

 public:
  static constexpr const char* kind = "wait group";
  static constexpr const char* destroyed_with_waiters = "a wait group is destroyed with waiters";

  constexpr basic_wait_group() noexcept : base{0} {}
  basic_wait_group(const basic_wait_group&) = delete;
  basic_wait_group& operator=(const basic_wait_group&) = delete;
  // Contract of the destructor: no task waits.

  // Adds n, which may be negative, to the count. Contract: the count stays at zero or above.
  void add(std::ptrdiff_t n = 1, site where = site::current()) {
    this->announce("add", where);
    detail::expects(this->left_.add(n), "a wait group is counted below zero or above its maximum",
                    this, where);  // WG-2
  }
  // Lowers the count by one.
  void done(site where = site::current()) { add(-1, where); }

  // add(1), then f() in a task of its own, then done() when f and its captures are gone. An
  // exception that leaves f is treated as one that leaves lockstep::go.  // WG-6
  template <class F>
    requires std::is_invocable_v<std::decay_t<F>&>
  void go(F&& f, site where = site::current()) {
    go("", std::forward<F>(f), where);
  }
  template <class F>
    requires std::is_invocable_v<std::decay_t<F>&>
  void go(const char* name, F&& f, site where = site::current());
};

using wait_group = basic_wait_group<any_runtime>;
namespace threads {
using wait_group = basic_wait_group<threads_runtime>;
}

template <class R>
template <class F>
  requires std::is_invocable_v<std::decay_t<F>&>
void basic_wait_group<R>::go(const char* name, F&& f, site where) {
  // Destroyed with the closure, after f: also when the task could not be started.
  struct membership {
    basic_wait_group* group;
    site where;
    explicit membership(basic_wait_group* g, site w) : group{g}, where{w} { g->add(1, w); }
    membership(membership&& o) noexcept : group{std::exchange(o.group, nullptr)}, where{o.where} {}
    membership& operator=(membership&&) = delete;
    ~membership() {
      if (group != nullptr) group->done(where);
    }
  };
  struct member {
    membership in;
    std::decay_t<F> body;
    void operator()() { static_cast<void>(body()); }
  };
  lockstep::go<R>(name, member{membership{this, where}, std::forward<F>(f)}, where);
}

}  // namespace lockstep::inline LOCKSTEP_ABI
