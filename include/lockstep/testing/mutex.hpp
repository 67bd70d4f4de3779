// mutex.hpp: what a mutex does (MU).
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <type_traits>
#include <vector>

#include "../context.hpp"
#include "../latch.hpp"
#include "../mutex.hpp"
#include "world.hpp"

namespace lockstep::testing {

template <class R>
struct mutex_suite : suite<R> {
  using mutex = basic_mutex<R>;

  // A task that waits for m and then holds it until told to let go.
  static auto wait_and_hold(mutex& m, basic_latch<R>& let_go) {
    return suite<R>::blocked([&] {
      m.lock();
      let_go.wait();
      m.unlock();
    });
  }
  // A task that is blocked for m, to write its number when it gets it.
  static auto take_turn(mutex& m, std::vector<int>& order, int id) {
    return suite<R>::blocked([&, id] {
      const std::lock_guard hold{m};
      order.push_back(id);
    });
  }
  // Lets go of m, for which a task is blocked, and takes it again before that task can.
  static void barge(mutex& m) {
    const typename R::late_wakes after_this;
    m.unlock();
    EXPECT_TRUE(m.try_lock());
  }
};
TYPED_TEST_SUITE(mutex_suite, runtimes, suite_names);

TYPED_TEST(mutex_suite, is_held_by_one_at_a_time) {
  basic_mutex<TypeParam> m;
  m.lock();
  EXPECT_FALSE(m.try_lock());
  auto waiting = this->blocked([&] { m.lock(); });
  m.unlock();
  waiting.join();
  EXPECT_FALSE(m.try_lock());
  m.unlock();
  EXPECT_TRUE(m.try_lock());
  m.unlock();
}

TYPED_TEST(mutex_suite, works_with_the_locks_of_the_standard) {
  static constinit basic_mutex<TypeParam> m;
  basic_mutex<TypeParam> other;
  { const std::lock_guard hold{m}; }
  {
    std::unique_lock hold{m, 1s};
    EXPECT_TRUE(hold.owns_lock());
    EXPECT_FALSE(std::unique_lock(m, std::try_to_lock).owns_lock());
    hold.unlock();
    EXPECT_TRUE(hold.try_lock_for(1s));
    hold.unlock();
    EXPECT_TRUE(hold.try_lock_until(TypeParam::now() + 1s));
  }
  { const std::scoped_lock hold{m, other}; }
  EXPECT_TRUE(m.try_lock() && other.try_lock());
  m.unlock();
  other.unlock();
}

TYPED_TEST(mutex_suite, is_not_unlocked_when_it_is_not_locked) {
  this->proves("MU-1");
  const contracts_throw contracts;
  basic_mutex<TypeParam> m;
  EXPECT_THROW(m.unlock(), contracts_throw::violation);
  m.lock();
  EXPECT_FALSE(m.try_lock_for(1ms));  // from now on tasks are known to have waited
  m.unlock();
  EXPECT_THROW(m.unlock(), contracts_throw::violation);
  EXPECT_TRUE(m.try_lock());
  m.unlock();
}

TYPED_TEST(mutex_suite, may_be_unlocked_by_another_task) {
  this->proves("MU-1");
  basic_mutex<TypeParam> m;
  m.lock();
  auto waiting = this->blocked([&] { m.lock(); });
  auto other = this->run([&] { m.unlock(); });
  other.join();
  waiting.join();
  m.unlock();
}

TYPED_TEST(mutex_suite, is_not_recursive) {
  this->proves("MU-1");
  basic_mutex<TypeParam> m;
  m.lock();
  EXPECT_FALSE(m.try_lock());
  EXPECT_FALSE(m.try_lock_for(1ms));
  m.unlock();
}

TYPED_TEST(mutex_suite, goes_to_waiters_in_order_of_arrival) {
  this->proves("MU-2");
  basic_mutex<TypeParam> m;
  m.lock();
  std::vector<int> order;
  auto waiting = this->three_in_line([&](int id) {
    const std::lock_guard hold{m};
    order.push_back(id);
  });
  m.unlock();
  for (auto& task : waiting) task.join();
  EXPECT_EQ(order, (std::vector{1, 2, 3}));
}

TYPED_TEST(mutex_suite, keeps_the_place_of_a_waiter_that_was_overtaken) {
  this->proves("MU-2");
  const typename TypeParam::stopped_clock nobody_starves;
  basic_mutex<TypeParam> m;
  std::vector<int> order;
  m.lock();
  auto first = this->take_turn(m, order, 1);
  auto second = this->take_turn(m, order, 2);
  this->barge(m);
  first.until_blocked();
  m.unlock();
  first.join();
  second.join();
  EXPECT_EQ(order, (std::vector{1, 2}));
}

// The other task lets the mutex go for a few nanoseconds only, far less than a waiter takes to
// wake up: without hand-over the waiter would come too late for ever.
TYPED_TEST(mutex_suite, reaches_a_waiter_while_another_task_locks_it_again_and_again) {
  this->proves("MU-3");
  basic_mutex<TypeParam> m;
  std::atomic<bool> stop{false};
  basic_latch<TypeParam> started{1};
  auto hog = this->run([&] {
    for (bool first = true; !stop.load(); first = false) {
      const std::lock_guard hold{m};
      if (first) started.count_down();
      this->pause(100us);
    }
  });
  started.wait();
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(m.try_lock_for(1h));
    m.unlock();
  }
  stop = true;
  hog.join();
}

