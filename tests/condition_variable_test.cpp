#include <lockstep/condition_variable.hpp>
#include <stdexcept>
// The header above declares std::cv_status by itself; what comes below defines it.
#include <gtest/gtest.h>

#include <condition_variable>
#include <lockstep/context.hpp>
#include <lockstep/mutex.hpp>
#include <memory>
#include <mutex>
#include <type_traits>
#include <vector>

#include "support/world.hpp"

namespace {

using namespace std::chrono_literals;
using lockstep::status;

static_assert(std::is_same_v<std::underlying_type_t<std::cv_status>, int>);
static_assert(static_cast<int>(std::cv_status::no_timeout) == 0);
static_assert(static_cast<int>(std::cv_status::timeout) == 1);

template <class R>
struct condition_variable_test : testing::Test {
  using lock = std::unique_lock<lockstep::basic_mutex<R>>;

  // Returns once f(), called with m locked, is true.
  template <class F>
  void until(F f) {
    for (bool seen = false; !seen;) {
      const lock hold{m};
      seen = f();
      R::yield();
    }
  }

  lockstep::basic_mutex<R> m;
  lockstep::basic_condition_variable<R> cv;
  bool ready = false;
};
TYPED_TEST_SUITE(condition_variable_test, support::runtimes, support::runtime_names);

TYPED_TEST(condition_variable_test, unlocks_during_the_wait_and_locks_after_it) {  // CV-1
  auto waiting = support::run([this] {
    typename TestFixture::lock hold{this->m};
    this->cv.wait(hold);
    return hold.owns_lock() && !this->m.try_lock();
  });
  waiting.until_blocked();
  EXPECT_TRUE(this->m.try_lock());
  this->cv.notify_one();
  waiting.until_blocked();  // for the mutex
  this->m.unlock();
  EXPECT_TRUE(waiting.join());
}

// The other task can lock only after the waiter has let go; if it was not queued by then, the
// notification finds nobody and the wait ends by its deadline.
TYPED_TEST(condition_variable_test, misses_no_notification_made_after_the_unlock) {  // CV-1
  for (int round = 0; round < 200; ++round) {
    typename TestFixture::lock hold{this->m};
    auto notifier = support::run([this] {
      const typename TestFixture::lock other{this->m};
      this->cv.notify_one();
    });
    ASSERT_EQ(this->cv.wait_for(hold, 30s), std::cv_status::no_timeout);
    hold.unlock();
    notifier.join();
  }
}

TYPED_TEST(condition_variable_test, notifies_the_one_that_has_waited_longest) {  // CV-2
  std::vector<int> woken;
  const auto wait = [&](int id) {
    typename TestFixture::lock hold{this->m};
    this->cv.wait(hold);
    woken.push_back(id);
  };
  auto first = support::run([&] { wait(1); });
  first.until_blocked();
  auto second = support::run([&] { wait(2); });
  second.until_blocked();
  auto third = support::run([&] { wait(3); });
  third.until_blocked();
  for (std::size_t n = 1; n <= 3; ++n) {
    this->cv.notify_one();
    this->until([&] { return woken.size() == n; });
  }
  EXPECT_EQ(woken, (std::vector{1, 2, 3}));
}

TYPED_TEST(condition_variable_test, notifies_all_that_wait) {
  const auto wait = [this] {
    typename TestFixture::lock hold{this->m};
    this->cv.wait(hold, [this] { return this->ready; });
  };
  auto first = support::run(wait);
  auto second = support::run(wait);
  first.until_blocked();
  second.until_blocked();
  {
    const typename TestFixture::lock hold{this->m};
    this->ready = true;
    this->cv.notify_all();
  }
  first.join();
  second.join();
}

TYPED_TEST(condition_variable_test, is_notified_without_the_lock) {  // CV-3
  auto waiting = support::run([this] {
    typename TestFixture::lock hold{this->m};
    this->cv.wait(hold, [this] { return this->ready; });
  });
  waiting.until_blocked();
  {
    const typename TestFixture::lock hold{this->m};
    this->ready = true;
  }
  this->cv.notify_one();
  waiting.join();
}

TYPED_TEST(condition_variable_test, keeps_no_notification_for_later) {  // CV-4
  this->cv.notify_one();
  this->cv.notify_all();
  typename TestFixture::lock hold{this->m};
  EXPECT_EQ(this->cv.wait_for(hold, 1ms), std::cv_status::timeout);
}

TYPED_TEST(condition_variable_test, gives_a_notification_to_no_later_waiter) {  // CV-4
  auto earlier = support::run([this] {
    typename TestFixture::lock hold{this->m};
    return this->cv.wait_for(hold, 1h);
  });
  earlier.until_blocked();
  typename TestFixture::lock hold{this->m};
  this->cv.notify_one();  // for the earlier one, which cannot return yet
  EXPECT_EQ(this->cv.wait_for(hold, 1ms), std::cv_status::timeout);
  hold.unlock();
  EXPECT_EQ(earlier.join(), std::cv_status::no_timeout);
}

TYPED_TEST(condition_variable_test, tests_the_predicate_before_it_waits) {
  typename TestFixture::lock hold{this->m};
  int calls = 0;
  const auto yes = [&] { return ++calls > 0; };
  this->cv.wait(hold, yes);
  EXPECT_TRUE(this->cv.wait_for(hold, 0s, yes));
  EXPECT_TRUE(this->cv.wait_until(hold, std::chrono::steady_clock::now() - 1s, yes));
  EXPECT_EQ(this->cv.wait(lockstep::background(), hold, yes), status::ok);
  EXPECT_EQ(calls, 4);
}

TYPED_TEST(condition_variable_test, waits_on_while_the_predicate_is_false) {
  int tests = 0;
  auto waiting = support::run([&] {
    typename TestFixture::lock hold{this->m};
    this->cv.wait(hold, [&] { return ++tests > 0 && this->ready; });
  });
  waiting.until_blocked();
  this->cv.notify_all();
  this->until([&] { return tests == 2; });
  {
    const typename TestFixture::lock hold{this->m};
    this->ready = true;
  }
  this->cv.notify_all();
  waiting.join();
  EXPECT_EQ(tests, 3);
}

TYPED_TEST(condition_variable_test, ends_a_wait_at_its_deadline_with_the_lock_held) {
  typename TestFixture::lock hold{this->m};
  const auto past = std::chrono::steady_clock::now() - 1s;
  const auto no = [] { return false; };
  EXPECT_EQ(this->cv.wait_for(hold, 1ms), std::cv_status::timeout);
  EXPECT_EQ(this->cv.wait_until(hold, past), std::cv_status::timeout);
  EXPECT_FALSE(this->cv.wait_for(hold, 1ms, no));
  EXPECT_FALSE(this->cv.wait_until(hold, past, no));
  EXPECT_EQ(this->cv.wait(lockstep::cancel_scope{1ms}.context(), hold, no), status::timeout);
  EXPECT_FALSE(this->m.try_lock());
}

TYPED_TEST(condition_variable_test, tests_the_predicate_once_more_at_the_deadline) {
  typename TestFixture::lock hold{this->m};
  int calls = 0;
  EXPECT_TRUE(this->cv.wait_for(hold, 1ms, [&] { return ++calls == 2; }));
}

TYPED_TEST(condition_variable_test, ends_a_wait_whose_context_is_cancelled) {
  lockstep::cancel_scope scope;
  auto waiting = support::run([&] {
    typename TestFixture::lock hold{this->m};
    const status s = this->cv.wait(scope.context(), hold, [] { return false; });
    EXPECT_FALSE(this->m.try_lock());
    return s;
  });
  waiting.until_blocked();
  scope.cancel();
  EXPECT_EQ(waiting.join(), status::cancelled);
  typename TestFixture::lock hold{this->m};
  EXPECT_EQ(this->cv.wait(scope.context(), hold), status::cancelled);
  EXPECT_FALSE(this->m.try_lock());
}

TYPED_TEST(condition_variable_test,
           notifies_another_when_the_longest_waiter_has_given_up) {  // CV-2
  lockstep::cancel_scope scope;
  auto impatient = support::run([&] {
    typename TestFixture::lock hold{this->m};
    return this->cv.wait(scope.context(), hold);
  });
  impatient.until_blocked();
  auto patient = support::run([&] {
    typename TestFixture::lock hold{this->m};
    return this->cv.wait(lockstep::background(), hold);
  });
  patient.until_blocked();
  scope.cancel();
  this->cv.notify_one();
  EXPECT_EQ(impatient.join(), status::cancelled);
  EXPECT_EQ(patient.join(), status::ok);
}

// A task waits with a lock of some type, another makes the condition true.
template <class R, class Lock, class Mutex>
void meet_under(Mutex& m) {
  lockstep::basic_condition_variable<R> cv;
  bool ready = false;
  auto waiting = support::run([&] {
    Lock hold{m};
    cv.wait(hold, [&] { return ready; });
  });
  waiting.until_blocked();
  {
    const std::lock_guard hold{m};
    ready = true;
  }
  cv.notify_one();
  waiting.join();
}

// Not a mutex by itself, and not derived from one.
template <class Mutex>
class own_lock {
 public:
  explicit own_lock(Mutex& m) : mutex_{&m} { lock(); }
  own_lock(const own_lock&) = delete;
  ~own_lock() { unlock(); }
  void lock() { mutex_->lock(); }
  void unlock() { mutex_->unlock(); }

