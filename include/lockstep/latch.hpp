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
class basic_latch : public detail::countdown_waits<basic_latch<R>, R> {
  using base = detail::countdown_waits<basic_latch, R>;

 public:
  static constexpr const char* kind = "latch";
  static constexpr const char* destroyed_with_waiters = "a latch is destroyed with waiters";

  // Contract: count is not negative.
  explicit basic_latch(std::ptrdiff_t count, site where = site::current()) : base{count} {
    detail::expects(count >= 0 && count <= max(),
                    "a latch starts with a negative count or too large a one", this, where);
  }
  basic_latch(const basic_latch&) = delete;
  basic_latch& operator=(const basic_latch&) = delete;
  // Contract of the destructor: no task waits.

  [[nodiscard]] static constexpr std::ptrdiff_t max() noexcept {
    return static_cast<std::ptrdiff_t>(detail::countdown<R>::max);
  }

  // Lowers the count by n. Contract: 0 <= n <= count.
  void count_down(std::ptrdiff_t n = 1, site where = site::current()) {
    this->announce("count_down", where);
    detail::expects(n >= 0 && this->left_.add(-n), "a latch is counted below zero", this, where);
  }

  // count_down(n), then wait().
  void arrive_and_wait(std::ptrdiff_t n = 1, site where = site::current()) {
    count_down(n, where);
    this->wait(where);
  }
};

using latch = basic_latch<any_runtime>;
namespace threads {
using latch = basic_latch<threads_runtime>;
}

}  // namespace lockstep::inline LOCKSTEP_ABI
