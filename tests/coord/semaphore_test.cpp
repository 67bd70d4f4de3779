#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <lockstep/backend/local.hpp>
#include <lockstep/channel.hpp>
#include <lockstep/concepts.hpp>
#include <lockstep/coord/client.hpp>
#include <lockstep/semaphore.hpp>
#include <lockstep/this_task.hpp>
#include <lockstep/wait_group.hpp>
#include <string>
#include <utility>

#include "named_world.hpp"

namespace {

using namespace lockstep;
using namespace std::chrono_literals;

static_assert(semaphore_like<semaphore>);
static_assert(semaphore_like<coord::semaphore>);

struct semaphore_test : support::named_world {
  void wait_for_tickets(std::size_t n) const {
    while (world->roster_named("run/semaphore/s", {.permits = 3}).view().members.size() != n) {
      this_task::yield();
    }
  }
  client third = instance(2);
};

TEST_F(semaphore_test, gives_out_so_many_permits_and_no_more) {
  auto mine = sync.semaphore("s", 3);
  auto theirs = other.semaphore("s", 3);
  mine.acquire(2);
  EXPECT_FALSE(theirs.try_acquire(2));
  EXPECT_TRUE(theirs.try_acquire());
  EXPECT_FALSE(mine.try_acquire());
  mine.release();
  EXPECT_TRUE(theirs.try_acquire());
  EXPECT_EQ(mine.max(), 3);
}

TEST_F(semaphore_test, takes_back_parts_of_what_was_taken) {
  auto mine = sync.semaphore("s", 3);
  auto theirs = other.semaphore("s", 3);
  mine.acquire(3);
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(theirs.try_acquire());
    mine.release();
    EXPECT_TRUE(theirs.try_acquire());
  }
  theirs.release(2);
  mine.acquire();
  mine.acquire();
  mine.release(2);
  EXPECT_TRUE(theirs.try_acquire(2));
  EXPECT_EQ(error_of([&] { mine.release(); }),
            std::pair(status::too_many, std::string{"semaphore 's': 1 given back, and 0 were taken "
                                                    "through this handle: too many"}));
}

TEST_F(semaphore_test, lets_no_small_request_overtake_a_large_one) {
  auto owner = sync.semaphore("s", 3).hold(2);
  channel<int> order{unbounded};
  wait_group all;
  all.go([&] {
    auto large = other.semaphore("s", 3).hold(3);
    order.send(3);
  });
  wait_for_tickets(2);
  EXPECT_FALSE(third.semaphore("s", 3).try_acquire());
  all.go([&] {
    auto small = third.semaphore("s", 3).hold();
    order.send(1);
  });
  wait_for_tickets(3);
  owner.release();
  all.wait();
  EXPECT_EQ(*order.recv(), 3);
  EXPECT_EQ(*order.recv(), 1);
}

TEST_F(semaphore_test, waits_in_vain_for_more_than_there_are_without_holding_up_others) {
  auto s = sync.semaphore("s", 3);
  EXPECT_FALSE(s.try_acquire(4));
  EXPECT_FALSE(s.try_acquire_for(1ms, 4));
  cancel_scope enough;
  wait_group all;
  all.go([&] { EXPECT_EQ(s.acquire(enough.context(), 4).status(), status::cancelled); });
  EXPECT_TRUE(other.semaphore("s", 3).try_acquire(3));
  enough.cancel();
  all.wait();
}

TEST_F(semaphore_test, gets_the_permits_of_the_dead_back) {
  auto s = other.semaphore("s", 3);
  sync.semaphore("s", 3).acquire(3);
  wait_group all;
  all.go([&] { s.acquire(2); });
  wait_for_tickets(2);
  static_cast<coord::local_session&>(sync.session()).kill();
  all.wait();
  EXPECT_TRUE(s.try_acquire());
}

TEST_F(semaphore_test, says_who_has_the_permits) {
  auto mine = sync.semaphore("s", 3).hold(2);
  auto theirs = other.semaphore("s", 3).hold(1);
  const auto late = third.semaphore("s", 3).try_hold_for(1ms, 2);
  EXPECT_EQ(late.status(), status::timeout);
  EXPECT_STREQ(late.text(), "semaphore 's': held by instance 0, instance 1");
}

TEST_F(semaphore_test, is_of_as_many_permits_for_everybody) {
  auto s = sync.semaphore("s", 3);
  EXPECT_EQ(
      error_of([&] { static_cast<void>(other.semaphore("s", 4)); }),
      std::pair(status::mismatch, std::string{"semaphore 's': opened for 4, and elsewhere for "
                                              "3: mismatch"}));
  EXPECT_EQ(error_of([&] { static_cast<void>(sync.semaphore("t", 0)); }).first,
            status::unsupported);
  EXPECT_EQ(error_of([&] { static_cast<void>(sync.semaphore("", 1)); }).first, status::unsupported);
}

}  // namespace
