// wait_group.hpp: what a wait group does (WG).
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "../context.hpp"
#include "../wait_group.hpp"
#include "payloads.hpp"
#include "world.hpp"

namespace lockstep::testing {

template <class R>
struct wait_group_suite : suite<R> {};
TYPED_TEST_SUITE(wait_group_suite, runtimes, suite_names);

TYPED_TEST(wait_group_suite, is_ready_to_use_without_initialisation) {
  this->proves("WG-1");
  static constinit basic_wait_group<TypeParam> wg;
  wg.wait();
  EXPECT_TRUE(wg.try_wait());
  EXPECT_EQ(wg.try_wait_for(0s), status::ok);
  EXPECT_EQ(wg.wait(background()), status::ok);
}

TYPED_TEST(wait_group_suite, cannot_be_counted_below_zero) {
  this->proves("WG-2");
  const contracts_throw contracts;
  basic_wait_group<TypeParam> wg;
  EXPECT_THROW(wg.done(), contracts_throw::violation);
  wg.add(2);
  EXPECT_THROW(wg.add(-3), contracts_throw::violation);
  wg.add(-2);  // the broken calls did nothing
  EXPECT_TRUE(wg.try_wait());
}

TYPED_TEST(wait_group_suite, cannot_be_counted_below_zero_behind_a_waiter) {
  this->proves("WG-2");
  const contracts_throw contracts;
  basic_wait_group<TypeParam> wg;
  wg.add();
  auto blocked = this->blocked([&] { wg.wait(); });
  EXPECT_THROW(wg.add(-2), contracts_throw::violation);
  blocked.until_blocked();
  wg.done();
  blocked.join();
}

TYPED_TEST(wait_group_suite, may_grow_while_a_task_waits) {
  this->proves("WG-3");
  basic_wait_group<TypeParam> wg;
  wg.add();
  auto blocked = this->blocked([&] { wg.wait(); });
  wg.add(2);
  wg.done();
  wg.done();
  EXPECT_FALSE(wg.try_wait());
  blocked.until_blocked();
  wg.done();
  blocked.join();
}

// Go calls this misuse; here a wait that was released stays released.
TYPED_TEST(wait_group_suite, may_grow_from_zero_before_a_released_wait_has_returned) {
  this->proves("WG-3 WG-4");
  basic_wait_group<TypeParam> wg;
  for (int round = 0; round < 50; ++round) {
    wg.add();
    auto blocked = this->blocked([&] { wg.wait(); });
    wg.done();
    wg.add();
    blocked.join();
    EXPECT_FALSE(wg.try_wait());
    wg.done();
  }
}

TYPED_TEST(wait_group_suite, is_used_again_after_its_waits_returned) {
  this->proves("WG-4");
  basic_wait_group<TypeParam> wg;
  int sum = 0;
  for (int round = 1; round <= 20; ++round) {
    wg.go([&sum] { ++sum; });
    wg.wait();
    EXPECT_EQ(sum, round);
  }
}

TYPED_TEST(wait_group_suite, releases_every_waiter_at_zero) {
  this->proves("WG-5");
  basic_wait_group<TypeParam> wg;
  wg.add();
  auto plain = this->blocked([&] { wg.wait(); });
  auto timed = this->blocked([&] { return wg.try_wait_for(1h); });
  auto in_context = this->blocked([&] { return wg.wait(background()); });
  wg.done();
  plain.join();
  EXPECT_EQ(timed.join(), status::ok);
  EXPECT_EQ(in_context.join(), status::ok);
}

TYPED_TEST(wait_group_suite, shows_waiters_what_was_done_before_done) {
  this->proves("WG-5 MM-7");
  basic_wait_group<TypeParam> wg;
  int results[4] = {};  // not atomic: a missing happens-before is a data race
  for (int& result : results) wg.go([&result] { result = 1; });
  wg.wait();
  EXPECT_EQ(results[0] + results[1] + results[2] + results[3], 4);
}

TYPED_TEST(wait_group_suite, counts_a_task_before_it_starts) {
  this->proves("WG-6");
  basic_wait_group<TypeParam> wg;
  basic_latch<TypeParam> finish{1};
  wg.go([&] { finish.wait(); });
  EXPECT_FALSE(wg.try_wait());
  finish.count_down();
  wg.wait();
}

TYPED_TEST(wait_group_suite, counts_tasks_that_its_tasks_start) {
  this->proves("WG-6");
  basic_wait_group<TypeParam> wg;
  int depth = 0;
  wg.go([&] {
    ++depth;
    wg.go([&] {
      ++depth;
      wg.go("the innermost", [&] { ++depth; });
    });
  });
  wg.wait();
  EXPECT_EQ(depth, 3);
}

TYPED_TEST(wait_group_suite, counts_a_task_out_after_its_captures_are_gone) {
  this->proves("WG-6");
  basic_wait_group<TypeParam> wg;
  bool destroyed = false;
  wg.go([capture = slow_capture<TypeParam>{destroyed}] {});
  wg.wait();
  EXPECT_TRUE(destroyed);
}

TYPED_TEST(wait_group_suite, runs_tasks_that_can_only_be_moved) {
  this->proves("WG-6");
  basic_wait_group<TypeParam> wg;
  int got = 0;
  wg.go([&got, value = std::make_unique<int>(7)]() mutable { got = *std::move(value); });
  wg.wait();
  EXPECT_EQ(got, 7);
}

TYPED_TEST(wait_group_suite, does_not_count_a_task_that_could_not_be_made) {
  this->proves("WG-6");
  basic_wait_group<TypeParam> wg;
  const throws_when_copied task;
  EXPECT_THROW(wg.go(task), std::runtime_error);
  EXPECT_TRUE(wg.try_wait());
}

TYPED_TEST(wait_group_suite, stays_where_it_is) {
  this->proves("WG-7");
  using group = basic_wait_group<TypeParam>;
  EXPECT_FALSE(std::is_copy_constructible_v<group> || std::is_copy_assignable_v<group>);
  EXPECT_FALSE(std::is_move_constructible_v<group> || std::is_move_assignable_v<group>);
}

TYPED_TEST(wait_group_suite, lets_a_wait_time_out) {
  basic_wait_group<TypeParam> wg;
  wg.add();
  EXPECT_EQ(wg.try_wait_for(1ms), status::timeout);
  EXPECT_EQ(wg.try_wait_until(TypeParam::now() - 1s), status::timeout);
  EXPECT_EQ(wg.wait(cancel_scope{1ms}.context()), status::timeout);
  wg.done();
  EXPECT_EQ(wg.try_wait_for(0s), status::ok);
}

TYPED_TEST(wait_group_suite, ends_a_wait_whose_context_is_cancelled) {
  basic_wait_group<TypeParam> wg;
  wg.add();
  cancel_scope scope;
  auto cancelled = this->blocked([&] { return wg.wait(scope.context()); });
  auto patient = this->blocked([&] { wg.wait(); });
  scope.cancel();
  EXPECT_EQ(cancelled.join(), status::cancelled);
  wg.done();
  patient.join();
}

}  // namespace lockstep::testing
