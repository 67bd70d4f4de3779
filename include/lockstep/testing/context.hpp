// context.hpp: what a context does (CTX-1..6, CTX-10).
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <optional>
#include <vector>

#include "../channel.hpp"
#include "../context.hpp"
#include "../latch.hpp"
#include "../mutex.hpp"
#include "../semaphore.hpp"
#include "../wait_group.hpp"
#include "world.hpp"

namespace lockstep::testing {

// Contexts belong to no runtime; the waits that they end do.
template <class R>
struct context_suite : suite<R> {
  basic_channel<int, R> silent;

  // A task that waits for a context to end.
  auto waiting_for(context ctx) {
    return this->run([this, ctx] { return silent.recv(ctx).status(); });
  }
};
TYPED_TEST_SUITE(context_suite, runtimes, suite_names);

TYPED_TEST(context_suite, the_background_never_ends) {
  this->proves("CTX-3");
  EXPECT_EQ(background().status(), status::ok);
  EXPECT_FALSE(background().done());
  EXPECT_EQ(background().deadline(), never);
  EXPECT_EQ(context{}.status(), status::ok);
}

TYPED_TEST(context_suite, cancelling_a_parent_ends_all_its_descendants) {
  this->proves("CTX-1");
  cancel_scope root;
  cancel_scope child{root.context()};
  cancel_scope grandchild{child.context()};
  cancel_scope sibling{root.context()};
  auto at_root = this->waiting_for(root.context());
  auto at_grandchild = this->waiting_for(grandchild.context());
  auto at_sibling = this->waiting_for(sibling.context());
  at_root.until_blocked();
  at_grandchild.until_blocked();
  at_sibling.until_blocked();
  root.cancel();
  EXPECT_EQ(child.context().status(), status::cancelled);
  EXPECT_EQ(at_root.join(), status::cancelled);
  EXPECT_EQ(at_grandchild.join(), status::cancelled);
  EXPECT_EQ(at_sibling.join(), status::cancelled);
}

TYPED_TEST(context_suite, cancelling_a_child_leaves_its_parent_and_siblings_alone) {
  this->proves("CTX-1");
  cancel_scope root;
  cancel_scope child{root.context()};
  cancel_scope grandchild{child.context()};
  cancel_scope sibling{root.context()};
  auto at_sibling = this->waiting_for(sibling.context());
  at_sibling.until_blocked();
  child.cancel();
  EXPECT_EQ(root.context().status(), status::ok);
  EXPECT_EQ(sibling.context().status(), status::ok);
  EXPECT_EQ(grandchild.context().status(), status::cancelled);
  at_sibling.until_blocked();
  sibling.cancel();
  EXPECT_EQ(at_sibling.join(), status::cancelled);
}

TYPED_TEST(context_suite, the_end_of_a_scope_cancels_its_context) {
  this->proves("CTX-1");
  std::optional<cancel_scope> scope{std::in_place};
  const context ctx = scope->context();
  auto waiting = this->waiting_for(ctx);
  waiting.until_blocked();
  scope.reset();
  EXPECT_EQ(waiting.join(), status::cancelled);
  EXPECT_EQ(ctx.status(), status::cancelled);
}

TYPED_TEST(context_suite, a_context_derived_from_one_that_has_ended_has_ended_likewise) {
  this->proves("CTX-1");
  cancel_scope cancelled;
  cancelled.cancel();
  EXPECT_EQ(cancel_scope{cancelled.context()}.context().status(), status::cancelled);
  cancel_scope late{-1s};
  EXPECT_EQ(cancel_scope{late.context()}.context().status(), status::timeout);
}

TYPED_TEST(context_suite, a_cancelled_context_stays_cancelled_when_its_deadline_passes) {
  this->proves("CTX-2");
  cancel_scope scope{2ms};
  scope.cancel();
  EXPECT_EQ(scope.context().status(), status::cancelled);
  this->pause(3ms);
  EXPECT_EQ(scope.context().status(), status::cancelled);
}

TYPED_TEST(context_suite, a_cancel_after_the_deadline_changes_nothing) {
  this->proves("CTX-2");
  cancel_scope scope{0s};
  scope.cancel();  // although nobody had looked at the context before
  EXPECT_EQ(scope.context().status(), status::timeout);
  scope.cancel();
  EXPECT_EQ(scope.context().status(), status::timeout);
}

TYPED_TEST(context_suite, a_child_that_was_cancelled_first_keeps_its_reason) {
  this->proves("CTX-2");
  cancel_scope parent{2ms};
  cancel_scope child{parent.context()};
  child.cancel();
  this->pause(3ms);
  EXPECT_EQ(parent.context().status(), status::timeout);
  EXPECT_EQ(child.context().status(), status::cancelled);
}

TYPED_TEST(context_suite, the_status_is_ok_until_the_end_and_then_says_why) {
  this->proves("CTX-4");
  cancel_scope scope{1h};
  EXPECT_EQ(scope.context().status(), status::ok);
  EXPECT_FALSE(scope.context().done());
  scope.cancel();
  EXPECT_EQ(scope.context().status(), status::cancelled);
  EXPECT_TRUE(scope.context().done());
  EXPECT_EQ(cancel_scope{0s}.context().status(), status::timeout);
}

TYPED_TEST(context_suite, a_deadline_ends_waits_and_not_before_its_time) {
  this->proves("CTX-4 CTX-5");
  cancel_scope scope{3ms};
  EXPECT_EQ(this->silent.recv(scope.context()).status(), status::timeout);
  EXPECT_GE(any_runtime::now(), scope.context().deadline());
  EXPECT_EQ(scope.context().status(), status::timeout);
}

TYPED_TEST(context_suite, the_earliest_deadline_on_the_way_to_the_root_counts) {
  this->proves("CTX-5");
  const auto soon = TypeParam::now() + 1h;
  const auto late = soon + 1h;
  cancel_scope parent{background(), soon};
  EXPECT_EQ((cancel_scope{parent.context(), late}.context().deadline()), soon);
  EXPECT_EQ((cancel_scope{parent.context(), soon - 1min}.context().deadline()), soon - 1min);
  EXPECT_EQ(cancel_scope{parent.context()}.context().deadline(), soon);
  EXPECT_EQ(cancel_scope{}.context().deadline(), never);
  EXPECT_EQ((cancel_scope{background(), duration::max()}.context().deadline()), never);
}

TYPED_TEST(context_suite, the_deadline_of_a_parent_ends_the_wait_of_a_child) {
  this->proves("CTX-5");
  cancel_scope parent{2ms};
  cancel_scope child{parent.context(), 1h};
  EXPECT_EQ(this->silent.recv(child.context()).status(), status::timeout);
}

TYPED_TEST(context_suite, a_deadline_in_the_past_makes_an_ended_context) {
  this->proves("CTX-5");
  EXPECT_EQ(cancel_scope{-1s}.context().status(), status::timeout);
  EXPECT_EQ((cancel_scope{background(), time_point{}}.context().status()), status::timeout);
}

TYPED_TEST(context_suite, every_kind_of_wait_ends_with_its_context) {
  this->proves("CTX-1");
  basic_latch<TypeParam> latch{1};
  basic_wait_group<TypeParam> group;
  basic_semaphore<TypeParam> semaphore{0};
  basic_mutex<TypeParam> mutex;
  group.add();
  mutex.lock();
  cancel_scope scope;
  const context& ctx = scope.context();
  auto a = this->run([&] { return latch.wait(ctx); });
  auto b = this->run([&] { return group.wait(ctx); });
  auto c = this->run([&] { return semaphore.acquire(ctx); });
  auto d = this->run([&] { return mutex.lock(ctx); });
  auto e = this->waiting_for(ctx);
  for (auto* task : {&a, &b, &c, &d, &e}) task->until_blocked();
  scope.cancel();
  for (auto* task : {&a, &b, &c, &d, &e}) EXPECT_EQ(task->join(), status::cancelled);
  group.done();
  mutex.unlock();
}

TYPED_TEST(context_suite, children_unlink_in_any_order) {
  this->proves("CTX-6");
  cancel_scope parent;
  std::deque<cancel_scope> children;
  for (int i = 0; i < 9; ++i) children.emplace_back(parent.context());
  children[4].cancel();  // from the middle
  children.pop_back();   // the newest
  children.pop_front();  // the oldest
  children[3].cancel();  // again
  children[0].cancel();
  EXPECT_EQ(children[1].context().status(), status::ok);
  parent.cancel();
  for (const auto& child : children) EXPECT_EQ(child.context().status(), status::cancelled);
}

TYPED_TEST(context_suite, waits_that_ended_otherwise_leave_nothing_behind_in_the_context) {
  this->proves("CTX-6");
  basic_semaphore<TypeParam> permits{0};
  cancel_scope scope;
  auto waiting = this->run([&] {
    for (int i = 0; i < 200; ++i) {
      if (permits.acquire(scope.context()) != status::ok) return i;
    }
    return permits.acquire(scope.context()) == status::cancelled ? 200 : -1;
  });
  for (int i = 0; i < 200; ++i) {
    if (i % 20 == 0) waiting.until_blocked();
    permits.release();
  }
  waiting.until_blocked();
  scope.cancel();
  EXPECT_EQ(waiting.join(), 200);
}

TYPED_TEST(context_suite, a_handle_outlives_scope_and_parents) {
  context ctx;
  {
    cancel_scope root;
    cancel_scope child{root.context()};
    ctx = cancel_scope{child.context(), 1h}.context();
  }
  EXPECT_EQ(ctx.status(), status::cancelled);
  context copy = ctx;
  const context moved = std::move(ctx);
  EXPECT_EQ(copy.status(), status::cancelled);
  EXPECT_EQ(moved.status(), status::cancelled);
  copy = background();
  EXPECT_EQ(copy.status(), status::ok);
}

TYPED_TEST(context_suite, what_the_canceller_did_is_seen_by_whoever_sees_the_end) {
  this->proves("CTX-10");
  for (int round = 0; round < 200; ++round) {
    cancel_scope scope;
    int data = 0;
    auto canceller = this->run([&] {
      data = 7;
      scope.cancel();
    });
    if (round % 2 == 0) {
      ASSERT_EQ(this->silent.recv(scope.context()).status(), status::cancelled);
    } else {
      while (!scope.context().done()) TypeParam::yield();
    }
    ASSERT_EQ(data, 7);
    canceller.join();
  }
}

TYPED_TEST(context_suite, the_status_is_set_when_cancel_returns_whoever_did_the_work) {
  this->proves("CTX-10");
  for (int round = 0; round < 300; ++round) {
    cancel_scope parent;
    cancel_scope child{parent.context()};
    const auto cancel_parent = [&] {
      parent.cancel();
      return parent.context().done() && child.context().done();
    };
    auto a = this->run(cancel_parent);
    auto b = this->run(cancel_parent);
    ASSERT_TRUE(a.join());
    ASSERT_TRUE(b.join());
  }
}

TYPED_TEST(context_suite, a_parent_ends_before_its_children) {
  this->proves("CTX-10");
  for (int round = 0; round < 300; ++round) {
    cancel_scope parent;
    cancel_scope child{parent.context()};
    auto observer = this->run([&] {
      while (!child.context().done()) TypeParam::yield();
      return parent.context().done();
    });
    parent.cancel();
    ASSERT_TRUE(observer.join());
  }
}

TYPED_TEST(context_suite, contexts_may_be_derived_waited_for_and_cancelled_at_once) {
  this->proves("CTX-10");
  for (int round = 0; round < 50; ++round) {
    cancel_scope root;
    const auto derive = [&] {
      while (!root.context().done()) {
        cancel_scope child{root.context(), 1h};
        cancel_scope grandchild{child.context()};
        auto canceller = TestFixture::run([&] { child.cancel(); });
        EXPECT_EQ(this->silent.recv(grandchild.context()).status(), status::cancelled);
        canceller.join();
      }
    };
    auto a = this->run(derive);
    auto b = this->run(derive);
    auto w = this->waiting_for(root.context());
    w.until_blocked();
    root.cancel();
    EXPECT_EQ(w.join(), status::cancelled);
    a.join();
    b.join();
  }
}

}  // namespace lockstep::testing
