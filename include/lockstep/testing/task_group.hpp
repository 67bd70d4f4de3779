// task_group.hpp: what a group of functions that fail together does (EG).
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include "../context.hpp"
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
  auto waiting = this->run([&] { g.wait(); });
  waiting.until_blocked();
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

TYPED_TEST(task_group_suite, blocks_go_while_its_limit_is_reached) {
  this->proves("EG-3");
  typename TestFixture::group g;
  g.set_limit(2);
  basic_latch<TypeParam> let_go{1};
  g.go([&] { let_go.wait(); });
  g.go([&] { let_go.wait(); });
  bool ran = false;
  auto starting = this->run([&] { g.go([&] { ran = true; }); });
  starting.until_blocked();
  let_go.count_down();
  starting.join();
  g.wait();
  EXPECT_TRUE(ran);
}

TYPED_TEST(task_group_suite, refuses_to_try_while_its_limit_is_reached) {
  this->proves("EG-3");
  typename TestFixture::group g;
  g.set_limit(1);
  basic_latch<TypeParam> let_go{1};
  EXPECT_TRUE(g.try_go([&] { let_go.wait(); }));
  EXPECT_FALSE(g.try_go([] { FAIL(); }));
  EXPECT_FALSE(g.try_go("refused", [] { FAIL(); }));
  let_go.count_down();
  g.wait();
  EXPECT_TRUE(g.try_go("taken", [] {}));
  g.wait();
}

TYPED_TEST(task_group_suite, gives_up_a_start_whose_context_ends) {
  this->proves("EG-3");
  typename TestFixture::group g;
  g.set_limit(1);
  basic_latch<TypeParam> let_go{1};
  cancel_scope scope;
  EXPECT_EQ(g.go(scope.context(), [&] { let_go.wait(); }), status::ok);
  auto starting = this->run([&] { return g.go(scope.context(), "never", [] { FAIL(); }); });
  starting.until_blocked();
  scope.cancel();
  EXPECT_EQ(starting.join(), status::cancelled);
  EXPECT_EQ(g.go(cancel_scope{1ms}.context(), [] { FAIL(); }), status::timeout);
  let_go.count_down();
  g.wait();
}

TYPED_TEST(task_group_suite, never_runs_more_functions_than_its_limit) {
  this->proves("EG-3");
  typename TestFixture::group g;
  g.set_limit(3);
  std::atomic<int> running{0};
  for (int i = 0; i < 50; ++i) {
    g.go([&] {
      EXPECT_LE(++running, 3);
      TypeParam::yield();
      --running;
    });
  }
  g.wait();
}

TYPED_TEST(task_group_suite, keeps_its_limit_while_functions_run) {
  this->proves("EG-4");
  const contracts_throw contracts;
  typename TestFixture::group g;
  basic_latch<TypeParam> let_go{1};
  g.go([&] { let_go.wait(); });
  EXPECT_THROW(g.set_limit(1), contracts_throw::violation);
  let_go.count_down();
  g.wait();
  EXPECT_THROW(g.set_limit(0), contracts_throw::violation);
}

TYPED_TEST(task_group_suite, takes_a_new_limit_between_functions) {
  this->proves("EG-4");
  typename TestFixture::group g;
  for (const int limit : {2, 1, 3}) {
    g.set_limit(limit);
    basic_latch<TypeParam> let_go{1};
    int started = 0;
    while (g.try_go([&] { let_go.wait(); })) ++started;
    EXPECT_EQ(started, limit);
    let_go.count_down();
    g.wait();
  }
  g.set_limit(g.no_limit);
  basic_latch<TypeParam> met{4};
  for (int i = 0; i < 4; ++i) g.go([&] { met.arrive_and_wait(); });  // all run at once
  g.wait();
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
  auto waiting = this->run([&] { return g.wait(scope.context()).status(); });
  waiting.until_blocked();
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

TYPED_TEST(task_group_suite, runs_functions_that_its_functions_start) {
  typename TestFixture::group g;
  int depth = 0;
  g.go([&] {
    ++depth;
    g.go([&] {
      ++depth;
      g.go("the innermost", [&] { return ++depth == 3 ? status::closed : status::ok; });
    });
  });
  EXPECT_EQ(g.wait(lockstep::background()), status::closed);
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

// Says when it is destroyed, but takes its time.
template <class R>
struct slow_capture {
  explicit slow_capture(std::atomic<bool>& flag) : destroyed{&flag} {}
  slow_capture(slow_capture&& o) noexcept : destroyed{std::exchange(o.destroyed, nullptr)} {}
  ~slow_capture() {
    if (destroyed == nullptr) return;
    for (int i = 0; i < 1000; ++i) R::yield();
    *destroyed = true;
  }
  std::atomic<bool>* destroyed;
};

TYPED_TEST(task_group_suite, makes_room_and_ends_after_the_captures_of_a_function_are_gone) {
  typename TestFixture::group g;
  g.set_limit(1);
  std::atomic<bool> gone{false};
  const auto start = [&] { g.go([capture = slow_capture<TypeParam>{gone}] {}); };
  start();
  g.go([&] { EXPECT_TRUE(gone.exchange(false)); });
  start();
  g.wait();
  EXPECT_TRUE(gone);
}

struct not_copied {
  not_copied() = default;
  not_copied(const not_copied&) { throw std::runtime_error{"copied"}; }
  void operator()() const {}
};

TYPED_TEST(task_group_suite, does_not_count_a_function_that_could_not_be_started) {
  typename TestFixture::group g;
  g.set_limit(1);
  const not_copied f;
  EXPECT_THROW(g.go(f), std::runtime_error);
  EXPECT_TRUE(g.try_go([] {}));  // there is room
  g.wait();
}

TYPED_TEST(task_group_suite, takes_functions_of_some_kinds_only) {
  using object = typename TestFixture::group;
  const auto runs = [](auto f) { return requires(object& g) { g.go(std::move(f)); }; };
  EXPECT_TRUE(runs([](const context&) { return outcome<void>{}; }));
  EXPECT_TRUE(runs([only_moved = outcome<int>{status::ok}]() mutable {}));
  EXPECT_FALSE(runs([] { return 7; }));  // for results there is result_group
  EXPECT_FALSE(runs([](int) {}));
  EXPECT_FALSE(std::is_copy_constructible_v<object> || std::is_move_constructible_v<object>);
  EXPECT_FALSE(std::is_copy_assignable_v<object> || std::is_move_assignable_v<object>);
}

}  // namespace lockstep::testing
