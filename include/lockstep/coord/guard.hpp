// guard.hpp: that something is owned, by name: from its admission until it is given up, or lost.
//
// Over a network, exclusion is a matter of the resource: hand it token(), and have it refuse a lower one
// than it has seen. (M. Kleppmann, "How to do distributed locking", 2016.)
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "../clock.hpp"
#include "../context.hpp"
#include "../detail/config.hpp"
#include "../error.hpp"
#include "../runtime/any.hpp"
#include "entrance.hpp"

namespace lockstep::inline LOCKSTEP_ABI::coord {

// Gives up what it owns when it is destroyed. May outlive the handle that it came from.
class [[nodiscard]] guard {
 public:
  guard() noexcept = default;  // of nothing
  guard(std::shared_ptr<const entrance> of, ticket t) noexcept : of_{std::move(of)}, ticket_{t} {}
  guard(guard&& o) noexcept : of_{std::move(o.of_)}, ticket_{std::exchange(o.ticket_, {})} {}
  guard& operator=(guard&& o) noexcept {
    guard gone{std::move(*this)};
    of_ = std::move(o.of_);
    ticket_ = std::exchange(o.ticket_, {});
    return *this;
  }
  ~guard() { release(); }

  // Whether it still owns something, as far as is known.
  [[nodiscard]] explicit operator bool() const {
    return of_ != nullptr && remaining() > duration::zero();
  }
  // Greater than that of any earlier owner; 0 for a guard of nothing.
  [[nodiscard]] std::uint64_t token() const noexcept { return ticket_.number; }
  // Ended once it is lost, as its session is. Requires that it was not released.
  [[nodiscard]] context lost() const { return of_->session().lost(); }
  // How long it is sure to be owned, if no more is heard of the session. Zero once it is lost.
  [[nodiscard]] duration remaining() const {
    if (of_ == nullptr) return duration::zero();
    const session& s = of_->session();
    if (s.is_over()) return duration::zero();
    const time_point until = s.valid_until();
    return until == never ? duration::max()
                          : std::max(until - any_runtime::now(), duration::zero());
  }
  // Throws error{session_lost} if it is not owned any more.
  void check() const {
    if (*this) return;
    detail::raise(status::session_lost,
                  (of_ != nullptr ? of_->name() : std::string{"a guard of nothing"}) +
                      ": not owned any more");
  }
  // Gives it up; later calls do nothing.
  void release() noexcept {
    if (of_ == nullptr) return;
    const std::shared_ptr<const entrance> of = std::exchange(of_, nullptr);
    of->leave(std::exchange(ticket_, {}));
  }
  // Somebody else gives it up.
  void disown() noexcept {
    of_ = nullptr;
    ticket_ = {};
  }

 protected:
  std::shared_ptr<const entrance> of_;
  ticket ticket_;
};

}  // namespace lockstep::inline LOCKSTEP_ABI::coord
