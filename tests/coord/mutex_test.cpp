#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <lockstep/backend/local.hpp>
#include <lockstep/channel.hpp>
#include <lockstep/concepts.hpp>
#include <lockstep/coord/client.hpp>
#include <lockstep/go.hpp>
#include <lockstep/mutex.hpp>
#include <lockstep/this_task.hpp>
#include <lockstep/wait_group.hpp>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "named_world.hpp"

namespace {

using namespace lockstep;
using namespace std::chrono_literals;

static_assert(mutex_like<mutex>);
static_assert(mutex_like<coord::mutex>);

struct mutex_test : support::named_world {
  // Until so many tickets stand at the mutex.
  void wait_for_tickets(const std::string& name, std::size_t n) const {
    while (world->roster_named("run/mutex/" + name, {}).view().members.size() != n) {
      this_task::yield();
    }
  }
  static void kill(client& c) { static_cast<coord::local_session&>(c.session()).kill(); }
};

TEST_F(mutex_test, is_held_by_one) {
  auto mine = sync.mutex("m");
  auto theirs = other.mutex("m");
  mine.lock();
  EXPECT_FALSE(theirs.try_lock());
  mine.unlock();
  EXPECT_TRUE(theirs.try_lock());
  EXPECT_FALSE(mine.try_lock());
  theirs.unlock();
}

TEST_F(mutex_test, works_with_the_guards_of_the_standard) {
  auto m = sync.mutex("m");
  {
    const std::lock_guard hold{m};
    EXPECT_FALSE(other.mutex("m").try_lock());
  }
  std::unique_lock hold{m, 1ms};
  EXPECT_TRUE(hold.owns_lock());
  hold.unlock();
  auto n = sync.mutex("n");
  const std::scoped_lock both{m, n};
  EXPECT_FALSE(other.mutex("n").try_lock());
}

TEST_F(mutex_test, is_not_the_one_of_another_name_or_run) {
  auto m = sync.mutex("m");
  auto n = sync.mutex("n");
  m.lock();
  EXPECT_TRUE(n.try_lock());
  n.unlock();
  client outside{std::make_shared<coord::scope>(coord::scope{world, "", coord::nobody, 0})};
  auto of_no_run = outside.mutex("m");
  EXPECT_TRUE(of_no_run.try_lock());
  of_no_run.unlock();
  m.unlock();
}

TEST_F(mutex_test, tells_every_owner_a_greater_token) {
  auto m = sync.mutex("m");
  std::uint64_t last = 0;
  for (int i = 0; i < 10; ++i) {
    auto owner = i % 2 == 0 ? m.acquire() : other.mutex("m").acquire();
    EXPECT_GT(owner.token(), last);
    last = owner.token();
  }
  m.lock();
  EXPECT_GT(m.token(), last);
  m.unlock();
  EXPECT_EQ(m.token(), 0U);
}

TEST_F(mutex_test, is_handed_on_in_order_of_arrival) {
  auto first = sync.mutex("m").acquire();
  channel<int> order{unbounded};
  wait_group all;
  for (int i = 0; i < 5; ++i) {
    all.go([this, &order, i] {
      auto m = other.mutex("m");
      const std::lock_guard hold{m};
      order.send(i);
    });
    wait_for_tickets("m", static_cast<std::size_t>(i) + 2);
  }
  first.release();
  all.wait();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(*order.recv(), i);
}

TEST_F(mutex_test, is_locked_by_several_tasks_through_one_handle) {
  auto m = sync.mutex("m");
  int inside = 0;
  wait_group all;
  for (int i = 0; i < 4; ++i) {
    all.go([&] {
      for (int k = 0; k < 200; ++k) {
        const std::lock_guard hold{m};
        EXPECT_EQ(++inside, 1);
        this_task::yield();
        --inside;
      }
    });
  }
  all.wait();
}

TEST_F(mutex_test, leaves_nothing_of_a_wait_that_was_given_up) {
  auto owner = sync.mutex("m").acquire();
  auto m = other.mutex("m");
  EXPECT_FALSE(m.try_lock());
  EXPECT_FALSE(m.try_lock_for(1ms));
  EXPECT_FALSE(m.try_acquire());
  cancel_scope s;
  s.cancel();
  EXPECT_EQ(m.lock(s.context()).status(), status::cancelled);
  const auto late = m.try_acquire_for(1ms);
  EXPECT_EQ(late.status(), status::timeout);
  EXPECT_STREQ(late.text(), "mutex 'm': held by instance 0");
  EXPECT_EQ(world->roster_named("run/mutex/m", {}).view().members.size(), 1U);
  owner.release();
  EXPECT_TRUE(m.try_lock());
  m.unlock();
}

TEST_F(mutex_test, passes_over_who_gave_up) {
  auto owner = sync.mutex("m").acquire();
  wait_group all;
  cancel_scope impatient;
  all.go([&] {
    EXPECT_EQ(other.mutex("m").acquire(impatient.context()).status(), status::cancelled);
  });
  wait_for_tickets("m", 2);
  all.go([&] { EXPECT_TRUE(other.mutex("m").acquire()); });
  wait_for_tickets("m", 3);
  impatient.cancel();
  wait_for_tickets("m", 2);
  owner.release();
  all.wait();
}

TEST_F(mutex_test, goes_on_to_others_when_a_holders_session_is_lost) {
  auto m = other.mutex("m");
  auto owner = sync.mutex("m").acquire();
  EXPECT_TRUE(owner);
  EXPECT_EQ(owner.remaining(), duration::max());
  owner.check();
  const context lost = owner.lost();
  kill(sync);
  EXPECT_TRUE(lost.done());
  EXPECT_FALSE(owner);
  EXPECT_EQ(owner.remaining(), duration::zero());
  EXPECT_EQ(
      error_of([&] { owner.check(); }),
      std::pair(status::session_lost, std::string{"mutex 'm': not owned any more: session lost"}));
  EXPECT_TRUE(m.try_lock());
  owner.release();  // gives up nothing of somebody else's
  EXPECT_FALSE(instance(2).mutex("m").try_lock());
  m.unlock();
}

TEST_F(mutex_test, is_not_got_in_a_session_that_was_lost) {
  auto owner = other.mutex("m").acquire();
  wait_group all;
  all.go([&] { EXPECT_EQ(error_of([&] { sync.mutex("m").lock(); }).first, status::session_lost); });
  wait_for_tickets("m", 2);
  kill(sync);
  all.wait();
  EXPECT_EQ(sync.mutex("m").try_acquire().status(), status::session_lost);
  EXPECT_EQ(world->roster_named("run/mutex/m", {}).view().members.size(), 1U);
  EXPECT_TRUE(owner);
}

TEST_F(mutex_test, is_given_up_with_the_client_that_held_it) {
  {
    client mortal = instance(3);
    mortal.mutex("m").acquire().release();
    auto m = mortal.mutex("m");
    m.lock();
    mortal.session().close();
  }
  EXPECT_TRUE(sync.mutex("m").try_acquire());
}

TEST_F(mutex_test, outlives_its_handle_in_a_guard) {
  auto owner = instance(4).mutex("m").acquire();
  EXPECT_TRUE(owner);
  EXPECT_FALSE(sync.mutex("m").try_lock());
  coord::guard moved = std::move(owner);
  EXPECT_TRUE(moved);
  moved = {};
  EXPECT_TRUE(sync.mutex("m").try_lock());
}

TEST_F(mutex_test, ends_its_waits_when_the_run_is_over) {
  auto owner = other.mutex("m").acquire();
  wait_group all;
  all.go([&] { EXPECT_EQ(error_of([&] { sync.mutex("m").lock(); }).first, status::session_lost); });
  wait_for_tickets("m", 2);
  world->end();
  all.wait();
  EXPECT_FALSE(owner);
}

TEST_F(mutex_test, refuses_bad_names_and_unlocks_of_nothing) {
  EXPECT_EQ(error_of([&] { static_cast<void>(sync.mutex("")); }).first, status::unsupported);
  auto m = sync.mutex("m");
  EXPECT_DEATH(m.unlock(), "a named mutex is unlocked that is not locked");
}

TEST_F(mutex_test, has_no_place_for_who_only_asks) {
  auto owner = sync.mutex("m").acquire();
  const auto before = world->roster_named("run/mutex/m", {}).view().revision;
  EXPECT_FALSE(other.mutex("m").try_lock());
  EXPECT_EQ(world->roster_named("run/mutex/m", {}).view().revision, before);
}

TEST_F(mutex_test, is_not_got_by_another_wait_of_the_session_that_dies_with_its_holder) {
  auto owner = sync.mutex("m").acquire();
  wait_group all;
  for (int i = 0; i < 3; ++i) {
    all.go(
        [&] { EXPECT_EQ(error_of([&] { sync.mutex("m").lock(); }).first, status::session_lost); });
  }
  wait_for_tickets("m", 4);
  all.go([&] { EXPECT_TRUE(other.mutex("m").acquire()); });
  wait_for_tickets("m", 5);
  kill(sync);
  all.wait();
  EXPECT_TRUE(world->roster_named("run/mutex/m", {}).view().members.empty());
}

TEST_F(mutex_test, is_not_got_once_the_session_was_closed_before_it_was_opened) {
  auto scope = std::make_shared<coord::scope>(coord::scope{world, "run", 5, 10});
  scope->session.close();
  EXPECT_EQ(error_of([&] { client{scope}.mutex("m").lock(); }).first, status::session_lost);
}

}  // namespace
