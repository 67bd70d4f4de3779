#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <lockstep/backend/local.hpp>
#include <lockstep/coord/client.hpp>
#include <lockstep/this_task.hpp>
#include <lockstep/wait_group.hpp>
#include <utility>

#include "named_world.hpp"

namespace {

using namespace lockstep;
using namespace std::chrono_literals;

struct cyclic_barrier_test : support::named_world {
  void wait_for_tickets(std::size_t n) const {
    while (world->roster_named("run/cyclic_barrier/b", {.gather = 3, .breaks = true})
               .view()
               .members.size() != n) {
      this_task::yield();
    }
  }
};

TEST_F(cyclic_barrier_test, lets_n_go_on_together_in_each_generation) {
  wait_group all;
  for (std::uint64_t i = 0; i < 3; ++i) {
    all.go([&, i] {
      auto b = instance(i).cyclic_barrier("b", 3);
      for (std::uint64_t generation = 1; generation <= 20; ++generation) {
        const auto at = b.arrive_and_wait();
        EXPECT_EQ(at.generation, generation);
        EXPECT_LT(at.rank, 3U);
      }
    });
  }
  all.wait();
}

TEST_F(cyclic_barrier_test, breaks_for_all_when_one_gives_up_and_begins_anew) {
  wait_group all;
  all.go([&] {
    EXPECT_EQ(error_of([&] { other.cyclic_barrier("b", 3).arrive_and_wait(); }).first,
              status::broken);
  });
  wait_for_tickets(1);
  EXPECT_EQ(sync.cyclic_barrier("b", 3).arrive_and_wait_for(1ms).status(), status::timeout);
  all.wait();
  wait_for_tickets(0);
  for (std::uint64_t i = 0; i < 3; ++i) {
    all.go(
        [&, i] { EXPECT_EQ(instance(i).cyclic_barrier("b", 3).arrive_and_wait().generation, 1U); });
  }
  all.wait();
}

TEST_F(cyclic_barrier_test, breaks_when_one_dies) {
  wait_group all;
  for (client* c : {&sync, &other}) {
    all.go([c] {
      const auto s = error_of([&] { c->cyclic_barrier("b", 3).arrive_and_wait(); }).first;
      EXPECT_TRUE(s == status::broken || s == status::session_lost) << to_string(s);
    });
  }
  wait_for_tickets(2);
  static_cast<coord::local_session&>(sync.session()).kill();
  all.wait();
  wait_for_tickets(0);
}

}  // namespace
