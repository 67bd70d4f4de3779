// condition_variable.hpp: what a condition variable does (CV).
#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <iterator>
#include <memory>
#include <mutex>
#include <stdexcept>

#include "../condition_variable.hpp"
#include "../context.hpp"
#include "../mutex.hpp"
#include "world.hpp"

namespace lockstep::testing {

template <class R>
struct condition_variable_suite : suite<R> {
  using lock = std::unique_lock<basic_mutex<R>>;

  // Not a mutex by itself, and not derived from one.
  class own_lock {
   public:
    explicit own_lock(basic_mutex<R>& m) : mutex_{&m} { lock(); }
    own_lock(const own_lock&) = delete;
    ~own_lock() { unlock(); }
    void lock() { mutex_->lock(); }
    void unlock() { mutex_->unlock(); }

   private:
    basic_mutex<R>* mutex_;
  };

  // A lock whose unlock() fails.
  struct stuck_lock {
    void lock() {}
    void unlock() { throw std::runtime_error{"stuck"}; }
  };

  // A task waits with a lock of some type, another makes the condition true.
  template <class Lock, class Mutex>
  void meet_under(Mutex& mutex) {
    auto waiting = this->blocked([&] {
      Lock hold{mutex};
      cv.wait(hold, [&] { return ready; });
    });
    {
      const std::lock_guard hold{mutex};
      ready = true;
    }
    cv.notify_one();
    waiting.join();
    ready = false;
  }

