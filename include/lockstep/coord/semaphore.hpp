// semaphore.hpp: a number of permits by name, given out in order of arrival, which come back from those who
// die.
//
// A request that is large makes later small ones wait behind it, so none starves; one for more than there
// are waits for its context without holding up the others. Permits belong to the session that took them.
// Source: Curator's InterProcessSemaphoreV2; a counter alone, as Redisson's, loses those of the dead.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "../context.hpp"
#include "../contract.hpp"
#include "../detail/blocking.hpp"
#include "../detail/config.hpp"
#include "../error.hpp"
#include "../outcome.hpp"
#include "../runtime/any.hpp"
#include "../runtime/short_lock.hpp"
#include "../site.hpp"
#include "agreed.hpp"
#include "entrance.hpp"
#include "guard.hpp"

namespace lockstep::inline LOCKSTEP_ABI::coord {

// A handle, which several tasks may use. acquire() and release() keep count of what was taken through it;
// hold() gives guards of their own.
class semaphore {
 public:
  // Throws error{unsupported} for a bad name or no permits, error{mismatch} if it was opened with another
  // number of them.
  semaphore(std::shared_ptr<scope> s, const std::string& name, std::ptrdiff_t permits)
      : entrance_{open(std::move(s), name, permits)}, permits_{permits} {}

  // Takes k permits; blocks until it can. Throws error{session_lost}. Contract, in all forms: k > 0.
  void acquire(std::ptrdiff_t k = 1, site where = site::current()) {
    take(k, detail::limit::none(), where).value();
  }
  // ok, or nothing was taken, and error() says who has them.
  outcome<void> acquire(const context& ctx, std::ptrdiff_t k = 1, site where = site::current()) {
    return take(k, detail::limit::of(ctx), where);
  }
  // Whether they were taken. Fails while anyone waits.
  [[nodiscard]] bool try_acquire(std::ptrdiff_t k = 1, site where = site::current()) {
    return bool{take(k, detail::limit::at_once(), where)};
  }
  template <class Rep, class Period>
  [[nodiscard]] bool try_acquire_for(const std::chrono::duration<Rep, Period>& d,
                                     std::ptrdiff_t k = 1, site where = site::current()) {
    return bool{take(k, detail::limit::within<any_runtime>(d), where)};
  }
  template <class Clock, class Duration>
  [[nodiscard]] bool try_acquire_until(const std::chrono::time_point<Clock, Duration>& deadline,
                                       std::ptrdiff_t k = 1, site where = site::current()) {
    return bool{take(k, detail::limit::until<any_runtime>(deadline), where)};
  }
  // Gives back k that acquire() took through this handle. Throws error{too_many} if there are not so many.
  void release(std::ptrdiff_t k = 1, site where = site::current()) {
    announce("release", where);
    std::vector<part> whole;
    part rest;
    {
      const std::lock_guard hold{lock_};
      if (k < 0 || k > held_) {
        detail::raise(status::too_many, entrance_->name() + ": " + std::to_string(k) +
                                            " given back, and " + std::to_string(held_) +
                                            " were taken through this handle");
      }
      whole.reserve(parts_.size());
      held_ -= k;
      while (k > 0) {
        part& last = parts_.back();
        if (last.weight > k) {
          last.weight -= k;
          rest = last;
          break;
        }
        k -= last.weight;
        whole.push_back(last);
        parts_.pop_back();
      }
    }
    for (const part& p : whole) entrance_->leave(p.of);
    if (rest.weight > 0) entrance_->roster().narrow(rest.of, weighing(rest.weight));
  }

  // The same as acquire(), as guards of their own.
  [[nodiscard]] guard hold(std::ptrdiff_t k = 1, site where = site::current()) {
    return guarded(k, detail::limit::none(), where).value();
  }
  [[nodiscard]] outcome<guard> hold(const context& ctx, std::ptrdiff_t k = 1,
                                    site where = site::current()) {
    return guarded(k, detail::limit::of(ctx), where);
  }
  [[nodiscard]] outcome<guard> try_hold(std::ptrdiff_t k = 1, site where = site::current()) {
    return guarded(k, detail::limit::at_once(), where);
  }
  template <class Rep, class Period>
  [[nodiscard]] outcome<guard> try_hold_for(const std::chrono::duration<Rep, Period>& d,
                                            std::ptrdiff_t k = 1, site where = site::current()) {
    return guarded(k, detail::limit::within<any_runtime>(d), where);
  }

  [[nodiscard]] std::ptrdiff_t max() const noexcept { return permits_; }
  [[nodiscard]] context lost() const { return entrance_->session().lost(); }

 private:
  struct part {
    ticket of;
    std::ptrdiff_t weight = 0;
  };

  static std::shared_ptr<const entrance> open(std::shared_ptr<scope> s, const std::string& name,
                                              std::ptrdiff_t permits) {
    const std::string what = "semaphore '" + name + "'";
    if (permits <= 0) detail::raise(status::unsupported, what + ": opened without permits");
    agree_on(*s, "semaphore", name, what, static_cast<std::uint64_t>(permits));
    return std::make_shared<const entrance>(
        std::move(s), "semaphore", name,
        roster_rule{.permits = static_cast<std::uint64_t>(permits)});
  }
  static terms weighing(std::ptrdiff_t k) noexcept {
    return {.exclusive = false, .weight = static_cast<std::uint64_t>(k)};
  }
  outcome<ticket> enter(std::ptrdiff_t k, const detail::limit& lim, const site& where) {
    detail::expects(k > 0, "an acquire of no permits", this, where);
    if (k > permits_) return entrance_->enter_never(lim, "acquire", where);
    return entrance_->enter(weighing(k), {}, lim, "acquire", where);
  }
  outcome<void> take(std::ptrdiff_t k, const detail::limit& lim, const site& where) {
    auto in = enter(k, lim, where);
    if (!in) return {in.status(), in.text()};
    guard owner{entrance_, *in};
    const std::lock_guard hold{lock_};
    parts_.push_back({*in, k});
    held_ += k;
    owner.disown();
    return status::ok;
  }
  outcome<guard> guarded(std::ptrdiff_t k, const detail::limit& lim, const site& where) {
    auto in = enter(k, lim, where);
    if (!in) return {in.status(), in.text()};
    return outcome<guard>{std::in_place, entrance_, *in};
  }

  std::shared_ptr<const entrance> entrance_;
  std::ptrdiff_t permits_;
  detail::short_lock lock_;
  std::vector<part> parts_;  // taken by acquire()
  std::ptrdiff_t held_ = 0;  // in all
};

}  // namespace lockstep::inline LOCKSTEP_ABI::coord
