#include <gtest/gtest.h>

#include <atomic>
#include <lockstep/context.hpp>
#include <lockstep/latch.hpp>
#include <lockstep/mutex.hpp>
#include <memory>
#include <mutex>
#include <type_traits>
#include <vector>

#include "support/late_wakes.hpp"
#include "support/world.hpp"

namespace {

using namespace std::chrono_literals;
using lockstep::status;

template <class R>
struct mutex_test : testing::Test {};
TYPED_TEST_SUITE(mutex_test, support::runtimes, support::runtime_names);

TYPED_TEST(mutex_test, is_held_by_one_at_a_time) {
  lockstep::basic_mutex<TypeParam> m;
  m.lock();
  EXPECT_FALSE(m.try_lock());
  auto waiting = support::run([&] { m.lock(); });
  waiting.until_blocked();
  m.unlock();
  waiting.join();
  EXPECT_FALSE(m.try_lock());
  m.unlock();
  EXPECT_TRUE(m.try_lock());
  m.unlock();
}

TYPED_TEST(mutex_test, works_with_the_locks_of_the_standard) {
  static constinit lockstep::basic_mutex<TypeParam> m;
  lockstep::basic_mutex<TypeParam> other;
  { const std::lock_guard hold{m}; }
  {
    std::unique_lock hold{m, 1s};
    EXPECT_TRUE(hold.owns_lock());
    EXPECT_FALSE(std::unique_lock(m, std::try_to_lock).owns_lock());
    hold.unlock();
    EXPECT_TRUE(hold.try_lock_for(1s));
    hold.unlock();
    EXPECT_TRUE(hold.try_lock_until(std::chrono::steady_clock::now() + 1s));
  }
  { const std::scoped_lock hold{m, other}; }
  EXPECT_TRUE(m.try_lock() && other.try_lock());
  m.unlock();
  other.unlock();
}

TYPED_TEST(mutex_test, is_not_unlocked_when_it_is_not_locked) {  // MU-1
  const support::contracts_throw contracts;
  lockstep::basic_mutex<TypeParam> m;
  EXPECT_THROW(m.unlock(), support::contracts_throw::violation);
  m.lock();
  EXPECT_FALSE(m.try_lock_for(1ms));  // from now on tasks are known to have waited
  m.unlock();
  EXPECT_THROW(m.unlock(), support::contracts_throw::violation);
  EXPECT_TRUE(m.try_lock());
  m.unlock();
}

TYPED_TEST(mutex_test, may_be_unlocked_by_another_task) {  // MU-1
  lockstep::basic_mutex<TypeParam> m;
  m.lock();
  auto waiting = support::run([&] { m.lock(); });
  waiting.until_blocked();
  auto other = support::run([&] { m.unlock(); });
  other.join();
  waiting.join();
  m.unlock();
}

TYPED_TEST(mutex_test, is_not_recursive) {  // MU-1
  lockstep::basic_mutex<TypeParam> m;
  m.lock();
  EXPECT_FALSE(m.try_lock());
  EXPECT_FALSE(m.try_lock_for(1ms));
  m.unlock();
}

TYPED_TEST(mutex_test, goes_to_waiters_in_order_of_arrival) {  // MU-2
  lockstep::basic_mutex<TypeParam> m;
  std::vector<int> order;
  const auto take_turn = [&](int id) {
    const std::lock_guard hold{m};
    order.push_back(id);
  };
  m.lock();
  auto first = support::run([&] { take_turn(1); });
  first.until_blocked();
  auto second = support::run([&] { take_turn(2); });
  second.until_blocked();
  auto third = support::run([&] { take_turn(3); });
  third.until_blocked();
  m.unlock();
  first.join();
  second.join();
  third.join();
  EXPECT_EQ(order, (std::vector{1, 2, 3}));
}

// The other task lets the mutex go for a few nanoseconds only, far less than a waiter takes to
// wake up: without hand-over the waiter would come too late for ever.
TYPED_TEST(mutex_test, reaches_a_waiter_while_another_task_locks_it_again_and_again) {  // MU-3
  lockstep::basic_mutex<TypeParam> m;
  std::atomic<bool> stop{false};
  lockstep::basic_latch<TypeParam> started{1};
  auto hog = support::run([&] {
    for (bool first = true; !stop.load(); first = false) {
      const std::lock_guard hold{m};
      if (first) started.count_down();
      for (int i = 0; i < 20; ++i) TypeParam::yield();
    }
  });
  started.wait();
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(m.try_lock_for(30s));
    m.unlock();
  }
  stop = true;
  hog.join();
}

// A task that waits for m and then holds it until told to let go.
template <class Mutex, class Latch>
auto wait_and_hold(Mutex& m, Latch& let_go) {
  return support::run([&] {
    m.lock();
    let_go.wait();
    m.unlock();
  });
}