 private:
  Mutex* mutex_;
};

TYPED_TEST(condition_variable_test, waits_with_any_lock) {
  std::mutex plain;
  meet_under<TypeParam, std::unique_lock<std::mutex>>(plain);
  std::timed_mutex timed;
  meet_under<TypeParam, std::unique_lock<std::timed_mutex>>(timed);
  meet_under<TypeParam, own_lock<lockstep::basic_mutex<TypeParam>>>(this->m);
}

TYPED_TEST(condition_variable_test, waits_with_a_mutex_itself) {
  this->m.lock();
  EXPECT_EQ(this->cv.wait_for(this->m, 1ms), std::cv_status::timeout);
  this->m.unlock();
}

TYPED_TEST(condition_variable_test, may_be_destroyed_once_its_waiters_are_notified) {
  auto owner = std::make_unique<lockstep::basic_condition_variable<TypeParam>>();
  auto waiting = support::run([this, &notified = *owner] {
    typename TestFixture::lock hold{this->m};
    notified.wait(hold);
  });
  waiting.until_blocked();
  {
    const typename TestFixture::lock hold{this->m};  // so the wait has not returned yet
    owner->notify_all();
    owner.reset();
  }
  waiting.join();
}

TYPED_TEST(condition_variable_test, is_not_destroyed_under_a_waiter) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto destroy = [this] {
    auto owner = std::make_unique<lockstep::basic_condition_variable<TypeParam>>();
    auto blocked = support::run([this, &doomed = *owner] {
      typename TestFixture::lock hold{this->m};
      doomed.wait(hold);
    });
    blocked.until_blocked();
    typename TestFixture::lock hold{this->m};
    EXPECT_EQ(owner->wait_for(hold, 0s), std::cv_status::timeout);  // sees what the waiter did
    owner.reset();
  };
  EXPECT_DEATH(destroy(), "a condition variable is destroyed with waiters");
}

// A lock whose unlock() fails.
struct stuck_lock {
  void lock() {}
  void unlock() { throw std::runtime_error{"stuck"}; }
};

TYPED_TEST(condition_variable_test, a_lock_that_cannot_be_unlocked_leaves_nobody_waiting) {
  stuck_lock lk;
  EXPECT_THROW(this->cv.wait(lk), std::runtime_error);
  this->cv.notify_one();
}

}  // namespace
