// barrier_fixture.hpp: what the suites about barriers share.
#pragma once

#include <gtest/gtest.h>

#include <utility>

#include "../barrier.hpp"
#include "../context.hpp"
#include "world.hpp"

namespace lockstep::testing {

template <class R>
struct barrier_fixture : suite<R> {
  using barrier = basic_barrier<R>;

  // A party that has arrived and is blocked, for long; how that ends.
  static auto party(barrier& b) {
    return suite<R>::blocked([&b] { return b.arrive_and_wait_for(1h); });
  }
  static auto party(barrier& b, const cancel_scope& scope) {
    return suite<R>::blocked([&b, ctx = scope.context()] { return b.arrive_and_wait(ctx); });
  }
  // A task that is blocked for the phase in which `arrival` was made.
  static auto waiter(barrier& b, typename barrier::arrival_token arrival) {
    return suite<R>::blocked(
        [&b, arrival = std::move(arrival)]() mutable { b.wait(std::move(arrival)); });
  }
};

}  // namespace lockstep::testing
