#include <gtest/gtest.h>

#include <unistd.h>

#include <atomic>
#include <functional>
#include <lockstep/context.hpp>
#include <lockstep/semaphore.hpp>
#include <memory>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "support/world.hpp"

namespace {

using namespace std::chrono_literals;
using lockstep::status;

template <class R>
struct semaphore_test : testing::Test {
  using semaphore = lockstep::basic_semaphore<R>;

  // A task that blocks in an acquire of k.
  static auto acquire(semaphore& s, std::ptrdiff_t k) {
    return support::run([&s, k] { s.acquire(k); });
  }
  static auto acquire(semaphore& s, const lockstep::cancel_scope& scope, std::ptrdiff_t k) {
    return support::run([&s, ctx = scope.context(), k] { return s.acquire(ctx, k); });
  }
};
TYPED_TEST_SUITE(semaphore_test, support::runtimes, support::runtime_names);

TYPED_TEST(semaphore_test, gives_out_its_permits_and_no_more) {
  lockstep::basic_semaphore<TypeParam> s{2};
  s.acquire();
  EXPECT_EQ(s.available(), 1);
  EXPECT_TRUE(s.try_acquire());
  EXPECT_FALSE(s.try_acquire());
  EXPECT_EQ(s.available(), 0);
  s.release(2);
  EXPECT_EQ(s.available(), 2);
  EXPECT_EQ(s.max(), 2);
}

TYPED_TEST(semaphore_test, takes_several_permits_at_once_or_none) {
  lockstep::basic_semaphore<TypeParam> s{3};
  s.acquire(2);
  EXPECT_FALSE(s.try_acquire(2));
  EXPECT_EQ(s.available(), 1);
  EXPECT_TRUE(s.try_acquire(1));
}

TYPED_TEST(semaphore_test, holds_an_acquire_until_a_release) {
  lockstep::basic_semaphore<TypeParam> s{0, 1};
  auto plain = this->acquire(s, 1);
  plain.until_blocked();
  s.release();
  plain.join();
  auto timed = support::run([&] { return s.try_acquire_for(1h); });
  timed.until_blocked();
  s.release();
  EXPECT_TRUE(timed.join());
  auto until =
      support::run([&] { return s.try_acquire_until(std::chrono::steady_clock::now() + 1h); });
  until.until_blocked();
  s.release();
  EXPECT_TRUE(until.join());
  EXPECT_EQ(s.available(), 0);
}

TYPED_TEST(semaphore_test, that_starts_empty_counts_signals_without_a_maximum) {
  lockstep::basic_semaphore<TypeParam> s{0};
  EXPECT_FALSE(s.try_acquire());
  for (int i = 0; i < 1000; ++i) s.release(1000);
  EXPECT_EQ(s.available(), 1'000'000);
  EXPECT_TRUE(s.try_acquire(999'999));
  EXPECT_EQ(s.available(), 1);
}

TYPED_TEST(semaphore_test, starts_empty_with_a_maximum) {
  lockstep::basic_semaphore<TypeParam> s{0, 8};
  EXPECT_EQ(s.max(), 8);
  EXPECT_FALSE(s.try_acquire());
  s.release(8);
  EXPECT_TRUE(s.try_acquire(8));
}

TYPED_TEST(semaphore_test, serves_waiters_in_order_of_arrival) {
  lockstep::basic_semaphore<TypeParam> s{0, 1};
  std::vector<int> served;  // passed from task to task with the permit
  const auto take_turn = [&](int id) {
    s.acquire();
    served.push_back(id);
    s.release();
  };
  auto first = support::run([&] { take_turn(1); });
  first.until_blocked();
  auto second = support::run([&] { take_turn(2); });
  second.until_blocked();
  auto third = support::run([&] { take_turn(3); });
  third.until_blocked();
  s.release();
  first.join();
  second.join();
  third.join();
  EXPECT_EQ(served, (std::vector{1, 2, 3}));
}

TYPED_TEST(semaphore_test, makes_small_requests_wait_behind_a_large_one) {  // SM-1
  lockstep::basic_semaphore<TypeParam> s{3};
  s.acquire(2);
  auto large = this->acquire(s, 3);
  large.until_blocked();
  auto small = this->acquire(s, 1);
  small.until_blocked();  // though one permit is free
  EXPECT_EQ(s.available(), 1);
  s.release(1);
  small.until_blocked();
  s.release(1);
  large.join();
  small.until_blocked();
  s.release(3);
  small.join();
  EXPECT_EQ(s.available(), 2);
}

TYPED_TEST(semaphore_test, serves_with_one_release_as_many_as_it_can) {  // SM-1
  lockstep::basic_semaphore<TypeParam> s{0, 4};
  auto one = this->acquire(s, 1);
  one.until_blocked();
  auto two = this->acquire(s, 2);
  two.until_blocked();
  auto three = this->acquire(s, 3);
  three.until_blocked();
  s.release(4);
  one.join();
  two.join();
  three.until_blocked();
  EXPECT_EQ(s.available(), 1);
  s.release(2);
  three.join();
}

TYPED_TEST(semaphore_test, takes_nothing_when_the_context_has_ended) {  // SM-2
  lockstep::basic_semaphore<TypeParam> s{1};
  lockstep::cancel_scope scope;
  EXPECT_EQ(s.acquire(scope.context()), status::ok);
  s.release();
  scope.cancel();
  EXPECT_EQ(s.acquire(scope.context()), status::cancelled);
  EXPECT_EQ(s.available(), 1);
}

TYPED_TEST(semaphore_test, takes_nothing_when_the_context_ends_during_the_wait) {  // SM-2
  lockstep::basic_semaphore<TypeParam> s{0, 1};
  lockstep::cancel_scope scope;
  auto blocked = this->acquire(s, scope, 1);
  blocked.until_blocked();
  scope.cancel();
  EXPECT_EQ(blocked.join(), status::cancelled);
  s.release();
  EXPECT_EQ(s.available(), 1);
}

TYPED_TEST(semaphore_test, takes_nothing_when_time_runs_out) {  // SM-2
  lockstep::basic_semaphore<TypeParam> s{1, 2};
  EXPECT_FALSE(s.try_acquire_for(1ms, 2));
  EXPECT_FALSE(s.try_acquire_until(std::chrono::steady_clock::now() - 1s, 2));
  EXPECT_EQ(s.acquire(lockstep::cancel_scope{1ms}.context(), 2), status::timeout);
  EXPECT_EQ(s.available(), 1);
  EXPECT_TRUE(s.try_acquire_for(0s));
}

TYPED_TEST(semaphore_test, lets_the_next_in_when_the_head_of_the_queue_gives_up) {  // SM-2
  lockstep::basic_semaphore<TypeParam> s{1, 3};
  lockstep::cancel_scope scope;
  auto large = this->acquire(s, scope, 3);
  large.until_blocked();
  auto small = this->acquire(s, 1);
  small.until_blocked();
  scope.cancel();
  EXPECT_EQ(large.join(), status::cancelled);
  small.join();
  EXPECT_EQ(s.available(), 0);
}

TYPED_TEST(semaphore_test, keeps_the_order_when_one_in_the_middle_gives_up) {  // SM-2
  lockstep::basic_semaphore<TypeParam> s{0, 3};
  lockstep::cancel_scope scope;
  auto first = this->acquire(s, 2);
  first.until_blocked();
  auto second = this->acquire(s, scope, 2);
  second.until_blocked();
  auto third = this->acquire(s, 1);
  third.until_blocked();
  scope.cancel();
  EXPECT_EQ(second.join(), status::cancelled);
  s.release(1);
  first.until_blocked();
  third.until_blocked();
  s.release(2);
  first.join();
  third.join();
}

TYPED_TEST(semaphore_test, neither_loses_nor_doubles_a_permit_granted_during_a_cancel) {  // SM-2
  lockstep::basic_semaphore<TypeParam> s{0, 1};
  for (int round = 0; round < 300; ++round) {
    lockstep::cancel_scope scope;
    auto waiter = this->acquire(s, scope, 1);
    if (round % 2 == 0) waiter.until_blocked();
    auto canceller = support::run([&] { scope.cancel(); });
    s.release();
    canceller.join();
    const bool got = waiter.join() == status::ok;
    ASSERT_EQ(s.available(), got ? 0 : 1);
    if (!got) s.acquire();
  }
}

TYPED_TEST(semaphore_test, lets_a_request_above_the_maximum_wait_in_nobodys_way) {  // SM-3
  lockstep::basic_semaphore<TypeParam> s{2};
  lockstep::cancel_scope scope;
  auto hopeless = this->acquire(s, scope, 3);
  hopeless.until_blocked();
  EXPECT_TRUE(s.try_acquire(2));
  auto next = this->acquire(s, 1);
  next.until_blocked();
  s.release(2);
  next.join();
  s.release(1);
  hopeless.until_blocked();
  scope.cancel();
  EXPECT_EQ(hopeless.join(), status::cancelled);
  EXPECT_EQ(s.available(), 2);
}

TYPED_TEST(semaphore_test, refuses_a_request_above_the_maximum_that_cannot_wait) {  // SM-3
  lockstep::basic_semaphore<TypeParam> s{2};
  EXPECT_FALSE(s.try_acquire(3));
  EXPECT_FALSE(s.try_acquire_for(1ms, 3));
  EXPECT_EQ(s.available(), 2);
}

TYPED_TEST(semaphore_test, refuses_to_overtake_those_who_wait) {  // SM-4
  lockstep::basic_semaphore<TypeParam> s{2};
  s.acquire();
  auto waiting = this->acquire(s, 2);
  waiting.until_blocked();
  EXPECT_FALSE(s.try_acquire());
  EXPECT_FALSE(s.try_acquire_for(1ms));
  EXPECT_EQ(s.available(), 1);
  s.release();
  waiting.join();
  s.release(2);
  EXPECT_TRUE(s.try_acquire());  // nobody waits any more
}

TYPED_TEST(semaphore_test, takes_back_no_more_than_it_gave) {  // SM-5
  const support::contracts_throw contracts;
  lockstep::basic_semaphore<TypeParam> s{2};
  EXPECT_THROW(s.release(), support::contracts_throw::violation);
  s.acquire();
  EXPECT_THROW(s.release(2), support::contracts_throw::violation);
  s.release();
  EXPECT_EQ(s.available(), 2);
}

TYPED_TEST(semaphore_test, takes_back_no_more_than_it_gave_while_a_task_waits) {  // SM-5
  const support::contracts_throw contracts;
  lockstep::basic_semaphore<TypeParam> s{2};
  s.acquire();
  auto waiting = this->acquire(s, 2);
  waiting.until_blocked();
  EXPECT_THROW(s.release(2), support::contracts_throw::violation);
  EXPECT_EQ(s.available(), 1);
  s.release();
  waiting.join();
}

TYPED_TEST(semaphore_test, refuses_numbers_that_make_no_sense) {
  using violation = support::contracts_throw::violation;
  const support::contracts_throw contracts;
  EXPECT_THROW(lockstep::basic_semaphore<TypeParam>{-1}, violation);
  EXPECT_THROW((lockstep::basic_semaphore<TypeParam>{3, 2}), violation);
  lockstep::basic_semaphore<TypeParam> s{1};
  EXPECT_THROW(s.acquire(0), violation);
  EXPECT_THROW(static_cast<void>(s.try_acquire(-1)), violation);
  EXPECT_THROW(s.release(-1), violation);
  EXPECT_EQ(s.available(), 1);
}

TYPED_TEST(semaphore_test, shows_an_acquirer_what_was_done_before_the_release) {
  lockstep::basic_semaphore<TypeParam> there{0};
  lockstep::basic_semaphore<TypeParam> back{0};
  int turns = 0;  // not atomic: a missing happens-before is a data race
  auto other = support::run([&] {
    for (int i = 0; i < 100; ++i) {
      there.acquire();
      ++turns;
      back.release();
    }
  });
  for (int i = 0; i < 100; ++i) {
    ++turns;
    there.release();
    back.acquire();
  }
  other.join();
  EXPECT_EQ(turns, 200);
}

TYPED_TEST(semaphore_test, stays_where_it_is) {
  using type = typename TestFixture::semaphore;
  EXPECT_FALSE(std::is_copy_constructible_v<type> || std::is_copy_assignable_v<type>);
  EXPECT_FALSE(std::is_move_constructible_v<type> || std::is_move_assignable_v<type>);
}

TYPED_TEST(semaphore_test, is_not_destroyed_under_a_waiter) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto destroy = [](std::ptrdiff_t k) {
    auto owner = std::make_unique<lockstep::basic_semaphore<TypeParam>>(0, 1);
    auto blocked = TestFixture::acquire(*owner, k);
    blocked.until_blocked();
    EXPECT_FALSE(owner->try_acquire_for(0s, k));  // sees what the waiter did
    owner.reset();
  };
  EXPECT_DEATH(destroy(1), "a semaphore is destroyed with waiters");
  EXPECT_DEATH(destroy(2), "a semaphore is destroyed with waiters");
}

// A runtime whose short lock lets a test act just before it is taken, and just before it is let go.
struct staged_runtime : lockstep::threads_runtime {
  inline static std::function<void()> before_lock, before_unlock;
  struct short_lock {
    void lock() noexcept {
      if (const auto act = std::exchange(before_lock, nullptr)) act();
      inner.lock();
    }
    void unlock() noexcept {
      if (const auto act = std::exchange(before_unlock, nullptr)) act();
      inner.unlock();
    }
    lockstep::detail::short_lock inner;
  };
};

// An acquire takes the slow mark off while a release is about to take the lock. If the permit could
// then be had without the lock, its new owner could destroy the semaphore under the release.
TEST(semaphore_lifetime_test, a_permit_is_not_to_be_had_before_its_release_is_over) {  // LT-1
  lockstep::basic_semaphore<staged_runtime> s{1, 8};
  ASSERT_FALSE(s.try_acquire_for(0s, 2));  // leaves the mark
  bool first = false;
  std::atomic<bool> second{false};
  bool early = false;
  std::thread other;
  staged_runtime::before_lock = [&] {
    first = s.try_acquire();
    staged_runtime::before_unlock = [&] {
      std::atomic<long> tid{0};
      other = std::thread{[&] {
        tid = ::gettid();
        second = s.try_acquire();
      }};
      while (tid == 0 || (!second && !support::thread_sleeps(tid))) std::this_thread::yield();
      early = second;
    };
  };
  s.release();
  other.join();
  EXPECT_TRUE(first);
  EXPECT_FALSE(early);
  EXPECT_TRUE(second);
}

}  // namespace
