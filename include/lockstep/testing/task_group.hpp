// task_group.hpp: how a group of functions that fail together is waited for (EG-1, EG-2, EG-5).
#pragma once

#include <gtest/gtest.h>

#include <exception>
#include <stdexcept>

#include "../context.hpp"
#include "../error.hpp"
#include "../latch.hpp"
#include "../task_group.hpp"
#include "world.hpp"

namespace lockstep::testing {

template <class R>
struct task_group_suite : suite<R> {
  using group = basic_task_group<R>;

  // Returns once the context of g has ended.
  static void until_cancelled(const group& g) {
    while (!g.context().done()) R::yield();
  }
};
TYPED_TEST_SUITE(task_group_suite, runtimes, suite_names);

TYPED_TEST(task_group_suite, waits_for_all_functions) {
  this->proves("EG-1 MM-6");
  typename TestFixture::group g;
  int results[4] = {};  // not atomic: a missing happens-before is a data race
  int before = 7;
  for (int& result : results) g.go("worker", [&] { result = before; });
  g.wait();
  EXPECT_EQ(results[0] + results[1] + results[2] + results[3], 28);
}

TYPED_TEST(task_group_suite, without_functions_does_not_wait) {
  typename TestFixture::group g;
  g.wait();
  EXPECT_EQ(g.wait(lockstep::background()), status::ok);
  EXPECT_EQ(g.try_wait(), status::ok);
  EXPECT_EQ(g.try_wait_for(0s), status::ok);
  EXPECT_EQ(g.try_wait_until(std::chrono::steady_clock::now()), status::ok);
}

TYPED_TEST(task_group_suite, throws_the_failure_only_when_all_have_returned) {
  this->proves("EG-1");
  typename TestFixture::group g;
  basic_latch<TypeParam> let_go{1};
  g.go([&] { let_go.wait(); });
  g.go([] { throw std::runtime_error{"failed"}; });
  this->until_cancelled(g);
  auto waiting = this->blocked([&] { g.wait(); });
  let_go.count_down();
  EXPECT_THROW(waiting.join(), std::runtime_error);
}

TYPED_TEST(task_group_suite, reports_the_first_failure) {
  this->proves("EG-1");
  typename TestFixture::group g;
  g.go([] { return status::closed; });
  this->until_cancelled(g);
  g.go([] { return status::conflict; });
  g.go([] { throw std::runtime_error{"late"}; });
  g.go([](const context& ctx) { return ctx.status(); });
  EXPECT_EQ(g.wait(lockstep::background()), status::closed);
}

TYPED_TEST(task_group_suite, is_cancelled_by_a_failure) {
  this->proves("EG-2");
  typename TestFixture::group g;
  basic_latch<TypeParam> never_opens{1};
  status ended = status::ok;
  g.go([&](const context& ctx) { ended = never_opens.wait(ctx); });
  EXPECT_FALSE(g.context().done());
  g.go([] { return status::closed; });
  EXPECT_EQ(g.wait(lockstep::background()), status::closed);
  EXPECT_EQ(ended, status::cancelled);
}

TYPED_TEST(task_group_suite, is_cancelled_with_the_failure_as_the_cause) {
  this->proves("EG-2");
  typename TestFixture::group g;
  basic_latch<TypeParam> never_opens{1};
  std::exception_ptr cause;
  g.go([&](const context& ctx) {
    static_cast<void>(never_opens.wait(ctx));
    cause = ctx.cause();
  });
  g.go([] { throw std::runtime_error{"the first"}; });
  EXPECT_EQ(g.wait(lockstep::background()), status::broken);
  try {
    ASSERT_TRUE(cause);
    std::rethrow_exception(cause);
  } catch (const std::runtime_error& e) {
    EXPECT_STREQ(e.what(), "the first");
  }
}

TYPED_TEST(task_group_suite, is_cancelled_by_the_end_of_a_wait) {
  this->proves("EG-2");
  typename TestFixture::group g;
  const context first = g.context();
  g.go([] {});
  g.wait();
  EXPECT_EQ(first.status(), status::cancelled);
  EXPECT_FALSE(g.context().done());
}

TYPED_TEST(task_group_suite, is_cancelled_with_its_parent) {
  cancel_scope parent;
  typename TestFixture::group g{parent.context()};
  basic_latch<TypeParam> never_opens{1};
  for (int round = 0; round < 2; ++round) {  // the second group of functions begins cancelled
    g.go([&](const context& ctx) { return never_opens.wait(ctx); });
    parent.cancel();
    EXPECT_EQ(g.wait(lockstep::background()), status::cancelled);
  }
}

TYPED_TEST(task_group_suite, leaves_its_parent_alone) {
  const cancel_scope parent;
  typename TestFixture::group g{parent.context()};
  g.go([] { return status::closed; });
  EXPECT_EQ(g.wait(lockstep::background()), status::closed);
  EXPECT_FALSE(parent.context().done());
}

TYPED_TEST(task_group_suite, fails_by_a_status_or_an_outcome) {
  typename TestFixture::group g;
  g.go([] { return status::ok; });
  g.go([] { return outcome<void>{}; });
  EXPECT_EQ(g.wait(lockstep::background()), status::ok);
  g.go([] { return status::closed; });
  EXPECT_THROW(g.wait(), error);
  g.go([] { return outcome<void>{status::gap, "17 lines are missing"}; });
  const outcome<void> failed = g.wait(lockstep::background());
  EXPECT_EQ(failed, status::gap);
  EXPECT_STREQ(failed.text(), "17 lines are missing");
}

TYPED_TEST(task_group_suite, throws_what_its_function_threw) {
  this->proves("EG-1 EG-5");
  typename TestFixture::group g;
  g.go([] { throw 7; });
  try {
    g.wait();
    ADD_FAILURE() << "nothing was thrown";
  } catch (int thrown) {
    EXPECT_EQ(thrown, 7);
  }
}

TYPED_TEST(task_group_suite, tells_of_an_exception_by_value) {
  typename TestFixture::group g;
  const auto fail = [&](auto f) {
    g.go(f);
    return g.wait(lockstep::background());
  };
  const auto foreign = fail([] { throw std::runtime_error{"no space left"}; });
  EXPECT_EQ(foreign, status::broken);
  EXPECT_STREQ(foreign.text(), "no space left");
  const auto own = fail([] { throw error{status::gap, "17 lines are missing"}; });
  EXPECT_EQ(own, status::gap);
  EXPECT_STREQ(own.text(), "17 lines are missing");
  EXPECT_EQ(fail([] { throw 7; }), status::broken);
}

TYPED_TEST(task_group_suite, lets_a_wait_end_before_its_functions) {
  typename TestFixture::group g;
  basic_latch<TypeParam> let_go{1};
  g.go([&] {
    let_go.wait();
    return status::closed;
  });
  EXPECT_EQ(g.try_wait(), status::would_block);
  EXPECT_EQ(g.try_wait_for(1ms), status::timeout);
  EXPECT_EQ(g.try_wait_until(std::chrono::steady_clock::now() - 1s), status::timeout);
  EXPECT_EQ(g.wait(cancel_scope{1ms}.context()), status::timeout);
  cancel_scope scope;
  auto waiting = this->blocked([&] { return g.wait(scope.context()).status(); });
  scope.cancel();
  EXPECT_EQ(waiting.join(), status::cancelled);
  EXPECT_FALSE(g.context().done());  // the functions go on
  let_go.count_down();
  EXPECT_EQ(g.try_wait_for(1h), status::closed);
}

TYPED_TEST(task_group_suite, begins_anew_after_a_wait) {
  typename TestFixture::group g;
  for (int round = 0; round < 3; ++round) {
    g.go([] { throw std::runtime_error{"failed"}; });
    EXPECT_THROW(g.wait(), std::runtime_error);
    EXPECT_FALSE(g.context().done());
    g.go([](const context& ctx) { return ctx.status(); });
    g.wait();
  }
}

TYPED_TEST(task_group_suite, cancels_and_waits_when_it_is_destroyed) {
  basic_latch<TypeParam> never_opens{1};
  bool ended = false;
  {
    typename TestFixture::group g;
    g.go([&](const context& ctx) {
      EXPECT_EQ(never_opens.wait(ctx), status::cancelled);
      ended = true;
      throw std::runtime_error{"unseen"};
    });
  }
  EXPECT_TRUE(ended);
}

}  // namespace lockstep::testing
