// task_group.hpp: functions that run at the same time and fail together.
//
// task_group g;          its own context
// task_group g{parent};  one below the parent's
//
// g.go(f) runs f in a task of its own: f(), or f(context) with the group's context. f fails by an
// exception that leaves it, or by returning a status, or an outcome<void>, that is not ok. The first
// failure cancels the context, so that the others can give up, and is what wait() throws once all
// have returned. Nobody waits for functions that outlive the group: its destructor cancels the
// context and waits.
//
// A group is used again once a wait() has reported its end: without failure, with a new context.
// One task at a time waits; others may start functions while one that they know of still runs.
//
// Ordering: what X does before go(f) is visible to f, what f does to Y after the wait().
// Lifetime: may be destroyed as soon as wait() has returned.
// Cost: go() is the start of a task and two atomic steps; a round of functions has two allocations
// of its own.
// Source: golang.org/x/sync/errgroup; statements EG-1..5. Exceptions are failures here, unlike Go's
// panics, whose like are broken contracts: those end the program where they happen (EG-5).
#pragma once

#include "context.hpp"
#include "detail/config.hpp"
#include "detail/group_base.hpp"
#include "detail/payload.hpp"
#include "fwd.hpp"
#include "outcome.hpp"
#include "runtime/any.hpp"

namespace lockstep::inline LOCKSTEP_ABI {

template <class R>
class basic_task_group : public detail::group_base<basic_task_group<R>, void, void, R> {
  using base = detail::group_base<basic_task_group, void, void, R>;

 public:
  basic_task_group() : basic_task_group{background()} {}
  explicit basic_task_group(const context& parent) : base{parent} {}
  ~basic_task_group() { this->end_early(); }

 private:
  friend base;
  using place = detail::token;  // there are no results
  place new_place() noexcept { return {}; }
  void keep(place, outcome<void>&&) noexcept {}
  outcome<void> collect() noexcept { return status::ok; }
};

using task_group = basic_task_group<any_runtime>;
namespace threads {
using task_group = basic_task_group<threads_runtime>;
}

}  // namespace lockstep::inline LOCKSTEP_ABI