// Lets go of m, for which a task is blocked, and takes it again before that task can.
template <class Runtime>
void barge(lockstep::basic_mutex<Runtime>& m) {
  const typename Runtime::hold wakes_arrive_afterwards;
  m.unlock();
  ASSERT_TRUE(m.try_lock());
}

template <class R>
void let_patience_end() {
  const auto end = R::now() + 2ms;
  while (R::now() < end) R::yield();
}

TYPED_TEST(mutex_test, is_handed_to_a_waiter_that_has_starved) {  // MU-3, MU-4
  lockstep::basic_mutex<support::late_wakes<TypeParam>> m;
  lockstep::basic_latch<TypeParam> let_go{1};
  m.lock();
  auto waiting = wait_and_hold(m, let_go);
  waiting.until_blocked();
  let_patience_end<TypeParam>();
  barge(m);
  waiting.until_blocked();  // it came too late, and found that it had waited for too long
  m.unlock();
  EXPECT_FALSE(m.try_lock());  // an arrival does not get it
  let_go.count_down();
  waiting.join();
  EXPECT_TRUE(m.try_lock());
  m.unlock();
}

TYPED_TEST(mutex_test, may_be_overtaken_again_once_nobody_starves) {  // MU-5
  lockstep::basic_mutex<support::late_wakes<TypeParam>> m;
  for (int round = 0; round < 2; ++round) {  // to the second barge() the mutex had been starving
    lockstep::basic_latch<TypeParam> let_go{1};
    m.lock();
    auto waiting = wait_and_hold(m, let_go);
    waiting.until_blocked();
    let_patience_end<TypeParam>();
    barge(m);
    waiting.until_blocked();
    m.unlock();
    let_go.count_down();
    waiting.join();
  }
}

TYPED_TEST(mutex_test, fails_a_try_only_while_it_is_held) {  // MU-7
  lockstep::basic_mutex<TypeParam> m;
  EXPECT_TRUE(m.try_lock());
  auto other = support::run([&] { return m.try_lock(); });
  EXPECT_FALSE(other.join());
  EXPECT_FALSE(m.try_lock_for(1ms));
  m.unlock();
  EXPECT_TRUE(m.try_lock());  // though a task has waited
  m.unlock();
}

TYPED_TEST(mutex_test, lets_a_wait_time_out) {
  lockstep::basic_mutex<TypeParam> m;
  m.lock();
  EXPECT_FALSE(m.try_lock_for(1ms));
  EXPECT_FALSE(m.try_lock_until(std::chrono::steady_clock::now() - 1s));
  EXPECT_EQ(m.lock(lockstep::cancel_scope{1ms}.context()), status::timeout);
  auto patient = support::run([&] { return m.try_lock_for(1h); });
  patient.until_blocked();
  m.unlock();
  EXPECT_TRUE(patient.join());
  m.unlock();
}

TYPED_TEST(mutex_test, ends_a_wait_whose_context_is_cancelled) {
  lockstep::basic_mutex<TypeParam> m;
  lockstep::cancel_scope scope;
  EXPECT_EQ(m.lock(scope.context()), status::ok);
  auto cancelled = support::run([&] { return m.lock(scope.context()); });
  cancelled.until_blocked();
  auto next = support::run([&] { m.lock(); });
  next.until_blocked();
  scope.cancel();
  EXPECT_EQ(cancelled.join(), status::cancelled);
  next.until_blocked();
  m.unlock();
  next.join();  // the one that gave up is not waited for
  m.unlock();
  EXPECT_EQ(m.lock(scope.context()), status::cancelled);
  EXPECT_TRUE(m.try_lock());
  m.unlock();
}

TYPED_TEST(mutex_test, shows_the_next_owner_what_was_done_under_it) {
  lockstep::basic_mutex<TypeParam> m;
  int count = 0;  // not atomic: a missing happens-before is a data race
  const auto work = [&] {
    for (int i = 0; i < 2000; ++i) {
      const std::lock_guard hold{m};
      ++count;
    }
  };
  auto one = support::run(work);
  auto two = support::run(work);
  work();
  one.join();
  two.join();
  EXPECT_EQ(count, 6000);
}

TYPED_TEST(mutex_test, stays_where_it_is) {
  using mutex = lockstep::basic_mutex<TypeParam>;
  EXPECT_FALSE(std::is_copy_constructible_v<mutex> || std::is_copy_assignable_v<mutex>);
  EXPECT_FALSE(std::is_move_constructible_v<mutex> || std::is_move_assignable_v<mutex>);
}

TYPED_TEST(mutex_test, is_not_destroyed_under_a_waiter) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto destroy = [] {
    auto owner = std::make_unique<lockstep::basic_mutex<TypeParam>>();
    owner->lock();
    auto blocked = support::run([&m = *owner] { m.lock(); });
    blocked.until_blocked();
    EXPECT_FALSE(owner->try_lock_for(0s));  // sees what the waiter did
    owner.reset();
  };
  EXPECT_DEATH(destroy(), "a mutex is destroyed with waiters");
}

}  // namespace
