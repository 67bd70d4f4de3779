// latch.hpp: a gate that opens once, when a count reaches zero.
//
// A latch starts with a count. count_down() lowers it; wait() returns once it is zero, and from
// then on always at once. It never closes again: for repeated rounds see barrier.hpp, for a count
// that also rises wait_group.hpp.
//
// Ordering: what X does before count_down() is visible to Y after the wait() that it released.
// Lifetime: may be destroyed as soon as every wait() has returned; count_down() callers need not
// have.
// Cost: a count_down() that does not open the latch is one atomic step; opening it wakes every
// waiter in order of arrival.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>

#include "context.hpp"
#include "contract.hpp"
#include "detail/blocking.hpp"
#include "detail/config.hpp"
#include "detail/countdown.hpp"
#include "error.hpp"
#include "fwd.hpp"
#include "runtime/any.hpp"

namespace lockstep::inline LOCKSTEP_ABI {

template <class R>
class basic_latch : private detail::visible_object<basic_latch<R>, R> {
 public:
  using runtime_type = R;

  // Contract: count is not negative.
  explicit basic_latch(std::ptrdiff_t count, site where = site::current()) : left_{count} {
    detail::expects(count >= 0, "a latch starts with a negative count", this, where);
  }
  basic_latch(const basic_latch&) = delete;
  basic_latch& operator=(const basic_latch&) = delete;
  // Contract: no task waits.
  ~basic_latch() {
    detail::expects(!left_.has_waiters(), "a latch is destroyed with waiters", this,
                    site::current());
  }

  // Lowers the count by n. Contract: 0 <= n <= count.
  void count_down(std::ptrdiff_t n = 1, site where = site::current()) {
    this->announce("count_down", where);
    detail::expects(n >= 0 && left_.add(-n), "a latch is counted below zero", this, where);
  }

  // Blocks until the latch is open.
  void wait(site where = site::current()) { wait_within(detail::limit::none(), where); }
  // Whether the latch is open. Never blocks.
  [[nodiscard]] bool try_wait() noexcept { return left_.is_zero(); }
  // ok once open; timeout; or as the context ended.
  template <class Rep, class Period>
  [[nodiscard]] status try_wait_for(const std::chrono::duration<Rep, Period>& d,
                                    site where = site::current()) {
    return wait_within(detail::limit::within<R>(d), where);
  }
  template <class Clock, class Duration>
  [[nodiscard]] status try_wait_until(const std::chrono::time_point<Clock, Duration>& deadline,
                                      site where = site::current()) {
    return wait_within(detail::limit::until<R>(deadline), where);
  }
  [[nodiscard]] status wait(const context& ctx, site where = site::current()) {
    return wait_within(detail::limit::of(ctx), where);
  }

  // count_down(n), then wait().
  void arrive_and_wait(std::ptrdiff_t n = 1, site where = site::current()) {
    count_down(n, where);
    wait(where);
  }

  // For on_ready.
  auto ready_source() noexcept {
    return typename detail::countdown<R>::source{left_, operation("wait", {})};
  }

 private:
  friend class detail::visible_object<basic_latch, R>;
  status wait_within(const detail::limit& lim, site where) {
    if (const status s = this->admit("wait", lim, where); s != status::ok) [[unlikely]]
      return s;
    if (left_.is_zero()) return status::ok;
    return left_.wait(lim.copy(), operation("wait", where.copy()));
  }
  detail::visible_op operation(const char* verb, site where) const noexcept {
    return {verb, "latch", this, where, &describe};
  }
  static void describe(const void* object, char* text, std::size_t size) noexcept {
    const auto left = static_cast<const basic_latch*>(object)->left_.count();
    std::snprintf(text, size, "%lld to go", static_cast<long long>(left));
  }

  detail::countdown<R> left_;
};

using latch = basic_latch<any_runtime>;
namespace threads {
using latch = basic_latch<threads_runtime>;
}

}  // namespace lockstep::inline LOCKSTEP_ABI
