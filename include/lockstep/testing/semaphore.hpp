// semaphore.hpp: what a semaphore does (SM, SE).
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <type_traits>
#include <vector>

#include "../context.hpp"
#include "../semaphore.hpp"
#include "world.hpp"

namespace lockstep::testing {

template <class R>
struct semaphore_suite : suite<R> {
  using semaphore = basic_semaphore<R>;

  // A task that blocks in an acquire of k.
  static auto acquire(semaphore& s, std::ptrdiff_t k) {
    return suite<R>::run([&s, k] { s.acquire(k); });
  }
  static auto acquire(semaphore& s, const cancel_scope& scope, std::ptrdiff_t k) {
    return suite<R>::run([&s, ctx = scope.context(), k] { return s.acquire(ctx, k); });
  }
};
TYPED_TEST_SUITE(semaphore_suite, runtimes, suite_names);

TYPED_TEST(semaphore_suite, gives_out_its_permits_and_no_more) {
  this->proves("SE-1 SE-2 SE-3");
  basic_semaphore<TypeParam> s{2};
  s.acquire();
  EXPECT_EQ(s.available(), 1);
  EXPECT_TRUE(s.try_acquire());
  EXPECT_FALSE(s.try_acquire());
  EXPECT_EQ(s.available(), 0);
  s.release(2);
  EXPECT_EQ(s.available(), 2);
  EXPECT_EQ(s.max(), 2);
}

TYPED_TEST(semaphore_suite, takes_several_permits_at_once_or_none) {
  this->proves("SE-2 SE-3");
  basic_semaphore<TypeParam> s{3};
  s.acquire(2);
  EXPECT_FALSE(s.try_acquire(2));
  EXPECT_EQ(s.available(), 1);
  EXPECT_TRUE(s.try_acquire(1));
}

TYPED_TEST(semaphore_suite, holds_an_acquire_until_a_release) {
  this->proves("SE-2");
  basic_semaphore<TypeParam> s{0, 1};
  auto plain = this->acquire(s, 1);
  plain.until_blocked();
  s.release();
  plain.join();
  auto timed = this->blocked([&] { return s.try_acquire_for(1h); });
  s.release();
  EXPECT_TRUE(timed.join());
  auto until = this->blocked([&] { return s.try_acquire_until(TypeParam::now() + 1h); });
  s.release();
  EXPECT_TRUE(until.join());
  EXPECT_EQ(s.available(), 0);
}

TYPED_TEST(semaphore_suite, that_starts_empty_counts_signals_without_a_maximum) {
  this->proves("SE-1");
  basic_semaphore<TypeParam> s{0};
  EXPECT_FALSE(s.try_acquire());
  for (int i = 0; i < 1000; ++i) s.release(1000);
  EXPECT_EQ(s.available(), 1'000'000);
  EXPECT_TRUE(s.try_acquire(999'999));
  EXPECT_EQ(s.available(), 1);
}

TYPED_TEST(semaphore_suite, starts_empty_with_a_maximum) {
  this->proves("SE-1");
  basic_semaphore<TypeParam> s{0, 8};
  EXPECT_EQ(s.max(), 8);
  EXPECT_FALSE(s.try_acquire());
  s.release(8);
  EXPECT_TRUE(s.try_acquire(8));
}

TYPED_TEST(semaphore_suite, serves_waiters_in_order_of_arrival) {
  this->proves("SM-1");
  basic_semaphore<TypeParam> s{0, 1};
  std::vector<int> served;  // passed from task to task with the permit
  auto waiting = this->three_in_line([&](int id) {
    s.acquire();
    served.push_back(id);
    s.release();
  });
  s.release();
  for (auto& task : waiting) task.join();
  EXPECT_EQ(served, (std::vector{1, 2, 3}));
}

TYPED_TEST(semaphore_suite, makes_small_requests_wait_behind_a_large_one) {
  this->proves("SM-1");
  basic_semaphore<TypeParam> s{3};
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

TYPED_TEST(semaphore_suite, serves_with_one_release_as_many_as_it_can) {
  this->proves("SM-1");
  basic_semaphore<TypeParam> s{0, 4};
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

TYPED_TEST(semaphore_suite, takes_nothing_when_the_context_has_ended) {
  this->proves("SM-2");
  basic_semaphore<TypeParam> s{1};
  cancel_scope scope;
  EXPECT_EQ(s.acquire(scope.context()), status::ok);
  s.release();
  scope.cancel();
  EXPECT_EQ(s.acquire(scope.context()), status::cancelled);
  EXPECT_EQ(s.available(), 1);
}

TYPED_TEST(semaphore_suite, takes_nothing_when_the_context_ends_during_the_wait) {
  this->proves("SM-2");
  basic_semaphore<TypeParam> s{0, 1};
  cancel_scope scope;
  auto blocked = this->acquire(s, scope, 1);
  blocked.until_blocked();
  scope.cancel();
  EXPECT_EQ(blocked.join(), status::cancelled);
  s.release();
  EXPECT_EQ(s.available(), 1);
}

TYPED_TEST(semaphore_suite, takes_nothing_when_time_runs_out) {
  this->proves("SM-2 SE-4");
  basic_semaphore<TypeParam> s{1, 2};
  EXPECT_FALSE(s.try_acquire_for(1ms, 2));
  EXPECT_FALSE(s.try_acquire_until(TypeParam::now() - 1s, 2));
  EXPECT_EQ(s.acquire(cancel_scope{1ms}.context(), 2), status::timeout);
  EXPECT_EQ(s.available(), 1);
  EXPECT_TRUE(s.try_acquire_for(0s));
}

TYPED_TEST(semaphore_suite, lets_the_next_in_when_the_head_of_the_queue_gives_up) {
  this->proves("SM-2");
  basic_semaphore<TypeParam> s{1, 3};
  cancel_scope scope;
  auto large = this->acquire(s, scope, 3);
  large.until_blocked();
  auto small = this->acquire(s, 1);
  small.until_blocked();
  scope.cancel();
  EXPECT_EQ(large.join(), status::cancelled);
  small.join();
  EXPECT_EQ(s.available(), 0);
}

TYPED_TEST(semaphore_suite, keeps_the_order_when_one_in_the_middle_gives_up) {
  this->proves("SM-2");
  basic_semaphore<TypeParam> s{0, 3};
  cancel_scope scope;
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

TYPED_TEST(semaphore_suite, neither_loses_nor_doubles_a_permit_granted_during_a_cancel) {
  this->proves("SM-2");
  basic_semaphore<TypeParam> s{0, 1};
  for (int round = 0; round < 300; ++round) {
    cancel_scope scope;
    auto waiter = this->acquire(s, scope, 1);
    if (round % 2 == 0) waiter.until_blocked();
    auto canceller = this->run([&] { scope.cancel(); });
    s.release();
    canceller.join();
    const bool got = waiter.join() == status::ok;
    ASSERT_EQ(s.available(), got ? 0 : 1);
    if (!got) s.acquire();
  }
}

TYPED_TEST(semaphore_suite, neither_loses_nor_doubles_a_permit_granted_at_the_deadline) {
  this->proves("SE-4");
  basic_semaphore<TypeParam> s{0, 1};
  for (int round = 0; round < 300; ++round) {
    auto waiter = this->run([&] { return s.try_acquire_for(50us); });
    this->pause(round * 300ns);
    s.release();
    const bool got = waiter.join();
    ASSERT_EQ(s.available(), got ? 0 : 1);
    if (!got) s.acquire();
  }
}

TYPED_TEST(semaphore_suite, lets_a_request_above_the_maximum_wait_in_nobodys_way) {
  this->proves("SM-3");
  basic_semaphore<TypeParam> s{2};
  cancel_scope scope;
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

TYPED_TEST(semaphore_suite, refuses_a_request_above_the_maximum_that_cannot_wait) {
  this->proves("SM-3");
  basic_semaphore<TypeParam> s{2};
  EXPECT_FALSE(s.try_acquire(3));
  EXPECT_FALSE(s.try_acquire_for(1ms, 3));
  EXPECT_EQ(s.available(), 2);
}

TYPED_TEST(semaphore_suite, refuses_to_overtake_those_who_wait) {
  this->proves("SM-4");
  basic_semaphore<TypeParam> s{2};
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

TYPED_TEST(semaphore_suite, takes_back_no_more_than_it_gave) {
  this->proves("SM-5");
  const contracts_throw contracts;
  basic_semaphore<TypeParam> s{2};
  EXPECT_THROW(s.release(), contracts_throw::violation);
  s.acquire();
  EXPECT_THROW(s.release(2), contracts_throw::violation);
  s.release();
  EXPECT_EQ(s.available(), 2);
}

TYPED_TEST(semaphore_suite, takes_back_no_more_than_it_gave_while_a_task_waits) {
  this->proves("SM-5");
  const contracts_throw contracts;
  basic_semaphore<TypeParam> s{2};
  s.acquire();
  auto waiting = this->acquire(s, 2);
  waiting.until_blocked();
  EXPECT_THROW(s.release(2), contracts_throw::violation);
  EXPECT_EQ(s.available(), 1);
  s.release();
  waiting.join();
}

TYPED_TEST(semaphore_suite, refuses_numbers_that_make_no_sense) {
  this->proves("SE-5");
  using violation = contracts_throw::violation;
  const contracts_throw contracts;
  EXPECT_THROW(basic_semaphore<TypeParam>{-1}, violation);
  EXPECT_THROW((basic_semaphore<TypeParam>{3, 2}), violation);
  basic_semaphore<TypeParam> s{1};
  EXPECT_THROW(s.acquire(0), violation);
  EXPECT_THROW(static_cast<void>(s.try_acquire(-1)), violation);
  EXPECT_THROW(s.release(-1), violation);
  EXPECT_EQ(s.available(), 1);
}

TYPED_TEST(semaphore_suite, shows_an_acquirer_what_was_done_before_the_release) {
  this->proves("SE-6");
  basic_semaphore<TypeParam> there{0};
  basic_semaphore<TypeParam> back{0};
  int turns = 0;  // not atomic: a missing happens-before is a data race
  auto other = this->run([&] {
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

TYPED_TEST(semaphore_suite, stays_where_it_is) {
  using type = typename TestFixture::semaphore;
  EXPECT_FALSE(std::is_copy_constructible_v<type> || std::is_copy_assignable_v<type>);
  EXPECT_FALSE(std::is_move_constructible_v<type> || std::is_move_assignable_v<type>);
}

}  // namespace lockstep::testing
