// cyclic_barrier.hpp: a barrier by name, again and again: n wait for each other in each generation.
//
// Who gives up, or dies, while it waits breaks the generation: all who wait in it get `broken`, and the next
// one begins anew.
// Source: Java's CyclicBarrier; here a broken one needs no reset.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "../context.hpp"
#include "../detail/blocking.hpp"
#include "../detail/config.hpp"
#include "../outcome.hpp"
#include "../runtime/any.hpp"
#include "../site.hpp"
#include "double_barrier.hpp"
#include "entrance.hpp"

namespace lockstep::inline LOCKSTEP_ABI::coord {

// A handle, which several tasks may use.
class cyclic_barrier {
 public:
  struct arrival {
    std::uint64_t generation;  // from 1
    std::uint64_t rank;        // in it, by the order of arrival, from 0
  };

  // Throws error{unsupported} for a bad name or n < 1, error{mismatch} if it was opened for another n.
  cyclic_barrier(std::shared_ptr<scope> s, const std::string& name, std::ptrdiff_t n)
      : entrance_{double_barrier::open(std::move(s), "cyclic_barrier", name, n, {.breaks = true})} {
  }

  // Blocks until n have arrived. Throws error{broken} and error{session_lost}.
  arrival arrive_and_wait(site where = site::current()) {
    return meet(detail::limit::none(), where).value();
  }
  // The same as an outcome; if the context ends or time runs out meanwhile, the generation is broken.
  outcome<arrival> arrive_and_wait(const context& ctx, site where = site::current()) {
    return meet(detail::limit::of(ctx), where);
  }
  template <class Rep, class Period>
  outcome<arrival> arrive_and_wait_for(const std::chrono::duration<Rep, Period>& d,
                                       site where = site::current()) {
    return meet(detail::limit::within<any_runtime>(d), where);
  }

 private:
  outcome<arrival> meet(const detail::limit& lim, const site& where) {
    auto in = entrance_->enter(terms{.exclusive = false}, {}, lim, "arrive_and_wait", where);
    if (!in) return {in.status(), in.text()};
    const auto at = entrance_->roster().standing_of(*in);
    entrance_->leave(*in);
    if (!at) return {status::session_lost, entrance_->name()};
    return outcome<arrival>{std::in_place, arrival{at->round, at->rank}};
  }

  std::shared_ptr<const entrance> entrance_;
};

}  // namespace lockstep::inline LOCKSTEP_ABI::coord
