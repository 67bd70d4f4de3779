#include "lockstep/context.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <deque>
#include <lockstep/channel.hpp>
#include <lockstep/latch.hpp>
#include <lockstep/mutex.hpp>
#include <lockstep/semaphore.hpp>
#include <lockstep/wait_group.hpp>
#include <optional>
#include <thread>
#include <vector>

#include "support/allocations.hpp"
#include "support/world.hpp"

namespace {

using lockstep::background;
using lockstep::cancel_scope;
using lockstep::context;
using lockstep::never;
using lockstep::status;
using support::run;
using namespace std::chrono_literals;

#if defined(__OPTIMIZE__) && !LOCKSTEP_TSAN && !defined(__SANITIZE_ADDRESS__)
constexpr int many = 1'000'000;
#else
constexpr int many = 100'000;
#endif

// Contexts belong to no runtime; the waits that they end do.
template <class R>
struct context_test : ::testing::Test {
  lockstep::basic_channel<int, R> silent;

  // A task that waits for a context to end.
  auto waiting_for(context ctx) {
    return run([this, ctx] { return silent.recv(ctx).status(); });
  }
};
TYPED_TEST_SUITE(context_test, support::runtimes, support::runtime_names);

TYPED_TEST(context_test, the_background_never_ends) {  // CTX-3
  EXPECT_EQ(background().status(), status::ok);
  EXPECT_FALSE(background().done());
  EXPECT_EQ(background().deadline(), never);
  EXPECT_EQ(context{}.status(), status::ok);
}

TYPED_TEST(context_test, cancelling_a_parent_ends_all_its_descendants) {  // CTX-1
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

TYPED_TEST(context_test, cancelling_a_child_leaves_its_parent_and_siblings_alone) {  // CTX-1
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

TYPED_TEST(context_test, the_end_of_a_scope_cancels_its_context) {  // CTX-1
  std::optional<cancel_scope> scope{std::in_place};
  const context ctx = scope->context();
  auto waiting = this->waiting_for(ctx);
  waiting.until_blocked();
  scope.reset();
  EXPECT_EQ(waiting.join(), status::cancelled);
  EXPECT_EQ(ctx.status(), status::cancelled);
}

TYPED_TEST(context_test, a_context_derived_from_one_that_has_ended_has_ended_likewise) {  // CTX-1
  cancel_scope cancelled;
  cancelled.cancel();
  EXPECT_EQ(cancel_scope{cancelled.context()}.context().status(), status::cancelled);
  cancel_scope late{-1s};
  EXPECT_EQ(cancel_scope{late.context()}.context().status(), status::timeout);
}

TYPED_TEST(context_test, a_cancelled_context_stays_cancelled_when_its_deadline_passes) {  // CTX-2
  cancel_scope scope{2ms};
  scope.cancel();
  EXPECT_EQ(scope.context().status(), status::cancelled);
  while (lockstep::any_runtime::now() <= scope.context().deadline()) std::this_thread::yield();
  EXPECT_EQ(scope.context().status(), status::cancelled);
}

TYPED_TEST(context_test, a_cancel_after_the_deadline_changes_nothing) {  // CTX-2
  cancel_scope scope{0s};
  scope.cancel();  // although nobody had looked at the context before
  EXPECT_EQ(scope.context().status(), status::timeout);
  scope.cancel();
  EXPECT_EQ(scope.context().status(), status::timeout);
}

TYPED_TEST(context_test, a_child_that_was_cancelled_first_keeps_its_reason) {  // CTX-2
  cancel_scope parent{2ms};
  cancel_scope child{parent.context()};
  child.cancel();
  while (parent.context().status() == status::ok) std::this_thread::yield();
  EXPECT_EQ(parent.context().status(), status::timeout);
  EXPECT_EQ(child.context().status(), status::cancelled);
}

TYPED_TEST(context_test, the_status_is_ok_until_the_end_and_then_says_why) {  // CTX-4
  cancel_scope scope{1h};
  EXPECT_EQ(scope.context().status(), status::ok);
  EXPECT_FALSE(scope.context().done());
  scope.cancel();
  EXPECT_EQ(scope.context().status(), status::cancelled);
  EXPECT_TRUE(scope.context().done());
  EXPECT_EQ(cancel_scope{0s}.context().status(), status::timeout);
}

TYPED_TEST(context_test, a_deadline_ends_waits_and_not_before_its_time) {  // CTX-4 CTX-5
  cancel_scope scope{3ms};
  EXPECT_EQ(this->silent.recv(scope.context()).status(), status::timeout);
  EXPECT_GE(lockstep::any_runtime::now(), scope.context().deadline());
  EXPECT_EQ(scope.context().status(), status::timeout);
}

TYPED_TEST(context_test, the_earliest_deadline_on_the_way_to_the_root_counts) {  // CTX-5
  const auto soon = std::chrono::steady_clock::now() + 1h;
  const auto late = soon + 1h;
  cancel_scope parent{background(), soon};
  EXPECT_EQ((cancel_scope{parent.context(), late}.context().deadline()), soon);
  EXPECT_EQ((cancel_scope{parent.context(), soon - 1min}.context().deadline()), soon - 1min);
  EXPECT_EQ(cancel_scope{parent.context()}.context().deadline(), soon);
  EXPECT_EQ(cancel_scope{}.context().deadline(), never);
  EXPECT_EQ((cancel_scope{background(), lockstep::duration::max()}.context().deadline()), never);
}

TYPED_TEST(context_test, the_deadline_of_a_parent_ends_the_wait_of_a_child) {  // CTX-5
  cancel_scope parent{2ms};
  cancel_scope child{parent.context(), 1h};
  EXPECT_EQ(this->silent.recv(child.context()).status(), status::timeout);
}

TYPED_TEST(context_test, a_deadline_in_the_past_makes_an_ended_context) {  // CTX-5
  EXPECT_EQ(cancel_scope{-1s}.context().status(), status::timeout);
  EXPECT_EQ((cancel_scope{background(), lockstep::time_point{}}.context().status()),
            status::timeout);
}

TYPED_TEST(context_test, every_kind_of_wait_ends_with_its_context) {  // CTX-1
  lockstep::basic_latch<TypeParam> latch{1};
  lockstep::basic_wait_group<TypeParam> group;
  lockstep::basic_semaphore<TypeParam> semaphore{0};
  lockstep::basic_mutex<TypeParam> mutex;
  group.add();
  mutex.lock();
  cancel_scope scope;
  const context& ctx = scope.context();
  auto a = run([&] { return latch.wait(ctx); });
  auto b = run([&] { return group.wait(ctx); });
  auto c = run([&] { return semaphore.acquire(ctx); });
  auto d = run([&] { return mutex.lock(ctx); });
  auto e = this->waiting_for(ctx);
  for (auto* task : {&a, &b, &c, &d, &e}) task->until_blocked();
  scope.cancel();
  for (auto* task : {&a, &b, &c, &d, &e}) EXPECT_EQ(task->join(), status::cancelled);
  group.done();
  mutex.unlock();
}

TYPED_TEST(context_test, many_contexts_derived_and_cancelled_leave_nothing_behind) {  // CTX-6
  cancel_scope parent;
  { const cancel_scope warm_up{parent.context()}; }
  const auto before = support::allocations_live.load();
  for (int i = 0; i < many; ++i) {
    cancel_scope child{parent.context(), 1h};
    if (i % 2 == 0) child.cancel();
  }
  EXPECT_EQ(support::allocations_live, before);
  EXPECT_EQ(parent.context().status(), status::ok);
}

TYPED_TEST(context_test, children_unlink_in_any_order) {  // CTX-6
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

TYPED_TEST(context_test, waits_that_ended_otherwise_leave_nothing_behind_in_the_context) {  // CTX-6
  lockstep::basic_semaphore<TypeParam> permits{0};
  cancel_scope scope;
  auto waiting = run([&] {
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

TYPED_TEST(context_test, a_handle_outlives_scope_and_parents) {
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

TYPED_TEST(context_test, what_the_canceller_did_is_seen_by_whoever_sees_the_end) {  // CTX-10
  for (int round = 0; round < 200; ++round) {
    cancel_scope scope;
    int data = 0;
    auto canceller = run([&] {
      data = 7;
      scope.cancel();
    });
    if (round % 2 == 0) {
      ASSERT_EQ(this->silent.recv(scope.context()).status(), status::cancelled);
    } else {
      while (!scope.context().done()) std::this_thread::yield();
    }
    ASSERT_EQ(data, 7);
    canceller.join();
  }
}

TYPED_TEST(context_test, the_status_is_set_when_cancel_returns_whoever_did_the_work) {  // CTX-10
  for (int round = 0; round < 300; ++round) {
    cancel_scope parent;
    cancel_scope child{parent.context()};
    const auto cancel_parent = [&] {
      parent.cancel();
      return parent.context().done() && child.context().done();
    };
    auto a = run(cancel_parent);
    auto b = run(cancel_parent);
    ASSERT_TRUE(a.join());
    ASSERT_TRUE(b.join());
  }
}

TYPED_TEST(context_test, a_parent_ends_before_its_children) {  // CTX-10
  for (int round = 0; round < 300; ++round) {
    cancel_scope parent;
    cancel_scope child{parent.context()};
    auto observer = run([&] {
      while (!child.context().done()) std::this_thread::yield();
      return parent.context().done();
    });
    parent.cancel();
    ASSERT_TRUE(observer.join());
  }
}

TYPED_TEST(context_test, contexts_may_be_derived_waited_for_and_cancelled_at_once) {  // CTX-10
  for (int round = 0; round < 50; ++round) {
    cancel_scope root;
    const auto derive = [&] {
      int ended = 0;
      while (!root.context().done()) {
        cancel_scope child{root.context(), 1h};
        cancel_scope grandchild{child.context()};
        std::thread canceller{[&] { child.cancel(); }};
        ended += this->silent.recv(grandchild.context()).status() == status::cancelled;
        canceller.join();
      }
      return ended;
    };
    auto a = run(derive);
    auto b = run(derive);
    auto w = this->waiting_for(root.context());
    w.until_blocked();
    root.cancel();
    EXPECT_EQ(w.join(), status::cancelled);
    EXPECT_GE(a.join() + b.join(), 0);
  }
}

}  // namespace