  basic_mutex<R> m;
  basic_condition_variable<R> cv;
  bool ready = false;
};
TYPED_TEST_SUITE(condition_variable_suite, runtimes, suite_names);

TYPED_TEST(condition_variable_suite, unlocks_during_the_wait_and_locks_after_it) {
  this->proves("CV-1");
  auto waiting = this->blocked([this] {
    typename TestFixture::lock hold{this->m};
    this->cv.wait(hold);
    return hold.owns_lock() && !this->m.try_lock();
  });
  EXPECT_TRUE(this->m.try_lock());
  this->cv.notify_one();
  waiting.until_blocked();  // for the mutex
  this->m.unlock();
  EXPECT_TRUE(waiting.join());
}

// The other task can lock only after the waiter has let go; if it was not queued by then, the
// notification finds nobody and the wait ends by its deadline.
TYPED_TEST(condition_variable_suite, misses_no_notification_made_after_the_unlock) {
  this->proves("CV-1");
  for (int round = 0; round < 200; ++round) {
    typename TestFixture::lock hold{this->m};
    auto notifier = this->run([this] {
      const typename TestFixture::lock other{this->m};
      this->cv.notify_one();
    });
    ASSERT_EQ(this->cv.wait_for(hold, 30s), std::cv_status::no_timeout);
    hold.unlock();
    notifier.join();
  }
}

TYPED_TEST(condition_variable_suite, notifies_the_one_that_has_waited_longest) {
  this->proves("CV-2");
  auto waiting = this->three_in_line([this](int) {
    typename TestFixture::lock hold{this->m};
    this->cv.wait(hold);
  });
  for (; !waiting.empty(); waiting.pop_front()) {
    this->cv.notify_one();
    waiting.front().join();
    if (waiting.size() > 1) std::next(waiting.begin())->until_blocked();
  }
}

TYPED_TEST(condition_variable_suite, notifies_all_that_wait) {
  this->proves("CV-4");
  const auto wait = [this] {
    typename TestFixture::lock hold{this->m};
    this->cv.wait(hold, [this] { return this->ready; });
  };
  auto first = this->blocked(wait);
  auto second = this->blocked(wait);
  {
    const typename TestFixture::lock hold{this->m};
    this->ready = true;
    this->cv.notify_all();
  }
  first.join();
  second.join();
}

TYPED_TEST(condition_variable_suite, is_notified_without_the_lock) {
  this->proves("CV-3");
  auto waiting = this->blocked([this] {
    typename TestFixture::lock hold{this->m};
    this->cv.wait(hold, [this] { return this->ready; });
  });
  {
    const typename TestFixture::lock hold{this->m};
    this->ready = true;
  }
  this->cv.notify_one();
  waiting.join();
}

TYPED_TEST(condition_variable_suite, keeps_no_notification_for_later) {
  this->proves("CV-4");
  this->cv.notify_one();
  this->cv.notify_all();
  typename TestFixture::lock hold{this->m};
  EXPECT_EQ(this->cv.wait_for(hold, 1ms), std::cv_status::timeout);
}

TYPED_TEST(condition_variable_suite, gives_a_notification_to_no_later_waiter) {
  this->proves("CV-4");
  auto earlier = this->blocked([this] {
    typename TestFixture::lock hold{this->m};
    return this->cv.wait_for(hold, 1h);
  });
  typename TestFixture::lock hold{this->m};
  this->cv.notify_one();  // for the earlier one, which cannot return yet
  EXPECT_EQ(this->cv.wait_for(hold, 1ms), std::cv_status::timeout);
  hold.unlock();
  EXPECT_EQ(earlier.join(), std::cv_status::no_timeout);
}

TYPED_TEST(condition_variable_suite, tests_the_predicate_before_it_waits) {
  typename TestFixture::lock hold{this->m};
  int calls = 0;
  const auto yes = [&] { return ++calls > 0; };
  this->cv.wait(hold, yes);
  EXPECT_TRUE(this->cv.wait_for(hold, 0s, yes));
  EXPECT_TRUE(this->cv.wait_until(hold, TypeParam::now() - 1s, yes));
  EXPECT_EQ(this->cv.wait(background(), hold, yes), status::ok);
  EXPECT_EQ(calls, 4);
}

TYPED_TEST(condition_variable_suite, waits_on_while_the_predicate_is_false) {
  int tests = 0;
  auto waiting = this->blocked([&] {
    typename TestFixture::lock hold{this->m};
    this->cv.wait(hold, [&] { return ++tests > 0 && this->ready; });
  });
  this->cv.notify_all();
  waiting.until_blocked();
  {
    const typename TestFixture::lock hold{this->m};
    EXPECT_EQ(tests, 2);
    this->ready = true;
  }
  this->cv.notify_all();
  waiting.join();
  EXPECT_EQ(tests, 3);
}

TYPED_TEST(condition_variable_suite, ends_a_wait_at_its_deadline_with_the_lock_held) {
  typename TestFixture::lock hold{this->m};
  const auto past = TypeParam::now() - 1s;
  const auto no = [] { return false; };
  EXPECT_EQ(this->cv.wait_for(hold, 1ms), std::cv_status::timeout);
  EXPECT_EQ(this->cv.wait_until(hold, past), std::cv_status::timeout);
  EXPECT_FALSE(this->cv.wait_for(hold, 1ms, no));
  EXPECT_FALSE(this->cv.wait_until(hold, past, no));
  EXPECT_EQ(this->cv.wait(cancel_scope{1ms}.context(), hold, no), status::timeout);
  EXPECT_FALSE(this->m.try_lock());
}

TYPED_TEST(condition_variable_suite, tests_the_predicate_once_more_at_the_deadline) {
  typename TestFixture::lock hold{this->m};
  int calls = 0;
  EXPECT_TRUE(this->cv.wait_for(hold, 1ms, [&] { return ++calls == 2; }));
}

TYPED_TEST(condition_variable_suite, ends_a_wait_whose_context_is_cancelled) {
  cancel_scope scope;
  auto waiting = this->blocked([&] {
    typename TestFixture::lock hold{this->m};
    const status s = this->cv.wait(scope.context(), hold, [] { return false; });
    EXPECT_FALSE(this->m.try_lock());
    return s;
  });
  scope.cancel();
  EXPECT_EQ(waiting.join(), status::cancelled);
  typename TestFixture::lock hold{this->m};
  EXPECT_EQ(this->cv.wait(scope.context(), hold), status::cancelled);
  EXPECT_FALSE(this->m.try_lock());
}

TYPED_TEST(condition_variable_suite, notifies_another_when_the_longest_waiter_has_given_up) {
  this->proves("CV-2");
  cancel_scope scope;
  auto impatient = this->blocked([&] {
    typename TestFixture::lock hold{this->m};
    return this->cv.wait(scope.context(), hold);
  });
  auto patient = this->blocked([&] {
    typename TestFixture::lock hold{this->m};
    return this->cv.wait(background(), hold);
  });
  scope.cancel();
  this->cv.notify_one();
  EXPECT_EQ(impatient.join(), status::cancelled);
  EXPECT_EQ(patient.join(), status::ok);
}

TYPED_TEST(condition_variable_suite, waits_with_any_lock) {
  std::mutex plain;
  this->template meet_under<std::unique_lock<std::mutex>>(plain);
  std::timed_mutex timed;
  this->template meet_under<std::unique_lock<std::timed_mutex>>(timed);
  this->template meet_under<typename TestFixture::own_lock>(this->m);
}

TYPED_TEST(condition_variable_suite, waits_with_a_mutex_itself) {
  this->m.lock();
  EXPECT_EQ(this->cv.wait_for(this->m, 1ms), std::cv_status::timeout);
  this->m.unlock();
}

TYPED_TEST(condition_variable_suite, may_be_destroyed_once_its_waiters_are_notified) {
  this->proves("LT-1");
  auto owner = std::make_unique<basic_condition_variable<TypeParam>>();
  auto waiting = this->blocked([this, &notified = *owner] {
    typename TestFixture::lock hold{this->m};
    notified.wait(hold);
  });
  {
    const typename TestFixture::lock hold{this->m};  // so the wait has not returned yet
    owner->notify_all();
    owner.reset();
  }
  waiting.join();
}

TYPED_TEST(condition_variable_suite, a_lock_that_cannot_be_unlocked_leaves_nobody_waiting) {
  typename TestFixture::stuck_lock lk;
  EXPECT_THROW(this->cv.wait(lk), std::runtime_error);
  this->cv.notify_one();
}

}  // namespace lockstep::testing