TYPED_TEST(mutex_suite, is_handed_to_a_waiter_that_has_starved) {
  this->proves("MU-3 MU-4 MU-7");
  const typename TypeParam::stopped_clock clock;
  basic_mutex<TypeParam> m;
  basic_latch<TypeParam> let_go{1};
  m.lock();
  auto waiting = this->wait_and_hold(m, let_go);
  clock.advance(2ms);
  this->barge(m);
  waiting.until_blocked();  // it came too late, and found that it had waited for too long
  m.unlock();
  EXPECT_FALSE(m.try_lock());  // an arrival does not get it
  let_go.count_down();
  waiting.join();
  EXPECT_TRUE(m.try_lock());
  m.unlock();
}

TYPED_TEST(mutex_suite, may_be_overtaken_again_once_a_waiter_got_it_in_time) {
  this->proves("MU-5");
  const typename TypeParam::stopped_clock clock;
  basic_mutex<TypeParam> m;
  basic_latch<TypeParam> let_go{1};
  std::vector<int> order;
  m.lock();
  auto starved = this->take_turn(m, order, 1);
  clock.advance(2ms);
  auto lucky = this->blocked([&] {
    m.lock();
    let_go.wait();
    this->barge(m);  // the next one has waited for long, but nobody knows yet
    order.push_back(2);
    m.unlock();
  });
  auto last = this->take_turn(m, order, 3);
  this->barge(m);
  starved.until_blocked();
  m.unlock();  // from here on it is handed over
  starved.join();
  lucky.until_blocked();  // at the latch
  let_go.count_down();
  lucky.join();
  last.join();
  EXPECT_EQ(order, (std::vector{1, 2, 3}));
}

TYPED_TEST(mutex_suite, may_be_overtaken_again_once_nobody_waits) {
  this->proves("MU-5");
  const typename TypeParam::stopped_clock clock;
  basic_mutex<TypeParam> m;
  for (int round = 0; round < 2; ++round) {  // to the second barge() the mutex had been starving
    basic_latch<TypeParam> let_go{1};
    m.lock();
    auto waiting = this->wait_and_hold(m, let_go);
    clock.advance(2ms);
    this->barge(m);
    waiting.until_blocked();
    m.unlock();
    let_go.count_down();
    waiting.join();
  }
}

TYPED_TEST(mutex_suite, wakes_one_waiter_at_a_time) {
  this->proves("MU-6");
  basic_mutex<TypeParam> m;
  m.lock();
  auto waiting = this->three_in_line([&](int) { const std::lock_guard hold{m}; });
  {
    const typename TypeParam::late_wakes after_this;
    for (int unlocks = 0; unlocks < 3; ++unlocks) {
      m.unlock();
      EXPECT_TRUE(m.try_lock());
    }
    EXPECT_EQ(after_this.count(), 1U);
  }
  m.unlock();
}

TYPED_TEST(mutex_suite, fails_a_try_only_while_it_is_held) {
  this->proves("MU-7");
  basic_mutex<TypeParam> m;
  EXPECT_TRUE(m.try_lock());
  auto other = this->run([&] { return m.try_lock(); });
  EXPECT_FALSE(other.join());
  EXPECT_FALSE(m.try_lock_for(1ms));
  m.unlock();
  EXPECT_TRUE(m.try_lock());  // though a task has waited
  m.unlock();
}

TYPED_TEST(mutex_suite, lets_a_wait_time_out) {
  basic_mutex<TypeParam> m;
  m.lock();
  EXPECT_FALSE(m.try_lock_for(1ms));
  EXPECT_FALSE(m.try_lock_until(TypeParam::now() - 1s));
  EXPECT_EQ(m.lock(cancel_scope{1ms}.context()), status::timeout);
  auto patient = this->blocked([&] { return m.try_lock_for(1h); });
  m.unlock();
  EXPECT_TRUE(patient.join());
  m.unlock();
}

TYPED_TEST(mutex_suite, ends_a_wait_whose_context_is_cancelled) {
  basic_mutex<TypeParam> m;
  cancel_scope scope;
  EXPECT_EQ(m.lock(scope.context()), status::ok);
  auto cancelled = this->blocked([&] { return m.lock(scope.context()); });
  auto next = this->blocked([&] { m.lock(); });
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

TYPED_TEST(mutex_suite, shows_the_next_owner_what_was_done_under_it) {
  this->proves("MM-4");
  basic_mutex<TypeParam> m;
  int count = 0;  // not atomic: a missing happens-before is a data race
  const auto work = [&] {
    for (int i = 0; i < 2000; ++i) {
      const std::lock_guard hold{m};
      ++count;
    }
  };
  auto one = this->run(work);
  auto two = this->run(work);
  work();
  one.join();
  two.join();
  EXPECT_EQ(count, 6000);
}

TYPED_TEST(mutex_suite, stays_where_it_is) {
  using object = basic_mutex<TypeParam>;
  EXPECT_FALSE(std::is_copy_constructible_v<object> || std::is_copy_assignable_v<object>);
  EXPECT_FALSE(std::is_move_constructible_v<object> || std::is_move_assignable_v<object>);
}

}  // namespace lockstep::testing
