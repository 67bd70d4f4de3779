// context_tree.hpp: what contexts carry down their tree: causes, values, and what runs at the end
// (CTX).
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>

#include "../after_func.hpp"
#include "../channel.hpp"
#include "../context.hpp"
#include "../context_value.hpp"
#include "../error.hpp"
#include "../latch.hpp"
#include "../select.hpp"
#include "world.hpp"

namespace lockstep::testing {

template <class R>
struct context_tree_suite : suite<R> {
  // What a cause says; "" for none.
  static std::string text_of(const std::exception_ptr& cause) {
    if (cause == nullptr) return "";
    try {
      std::rethrow_exception(cause);
    } catch (const std::exception& e) {
      return e.what();
    }
  }
  // The status of a cause that is a lockstep::error; ok for none.
  static status status_of(const std::exception_ptr& cause) {
    if (cause == nullptr) return status::ok;
    try {
      std::rethrow_exception(cause);
    } catch (const error& e) {
      return e.status();
    }
  }
};
TYPED_TEST_SUITE(context_tree_suite, runtimes, suite_names);

TYPED_TEST(context_tree_suite, has_no_cause_while_it_lasts) {
  this->proves("CTX-4");
  EXPECT_EQ(context{}.cause(), nullptr);
  EXPECT_EQ(cancel_scope{}.context().cause(), nullptr);
  EXPECT_EQ(cancel_scope{1h}.context().cause(), nullptr);
}

TYPED_TEST(context_tree_suite, has_the_status_for_a_cause_if_none_was_given) {
  this->proves("CTX-4");
  cancel_scope cancelled;
  cancelled.cancel();
  EXPECT_EQ(this->status_of(cancelled.context().cause()), status::cancelled);
  EXPECT_EQ(cancelled.context().cause(), cancelled.context().cause());
  EXPECT_EQ(this->status_of(cancel_scope{-1s}.context().cause()), status::timeout);
  cancel_scope none;
  none.cancel(std::exception_ptr{});
  EXPECT_EQ(this->status_of(none.context().cause()), status::cancelled);
}

TYPED_TEST(context_tree_suite, says_what_it_was_cancelled_with) {
  this->proves("CTX-4");
  cancel_scope by_pointer;
  const auto cause = std::make_exception_ptr(std::runtime_error{"disk full"});
  by_pointer.cancel(cause);
  EXPECT_EQ(by_pointer.context().cause(), cause);
  EXPECT_EQ(by_pointer.context().status(), status::cancelled);
  cancel_scope by_value;
  by_value.cancel(std::runtime_error{"disk full"});
  EXPECT_EQ(this->text_of(by_value.context().cause()), "disk full");
}

TYPED_TEST(context_tree_suite, keeps_its_first_cause) {
  this->proves("CTX-2");
  cancel_scope scope;
  scope.cancel(std::runtime_error{"first"});
  scope.cancel(std::runtime_error{"second"});
  scope.cancel();
  EXPECT_EQ(this->text_of(scope.context().cause()), "first");
  cancel_scope plain;
  plain.cancel();
  plain.cancel(std::runtime_error{"late"});
  EXPECT_EQ(this->status_of(plain.context().cause()), status::cancelled);
}

TYPED_TEST(context_tree_suite, does_not_take_a_cause_after_its_deadline) {
  this->proves("CTX-2 CTX-4");
  cancel_scope scope{-1s};
  scope.cancel(std::runtime_error{"late"});
  EXPECT_EQ(this->status_of(scope.context().cause()), status::timeout);
}

TYPED_TEST(context_tree_suite, hands_its_cause_to_its_descendants) {
  this->proves("CTX-1");
  cancel_scope root;
  cancel_scope child{root.context()};
  cancel_scope grandchild{child.context(), 1h};
  cancel_scope own{root.context()};
  own.cancel(std::runtime_error{"own"});
  EXPECT_EQ(root.context().cause(), nullptr);
  root.cancel(std::runtime_error{"root"});
  EXPECT_EQ(child.context().cause(), root.context().cause());
  EXPECT_EQ(grandchild.context().cause(), root.context().cause());
  EXPECT_EQ(this->text_of(own.context().cause()), "own");
  EXPECT_EQ(cancel_scope{root.context()}.context().cause(), root.context().cause());
}

// The one whose own time was over before is not cancelled by what comes later.
TYPED_TEST(context_tree_suite, ends_by_its_deadline_although_its_parent_is_cancelled_later) {
  this->proves("CTX-2");
  cancel_scope root;
  cancel_scope hurried{root.context(), -1s};
  root.cancel(std::runtime_error{"root"});
  EXPECT_EQ(hurried.context().status(), status::timeout);
  EXPECT_EQ(this->status_of(hurried.context().cause()), status::timeout);
}

TYPED_TEST(context_tree_suite, shows_the_cause_to_whoever_sees_the_end) {
  this->proves("CTX-10");
  for (int round = 0; round < 200; ++round) {
    cancel_scope parent;
    cancel_scope child{parent.context()};
    auto first = this->run([&] { parent.cancel(std::runtime_error{"first"}); });
    auto second = this->run([&] { parent.cancel(std::runtime_error{"second"}); });
    while (!child.context().done()) TypeParam::yield();
    const auto seen = child.context().cause();
    ASSERT_NE(seen, nullptr);
    first.join();
    second.join();
    ASSERT_EQ(child.context().cause(), seen);
    ASSERT_EQ(parent.context().cause(), seen);
  }
}

TYPED_TEST(context_tree_suite, that_never_ends_is_never_chosen_by_select) {
  this->proves("CTX-3");
  EXPECT_EQ(select(on_done(context{}), on_timeout(1ms)).index, 1U);
  EXPECT_EQ(select(on_done(context{}), on_default()).index, 1U);
  cancel_scope scope;
  basic_channel<int, TypeParam> silent;
  auto waiting =
      this->blocked([&] { return select(on_recv(silent), on_done(scope.context())).status; });
  scope.cancel();
  EXPECT_EQ(waiting.join(), status::cancelled);
  EXPECT_EQ(select(on_done(scope.context())).status, status::cancelled);  // and stays so
}

TYPED_TEST(context_tree_suite, carries_values_to_its_descendants) {
  this->proves("CTX-9");
  const context_key<std::string> user;
  const context_key<int> depth;
  const context_key<int> absent;
  const context base = with_value(context{}, user, "ada");
  const context deeper = with_value(base, depth, 3);
  const cancel_scope scope{deeper, 1h};
  const cancel_scope child{scope.context()};
  ASSERT_NE(child.context().value(user), nullptr);
  EXPECT_EQ(*child.context().value(user), "ada");
  EXPECT_EQ(*child.context().value(depth), 3);
  EXPECT_EQ(child.context().value(absent), nullptr);
  EXPECT_EQ(base.value(depth), nullptr);
  EXPECT_EQ(context{}.value(user), nullptr);
}

TYPED_TEST(context_tree_suite, finds_the_nearest_value) {
  this->proves("CTX-9");
  const context_key<int> key;
  const context outer = with_value(context{}, key, 1);
  const cancel_scope scope{outer};
  const context inner = with_value(scope.context(), key, 2);
  EXPECT_EQ(*inner.value(key), 2);
  EXPECT_EQ(*scope.context().value(key), 1);
  EXPECT_EQ(*outer.value(key), 1);
}

TYPED_TEST(context_tree_suite, does_not_end_otherwise_for_carrying_a_value) {
  const context_key<int> key;
  cancel_scope scope{1h};
  const context ctx = with_value(scope.context(), key, 1);
  EXPECT_EQ(ctx.deadline(), scope.context().deadline());
  basic_channel<int, TypeParam> silent;
  auto waiting = this->blocked([&] { return silent.recv(ctx).status(); });
  scope.cancel(std::runtime_error{"why"});
  EXPECT_EQ(waiting.join(), status::cancelled);
  EXPECT_EQ(ctx.cause(), scope.context().cause());
  EXPECT_EQ(*ctx.value(key), 1);
}

TYPED_TEST(context_tree_suite, keeps_values_alive_as_long_as_needed_and_no_longer) {
  const context_key<std::shared_ptr<int>> key;
  const auto value = std::make_shared<int>(1);
  context ctx = with_value(context{}, key, value);
  {
    const context copy = ctx;
    ctx = cancel_scope{with_value(copy, key, nullptr)}.context();
    EXPECT_EQ(value.use_count(), 2);
  }
  EXPECT_EQ(value.use_count(), 2);  // hidden, but on the way to the root
  ctx = context{};
  EXPECT_EQ(value.use_count(), 1);
}

TYPED_TEST(context_tree_suite, is_left_as_it_was_by_a_value_that_cannot_be_made) {
  struct stubborn {
    stubborn(int) { throw std::runtime_error{"no"}; }
  };
  const context_key<int> key;
  const context_key<stubborn> other;
  const context ctx = with_value(context{}, key, 1);
  EXPECT_THROW(static_cast<void>(with_value(ctx, other, 2)), std::runtime_error);
  EXPECT_EQ(*ctx.value(key), 1);
}

TYPED_TEST(context_tree_suite, may_be_detached_from_cancellation_with_its_values) {
  this->proves("CTX-8");
  const context_key<int> key;
  cancel_scope scope{with_value(context{}, key, 1), 1h};
  const context detached = without_cancel(scope.context());
  EXPECT_EQ(detached.deadline(), never);
  scope.cancel();
  EXPECT_EQ(detached.status(), status::ok);
  EXPECT_EQ(detached.cause(), nullptr);
  EXPECT_EQ(*detached.value(key), 1);
  EXPECT_EQ(*without_cancel(scope.context()).value(key), 1);
  cancel_scope below{detached};
  EXPECT_EQ(below.context().status(), status::ok);
}

TYPED_TEST(context_tree_suite, runs_a_function_after_it_was_cancelled) {
  this->proves("CTX-7");
  cancel_scope scope;
  std::atomic<int> runs{0};
  basic_latch<TypeParam> ran{1};
  int data = 0;
  const void* task = nullptr;
  auto pending = after_func<TypeParam>(scope.context(), [&] {
    ++runs;
    EXPECT_EQ(data, 7);
    task = TypeParam::self();
    ran.count_down();
  });
  EXPECT_EQ(ran.try_wait_for(2ms), status::timeout);
  data = 7;
  scope.cancel();
  ran.wait();
  EXPECT_FALSE(pending.stop());
  scope.cancel();
  EXPECT_EQ(runs, 1);
  EXPECT_NE(task, TypeParam::self());
}

TYPED_TEST(context_tree_suite, runs_a_function_after_its_deadline_or_when_a_parent_ends) {
  this->proves("CTX-7");
  basic_latch<TypeParam> ran{3};
  const auto count = [&] { ran.count_down(); };
  cancel_scope parent;
  const cancel_scope child{parent.context()};
  const auto at_deadline = after_func<TypeParam>(cancel_scope{1ms}.context(), count);
  const auto at_end = after_func<TypeParam>(cancel_scope{-1s}.context(), count);  // ended already
  const auto with_parent = after_func<TypeParam>(child.context(), count);
  parent.cancel();
  ran.wait();
}

TYPED_TEST(context_tree_suite, does_not_run_a_function_that_was_stopped) {
  this->proves("CTX-7");
  cancel_scope scope;
  std::atomic<int> runs{0};
  auto stopped = after_func<TypeParam>(scope.context(), [&] { ++runs; });
  EXPECT_TRUE(stopped.stop());
  EXPECT_FALSE(stopped.stop());
  {
    const auto dropped = after_func<TypeParam>(scope.context(), [&] { ++runs; });
  }
  auto moved_from = after_func<TypeParam>(scope.context(), [&] { ++runs; });
  auto moved = std::move(moved_from);
  EXPECT_FALSE(moved_from.stop());
  EXPECT_TRUE(moved.stop());
  EXPECT_EQ(scope.context().status(), status::ok);
  scope.cancel();
  this->pause(2ms);
  EXPECT_EQ(runs, 0);
}

TYPED_TEST(context_tree_suite, drops_a_function_that_was_stopped) {
  this->proves("CTX-7");
  cancel_scope scope;
  const auto owned = std::make_shared<int>(1);
  auto ended = after_func<TypeParam>(scope.context(), [owned] {});
  auto unending = after_func<TypeParam>(context{}, [owned] {});
  EXPECT_TRUE(ended.stop());
  EXPECT_TRUE(unending.stop());
  while (owned.use_count() > 1) TypeParam::yield();  // its task does that
}

TYPED_TEST(context_tree_suite, does_not_wait_for_a_function_that_runs) {
  this->proves("CTX-7");
  cancel_scope scope;
  basic_latch<TypeParam> begun{1};
  basic_latch<TypeParam> let_go{1};
  basic_latch<TypeParam> ended{1};
  {
    auto pending = after_func<TypeParam>(scope.context(), [&] {
      begun.count_down();
      let_go.wait();
      ended.count_down();
    });
    scope.cancel();
    begun.wait();
    EXPECT_FALSE(pending.stop());
  }
  let_go.count_down();
  ended.wait();
}

TYPED_TEST(context_tree_suite, either_runs_a_function_or_says_that_it_was_stopped) {
  this->proves("CTX-7 CTX-10");
  for (int round = 0; round < 200; ++round) {
    cancel_scope scope;
    auto ran = std::make_shared<basic_latch<TypeParam>>(1);
    auto pending = after_func<TypeParam>(scope.context(), [ran] { ran->count_down(); });
    auto other = this->run([&] { scope.cancel(); });
    const bool stopped = pending.stop();
    other.join();
    if (stopped) {
      while (ran.use_count() > 1) TypeParam::yield();
      ASSERT_FALSE(ran->try_wait());
    } else {
      ran->wait();
    }
  }
}

}  // namespace lockstep::testing
