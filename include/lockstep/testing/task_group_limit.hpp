// task_group_limit.hpp: which functions a group of tasks starts, and how many at a time (EG-3, EG-4).
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "../context.hpp"
#include "../latch.hpp"
#include "../task_group.hpp"
#include "payloads.hpp"
#include "world.hpp"

namespace lockstep::testing {

template <class R>
struct task_group_limit_suite : suite<R> {
  using group = basic_task_group<R>;
};
TYPED_TEST_SUITE(task_group_limit_suite, runtimes, suite_names);

TYPED_TEST(task_group_limit_suite, blocks_go_while_its_limit_is_reached) {
  this->proves("EG-3");
  typename TestFixture::group g;
  g.set_limit(2);
  basic_latch<TypeParam> let_go{1};
  g.go([&] { let_go.wait(); });
  g.go([&] { let_go.wait(); });
  bool ran = false;
  auto starting = this->blocked([&] { g.go([&] { ran = true; }); });
  let_go.count_down();
  starting.join();
  g.wait();
  EXPECT_TRUE(ran);
}

TYPED_TEST(task_group_limit_suite, refuses_to_try_while_its_limit_is_reached) {
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

TYPED_TEST(task_group_limit_suite, gives_up_a_start_whose_context_ends) {
  this->proves("EG-3");
  typename TestFixture::group g;
  g.set_limit(1);
  basic_latch<TypeParam> let_go{1};
  cancel_scope scope;
  EXPECT_EQ(g.go(scope.context(), [&] { let_go.wait(); }), status::ok);
  auto starting = this->blocked([&] { return g.go(scope.context(), "never", [] { FAIL(); }); });
  scope.cancel();
  EXPECT_EQ(starting.join(), status::cancelled);
  EXPECT_EQ(g.go(cancel_scope{1ms}.context(), [] { FAIL(); }), status::timeout);
  let_go.count_down();
  g.wait();
}

TYPED_TEST(task_group_limit_suite, never_runs_more_functions_than_its_limit) {
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

TYPED_TEST(task_group_limit_suite, keeps_its_limit_while_functions_run) {
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

TYPED_TEST(task_group_limit_suite, takes_a_new_limit_between_functions) {
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

TYPED_TEST(task_group_limit_suite, runs_functions_that_its_functions_start) {
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

TYPED_TEST(task_group_limit_suite, makes_room_and_ends_after_the_captures_of_a_function_are_gone) {
  typename TestFixture::group g;
  g.set_limit(1);
  bool gone = false;  // not atomic: a missing happens-before is a data race
  const auto start = [&] { g.go([capture = slow_capture<TypeParam>{gone}] {}); };
  start();
  g.go([&] { EXPECT_TRUE(std::exchange(gone, false)); });
  start();
  g.wait();
  EXPECT_TRUE(gone);
}

TYPED_TEST(task_group_limit_suite, does_not_count_a_function_that_could_not_be_started) {
  typename TestFixture::group g;
  g.set_limit(1);
  const throws_when_copied f;
  EXPECT_THROW(g.go(f), std::runtime_error);
  EXPECT_TRUE(g.try_go([] {}));  // there is room
  g.wait();
}

TYPED_TEST(task_group_limit_suite, takes_functions_of_some_kinds_only) {
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
