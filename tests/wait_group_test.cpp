#include <gtest/gtest.h>

#include <lockstep/context.hpp>
#include <lockstep/wait_group.hpp>
#include <memory>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "support/world.hpp"

namespace {

using namespace std::chrono_literals;
using lockstep::status;

template <class R>
struct wait_group_test : testing::Test {};
TYPED_TEST_SUITE(wait_group_test, support::runtimes, support::runtime_names);

TYPED_TEST(wait_group_test, is_ready_to_use_without_initialisation) {  // WG-1
  static constinit lockstep::basic_wait_group<TypeParam> wg;
  wg.wait();
  EXPECT_TRUE(wg.try_wait());
  EXPECT_EQ(wg.try_wait_for(0s), status::ok);
  EXPECT_EQ(wg.wait(lockstep::background()), status::ok);
}

TYPED_TEST(wait_group_test, cannot_be_counted_below_zero) {  // WG-2
  const support::contracts_throw contracts;
  lockstep::basic_wait_group<TypeParam> wg;
  EXPECT_THROW(wg.done(), support::contracts_throw::violation);
  wg.add(2);
  EXPECT_THROW(wg.add(-3), support::contracts_throw::violation);
  wg.add(-2);  // the broken calls did nothing
  EXPECT_TRUE(wg.try_wait());
}

TYPED_TEST(wait_group_test, cannot_be_counted_below_zero_behind_a_waiter) {  // WG-2
  const support::contracts_throw contracts;
  lockstep::basic_wait_group<TypeParam> wg;
  wg.add();
  auto blocked = support::run([&] { wg.wait(); });
  blocked.until_blocked();
  EXPECT_THROW(wg.add(-2), support::contracts_throw::violation);
  blocked.until_blocked();
  wg.done();
  blocked.join();
}

TYPED_TEST(wait_group_test, may_grow_while_a_task_waits) {  // WG-3
  lockstep::basic_wait_group<TypeParam> wg;
  wg.add();
  auto blocked = support::run([&] { wg.wait(); });
  blocked.until_blocked();
  wg.add(2);
  wg.done();
  wg.done();
  EXPECT_FALSE(wg.try_wait());
  blocked.until_blocked();
  wg.done();
  blocked.join();
}

// Go calls this misuse; here a wait that was released stays released.
TYPED_TEST(wait_group_test, may_grow_from_zero_before_a_released_wait_has_returned) {  // WG-3, WG-4
  lockstep::basic_wait_group<TypeParam> wg;
  for (int round = 0; round < 50; ++round) {
    wg.add();
    auto blocked = support::run([&] { wg.wait(); });
    blocked.until_blocked();
    wg.done();
    wg.add();
    blocked.join();
    EXPECT_FALSE(wg.try_wait());
    wg.done();
  }
}

TYPED_TEST(wait_group_test, is_used_again_after_its_waits_returned) {  // WG-4
  lockstep::basic_wait_group<TypeParam> wg;
  int sum = 0;
  for (int round = 1; round <= 20; ++round) {
    wg.go([&sum] { ++sum; });
    wg.wait();
    EXPECT_EQ(sum, round);
  }
}

TYPED_TEST(wait_group_test, releases_every_waiter_at_zero) {  // WG-5
  lockstep::basic_wait_group<TypeParam> wg;
  wg.add();
  auto plain = support::run([&] { wg.wait(); });
  auto timed = support::run([&] { return wg.try_wait_for(1h); });
  auto in_context = support::run([&] { return wg.wait(lockstep::background()); });
  plain.until_blocked();
  timed.until_blocked();
  in_context.until_blocked();
  wg.done();
  plain.join();
  EXPECT_EQ(timed.join(), status::ok);
  EXPECT_EQ(in_context.join(), status::ok);
}

TYPED_TEST(wait_group_test, shows_waiters_what_was_done_before_done) {  // WG-5
  lockstep::basic_wait_group<TypeParam> wg;
  int results[4] = {};  // not atomic: a missing happens-before is a data race
  for (int& result : results) wg.go([&result] { result = 1; });
  wg.wait();
  EXPECT_EQ(results[0] + results[1] + results[2] + results[3], 4);
}

TYPED_TEST(wait_group_test, counts_a_task_before_it_starts) {  // WG-6
  lockstep::basic_wait_group<TypeParam> wg;
  lockstep::basic_latch<TypeParam> finish{1};
  wg.go([&] { finish.wait(); });
  EXPECT_FALSE(wg.try_wait());
  finish.count_down();
  wg.wait();
}

TYPED_TEST(wait_group_test, counts_tasks_that_its_tasks_start) {  // WG-6
  lockstep::basic_wait_group<TypeParam> wg;
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

// Takes its time to be destroyed, so that a wait which returns too early is seen.
struct slow_capture {
  explicit slow_capture(bool& destroyed) : destroyed_{&destroyed} {}
  slow_capture(slow_capture&& o) noexcept : destroyed_{std::exchange(o.destroyed_, nullptr)} {}
  ~slow_capture() {
    if (destroyed_ == nullptr) return;
    for (int i = 0; i < 1000; ++i) std::this_thread::yield();
    *destroyed_ = true;
  }
  bool* destroyed_;
};

TYPED_TEST(wait_group_test, counts_a_task_out_after_its_captures_are_gone) {  // WG-6
  lockstep::basic_wait_group<TypeParam> wg;
  bool destroyed = false;
  wg.go([capture = slow_capture{destroyed}] {});
  wg.wait();
  EXPECT_TRUE(destroyed);
}

TYPED_TEST(wait_group_test, runs_tasks_that_can_only_be_moved) {
  lockstep::basic_wait_group<TypeParam> wg;
  int got = 0;
  wg.go([&got, value = std::make_unique<int>(7)]() mutable { got = *std::move(value); });
  wg.wait();
  EXPECT_EQ(got, 7);
}

struct throws_when_copied {
  throws_when_copied() = default;
  throws_when_copied(const throws_when_copied&) { throw std::runtime_error{"copied"}; }
  void operator()() const {}
};

TYPED_TEST(wait_group_test, does_not_count_a_task_that_could_not_be_made) {  // WG-6
  lockstep::basic_wait_group<TypeParam> wg;
  const throws_when_copied task;
  EXPECT_THROW(wg.go(task), std::runtime_error);
  EXPECT_TRUE(wg.try_wait());
}

TYPED_TEST(wait_group_test, lets_the_crash_win_when_an_exception_leaves_a_task) {  // WG-6
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto fail = [] {
    lockstep::basic_wait_group<TypeParam> wg;
    wg.go("worker", [] { throw std::runtime_error{"lost"}; });
    wg.wait();  // does not return: the task is not counted out
    std::_Exit(0);
  };
  EXPECT_DEATH(fail(), "an exception left a detached task");
}

TYPED_TEST(wait_group_test, stays_where_it_is) {  // WG-7
  using group = lockstep::basic_wait_group<TypeParam>;
  EXPECT_FALSE(std::is_copy_constructible_v<group> || std::is_copy_assignable_v<group>);
  EXPECT_FALSE(std::is_move_constructible_v<group> || std::is_move_assignable_v<group>);
}

TYPED_TEST(wait_group_test, lets_a_wait_time_out) {
  lockstep::basic_wait_group<TypeParam> wg;
  wg.add();
  EXPECT_EQ(wg.try_wait_for(1ms), status::timeout);
  EXPECT_EQ(wg.try_wait_until(std::chrono::steady_clock::now() - 1s), status::timeout);
  EXPECT_EQ(wg.wait(lockstep::cancel_scope{1ms}.context()), status::timeout);
  wg.done();
  EXPECT_EQ(wg.try_wait_for(0s), status::ok);
}

TYPED_TEST(wait_group_test, ends_a_wait_whose_context_is_cancelled) {
  lockstep::basic_wait_group<TypeParam> wg;
  wg.add();
  lockstep::cancel_scope scope;
  auto cancelled = support::run([&] { return wg.wait(scope.context()); });
  auto patient = support::run([&] { wg.wait(); });
  cancelled.until_blocked();
  patient.until_blocked();
  scope.cancel();
  EXPECT_EQ(cancelled.join(), status::cancelled);
  wg.done();
  patient.join();
}

TYPED_TEST(wait_group_test, is_not_destroyed_under_a_waiter) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto destroy = [] {
    auto owner = std::make_unique<lockstep::basic_wait_group<TypeParam>>();
    owner->add();
    auto blocked = support::run([&wg = *owner] { wg.wait(); });
    blocked.until_blocked();
    EXPECT_EQ(owner->try_wait_for(0s), status::timeout);  // sees what the waiter did
    owner.reset();
  };
  EXPECT_DEATH(destroy(), "a wait group is destroyed with waiters");
}

}  // namespace
