#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <lockstep/backend/local.hpp>
#include <lockstep/coord/client.hpp>
#include <lockstep/mutex.hpp>
#include <lockstep/this_task.hpp>
#include <lockstep/wait_group.hpp>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "named_world.hpp"

namespace {

using namespace lockstep;
using namespace std::chrono_literals;

struct double_barrier_test : support::named_world {
  void wait_for_tickets(std::size_t n) const {
    while (world->roster_named("run/double_barrier/d", {.gather = 3}).view().members.size() != n) {
      this_task::yield();
    }
  }
  static void kill(client& c) { static_cast<coord::local_session&>(c.session()).kill(); }
};

TEST_F(double_barrier_test, is_entered_by_n_together_and_left_when_all_have) {
  wait_group all;
  std::atomic<int> inside{0};
  std::vector<coord::double_barrier::entered> entries;
  mutex lock;
  for (std::uint64_t i = 0; i < 3; ++i) {
    all.go([&, i] {
      auto d = instance(i).double_barrier("d", 3);
      const auto in = d.enter();
      ++inside;
      {
        const std::lock_guard hold{lock};
        entries.push_back(in);
      }
      while (inside < 3) this_task::yield();
      EXPECT_EQ(d.exit().lost, 0U);
      EXPECT_EQ(inside, 3);
    });
    if (i < 2) {
      wait_for_tickets(static_cast<std::size_t>(i) + 1);
      EXPECT_EQ(inside, 0);
    }
  }
  all.wait();
  std::vector<std::uint64_t> ranks;
  for (const auto& in : entries) {
    EXPECT_EQ(in.generation, 1U);
    ranks.push_back(in.rank);
  }
  std::sort(ranks.begin(), ranks.end());
  EXPECT_EQ(ranks, (std::vector<std::uint64_t>{0, 1, 2}));
}

TEST_F(double_barrier_test, has_one_generation_after_the_other) {
  wait_group all;
  for (std::uint64_t i = 0; i < 3; ++i) {
    all.go([&, i] {
      auto d = instance(i).double_barrier("d", 3);
      std::uint64_t last = 0;
      for (std::uint64_t generation = 1; generation <= 20; ++generation) {
        const auto in = d.enter();
        EXPECT_EQ(in.generation, generation);
        EXPECT_GT(in.token, last);
        last = in.token;
        d.exit();
      }
    });
  }
  all.wait();
}

TEST_F(double_barrier_test, makes_the_surplus_wait_for_the_next_generation) {
  wait_group all;
  std::atomic<std::uint64_t> first{0};
  std::atomic<std::uint64_t> second{0};
  std::atomic<bool> go_on{false};
  for (std::uint64_t i = 0; i < 6; ++i) {
    all.go([&, i] {
      auto d = instance(i).double_barrier("d", 3);
      const auto in = d.enter();
      (in.generation == 1 ? first : second)++;
      while (!go_on) this_task::yield();
      d.exit();
    });
  }
  while (first != 3) this_task::yield();
  wait_for_tickets(6);
  EXPECT_EQ(world->roster_named("run/double_barrier/d", {.gather = 3}).summary().in, 3U);
  EXPECT_EQ(second, 0U);
  go_on = true;
  all.wait();
  EXPECT_EQ(second, 3U);
}

TEST_F(double_barrier_test, forgets_who_withdrew) {
  auto d = sync.double_barrier("d", 3);
  EXPECT_EQ(d.enter_for(1ms).status(), status::timeout);
  wait_for_tickets(0);
  wait_group all;
  for (std::uint64_t i = 1; i < 3; ++i) {
    all.go([&, i] {
      auto theirs = instance(i).double_barrier("d", 3);
      EXPECT_EQ(theirs.enter().generation, 1U);
      theirs.exit();
    });
  }
  wait_for_tickets(2);
  EXPECT_EQ(d.enter().generation, 1U) << "it was not counted before";
  EXPECT_EQ(d.exit_for(10s)->lost, 0U);
  all.wait();
}

TEST_F(double_barrier_test, counts_the_dead_as_withdrawn_before_and_as_left_after) {
  wait_group all;
  client mortal = instance(3);
  all.go([&] {
    EXPECT_EQ(error_of([&] { static_cast<void>(instance(3).double_barrier("d", 3)); }).first,
              status::ok);
    auto d = mortal.double_barrier("d", 3);
    EXPECT_EQ(error_of([&] { d.enter(); }).first, status::session_lost);
  });
  wait_for_tickets(1);
  kill(mortal);
  all.wait();
  wait_for_tickets(0);

  client doomed = instance(4);
  for (std::uint64_t i = 1; i < 3; ++i) {
    all.go([&, i] {
      auto d = instance(i).double_barrier("d", 3);
      d.enter();
      EXPECT_EQ(d.exit().lost, 1U);
    });
  }
  auto d = doomed.double_barrier("d", 3);
  d.enter();
  wait_for_tickets(1);
  kill(doomed);
  all.wait();
}

TEST_F(double_barrier_test, is_left_by_who_destroys_it) {
  wait_group all;
  for (std::uint64_t i = 1; i < 3; ++i) {
    all.go([&, i] {
      auto d = instance(i).double_barrier("d", 3);
      d.enter();
      d.exit();
    });
  }
  {
    auto d = sync.double_barrier("d", 3);
    d.enter();
  }
  all.wait();
}

TEST_F(double_barrier_test, stops_waiting_for_others_who_stay) {
  std::atomic<bool> leave{false};
  wait_group all;
  for (std::uint64_t i = 1; i < 3; ++i) {
    all.go([&, i] {
      auto d = instance(i).double_barrier("d", 3);
      d.enter();
      while (!leave) this_task::yield();
      d.exit();
    });
  }
  auto d = sync.double_barrier("d", 3);
  d.enter();
  EXPECT_EQ(d.exit_for(1ms).status(), status::timeout);
  leave = true;
  all.wait();
}

TEST_F(double_barrier_test, refuses_what_makes_no_sense) {
  EXPECT_EQ(error_of([&] { static_cast<void>(sync.double_barrier("d", 0)); }).first,
            status::unsupported);
  auto d = sync.double_barrier("d", 1);
  EXPECT_EQ(
      error_of([&] { static_cast<void>(other.double_barrier("d", 2)); }),
      std::pair(status::mismatch, std::string{"double_barrier 'd': opened for 2, and elsewhere "
                                              "for 1: mismatch"}));
  d.enter();
  EXPECT_DEATH(d.enter(), "a double barrier is entered twice");
  d.exit();
  EXPECT_DEATH(d.exit(), "a double barrier is left that was not entered");
}

TEST_F(double_barrier_test, does_not_gather_who_dies_while_it_waits) {
  wait_group all;
  std::atomic<bool> leave{false};
  for (std::uint64_t i = 1; i < 3; ++i) {
    all.go([&, i] {
      auto d = instance(i).double_barrier("d", 3);
      d.enter();
      while (!leave) this_task::yield();
      d.exit();
    });
  }
  client doomed = instance(4);
  auto in = doomed.double_barrier("d", 3);
  in.enter();
  all.go([&] {
    auto waits = doomed.double_barrier("d", 3);
    EXPECT_EQ(error_of([&] { waits.enter(); }).first, status::session_lost);
  });
  wait_for_tickets(4);
  for (std::uint64_t i = 5; i < 8; ++i) {
    all.go([&, i] {
      auto d = instance(i).double_barrier("d", 3);
      EXPECT_EQ(d.enter().generation, 2U);
      EXPECT_EQ(d.exit().lost, 0U) << "the dead one was not of this generation";
    });
  }
  wait_for_tickets(7);
  kill(doomed);
  leave = true;
  all.wait();
}

}  // namespace
