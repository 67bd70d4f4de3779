// double_barrier.hpp: a barrier by name at both ends: n begin together, and go on when all of them are done.
//
//   auto phase = sync.double_barrier("phase", 5);
//   const auto in = phase.enter();      // until five have entered
//   work(in.generation, in.rank);
//   phase.exit();                       // until these five have left, or died
//
// Exactly n enter in each generation, at one moment of the backend. Whoever comes meanwhile waits for the
// next. One whose time runs out in the same moment has entered. Who dies while it waits has not; later, it
// has left.
// Source: ZooKeeper's recipe; with its published forms, one who gave up or died lets a later one pass alone,
// or holds up the rest for ever (Curator CURATOR-318, -80, -536).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "../context.hpp"
#include "../contract.hpp"
#include "../detail/alarm.hpp"
#include "../detail/blocking.hpp"
#include "../detail/config.hpp"
#include "../error.hpp"
#include "../outcome.hpp"
#include "../runtime/any.hpp"
#include "../site.hpp"
#include "agreed.hpp"
#include "announce.hpp"
#include "entrance.hpp"
#include "waits.hpp"

namespace lockstep::inline LOCKSTEP_ABI::coord {

// The barrier of one participant, who enters and exits in turn; others have theirs. Leaves without waiting
// when it is destroyed.
class double_barrier {
 public:
  struct entered {
    std::uint64_t generation;  // from 1
    std::uint64_t rank;        // among its n, from 0
    std::uint64_t token;       // greater than those of the generations before
  };
  struct left {
    std::uint64_t lost;  // how many of the generation died in it
  };

  // Throws error{unsupported} for a bad name or n < 1, error{mismatch} if it was opened for another n.
  double_barrier(std::shared_ptr<scope> s, const std::string& name, std::ptrdiff_t n)
      : entrance_{open(std::move(s), "double_barrier", name, n, {})} {}
  double_barrier(const double_barrier&) = delete;
  double_barrier& operator=(const double_barrier&) = delete;
  ~double_barrier() { entrance_->leave(in_); }

  // Blocks until n have entered. Throws error{session_lost}. The other forms withdraw when they fail.
  // Contract, in all forms: it is not in.
  entered enter(site where = site::current()) {
    return begin(detail::limit::none(), where).value();
  }
  outcome<entered> enter(const context& ctx, site where = site::current()) {
    return begin(detail::limit::of(ctx), where);
  }
  template <class Rep, class Period>
  outcome<entered> enter_for(const std::chrono::duration<Rep, Period>& d,
                             site where = site::current()) {
    return begin(detail::limit::within<any_runtime>(d), where);
  }

  // Leaves at once, and for good; then blocks until all n have left or died. A form that fails has only
  // stopped waiting. Throws error{session_lost}. Contract, in all forms: it is in.
  left exit(site where = site::current()) { return end(detail::limit::none(), where).value(); }
  outcome<left> exit(const context& ctx, site where = site::current()) {
    return end(detail::limit::of(ctx), where);
  }
  template <class Rep, class Period>
  outcome<left> exit_for(const std::chrono::duration<Rep, Period>& d,
                         site where = site::current()) {
    return end(detail::limit::within<any_runtime>(d), where);
  }

  [[nodiscard]] context lost() const { return entrance_->session().lost(); }

  // An entrance for rounds of n.
  static std::shared_ptr<const entrance> open(std::shared_ptr<scope> s, const char* kind,
                                              const std::string& name, std::ptrdiff_t n,
                                              roster_rule rule) {
    const std::string what = std::string{kind} + " '" + name + "'";
    if (n < 1) detail::raise(status::unsupported, what + ": opened for less than one");
    rule.gather = static_cast<std::uint64_t>(n);
    agree_on(*s, kind, name, what, rule.gather);
    return std::make_shared<const entrance>(std::move(s), kind, name, rule);
  }

 private:
  outcome<entered> begin(const detail::limit& lim, const site& where) {
    detail::expects(in_.number == 0, "a double barrier is entered twice", this, where);
    auto in = entrance_->enter(terms{.exclusive = false}, {}, lim, "enter", where);
    if (!in) return {in.status(), in.text()};
    in_ = *in;
    const auto at = entrance_->roster().standing_of(in_);
    if (!at) {
      in_ = {};
      return {status::session_lost, entrance_->name()};
    }
    round_ = at->round;
    return outcome<entered>{std::in_place, entered{at->round, at->rank, in_.number}};
  }
  outcome<left> end(const detail::limit& lim, const site& where) {
    detail::expects(in_.number != 0, "a double barrier is left that was not entered", this, where);
    entrance_->leave(std::exchange(in_, {}));
    const status s = entrance_->wait_for_end(round_, lim, "exit", where);
    if (s != status::ok) {
      return {s, entrance_->name() + (s == status::session_lost ? ": the session has ended"
                                                                : ": others are still in")};
    }
    return outcome<left>{std::in_place, left{entrance_->roster().lost_of(round_)}};
  }

  std::shared_ptr<const entrance> entrance_;
  ticket in_;
  std::uint64_t round_ = 0;
};

}  // namespace lockstep::inline LOCKSTEP_ABI::coord
