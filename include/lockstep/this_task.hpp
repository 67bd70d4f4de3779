// this_task.hpp: what a task can do about itself, on whatever runtime it runs.
#pragma once

#include "clock.hpp"
#include "context.hpp"
#include "detail/blocking.hpp"
#include "detail/config.hpp"
#include "runtime/any.hpp"
#include "site.hpp"

namespace lockstep::inline LOCKSTEP_ABI::this_task {

namespace detail {

inline status sleep(const lockstep::detail::limit& lim, site where) {
  using lockstep::detail::visible_op;
  const auto what = [&] { return visible_op{"sleep", "", nullptr, where, nullptr}; };
  lockstep::detail::checkpoint<any_runtime>(what);
  if (const status s = lim.before(); s != status::ok) return s;
  return lockstep::detail::block_alone<any_runtime>(lim, what());
}

}  // namespace detail

// Blocks the calling task, and nothing else, for at least d.
template <class Rep, class Period>
void sleep_for(const std::chrono::duration<Rep, Period>& d, site where = site::current()) {
  detail::sleep(lockstep::detail::limit::within<any_runtime>(d), where);
}
template <class Clock, class Duration>
void sleep_until(const std::chrono::time_point<Clock, Duration>& at, site where = site::current()) {
  detail::sleep(lockstep::detail::limit::until<any_runtime>(at), where);
}
// ok: slept for all of d. Otherwise as the context ended before.
template <class Rep, class Period>
status sleep_for(const context& ctx, const std::chrono::duration<Rep, Period>& d,
                 site where = site::current()) {
  auto lim = lockstep::detail::limit::of(ctx);
  const time_point end = lockstep::detail::deadline_after(any_runtime::now(), d);
  const bool whole = end <= lim.deadline;
  if (whole) lim.deadline = end;
  const status s = detail::sleep(lim, where);
  return s == status::timeout && whole ? status::ok : s;
}

// Lets other tasks run.
inline void yield(site where = site::current()) {
  lockstep::detail::checkpoint<any_runtime>([&] {
    return lockstep::detail::visible_op{"yield", "", nullptr, where, nullptr};
  });
  any_runtime::yield();
}

// The name the task was given; "" for none, and on threads that the library did not start.
[[nodiscard]] inline const char* name() noexcept {
  const auto* self = any_runtime::self();
  return self != nullptr ? self->name : "";
}

}  // namespace lockstep::inline LOCKSTEP_ABI::this_task
