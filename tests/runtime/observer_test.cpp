#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <lockstep/channel.hpp>
#include <lockstep/context.hpp>
#include <lockstep/go.hpp>
#include <lockstep/latch.hpp>
#include <lockstep/mutex.hpp>
#include <lockstep/this_task.hpp>
#include <string>
#include <thread>
#include <vector>

#include "runtime/installed_runtime.hpp"
#include "support/world.hpp"

namespace {

using lockstep::status;
using lockstep::detail::blocked_record;
using lockstep::detail::hook_checkpoint;
using lockstep::detail::hook_observe;
using lockstep::detail::hook_scope;
using lockstep::detail::hooks_word;
using lockstep::detail::observed_waits;
using namespace std::chrono_literals;

// What a report would say of each blocked task.
std::vector<std::string> blocked() {
  std::vector<std::string> text;
  observed_waits.for_each([&](const blocked_record& r) {
    text.push_back(std::string{r.op.verb} + " " + r.op.kind + (r.forever ? " for ever" : ""));
  });
  return text;
}

struct observer_test : ::testing::Test {
  hook_scope on{hook_observe};
  lockstep::channel<int> ch;

  ~observer_test() override {
    EXPECT_EQ(observed_waits.blocked_for_ever(), 0);
    EXPECT_EQ(blocked(), std::vector<std::string>{});
  }
};

TEST_F(observer_test, a_blocked_wait_is_counted_until_its_end_is_certain) {
  auto receiver = support::run([&] { return ch.recv(); });
  receiver.until_blocked();
  EXPECT_EQ(observed_waits.blocked_for_ever(), 1);
  EXPECT_EQ(blocked(), std::vector<std::string>{"recv channel for ever"});
  ch.send(1);
  EXPECT_EQ(observed_waits.blocked_for_ever(), 0);
  EXPECT_EQ(receiver.join().value(), 1);
}

TEST_F(observer_test, the_claimer_lowers_the_count_before_the_waiter_runs) {
  static std::atomic<bool> may_run{false};
  static std::atomic<std::int64_t> counted_at_wake{-1};
  static constexpr auto held_back = support::threads_but([](lockstep::detail::runtime_ops& o) {
    o.park = [](lockstep::detail::any_parker& p) {
      lockstep::detail::threads_ops.park(p);
      may_run.wait(false);
    };
    o.unpark = [](lockstep::detail::any_parker& p) noexcept {
      counted_at_wake = observed_waits.blocked_for_ever();
      lockstep::detail::threads_ops.unpark(p);
    };
  });
  auto receiver = support::run([&] {
    const support::installed_runtime here{held_back};
    return ch.recv();
  });
  receiver.until_blocked();
  ch.send(1);
  EXPECT_EQ(counted_at_wake, 0);
  EXPECT_EQ(observed_waits.blocked_for_ever(), 0);
  EXPECT_TRUE(blocked().empty());  // claimed, though it has not run yet
  may_run = true;
  may_run.notify_all();
  EXPECT_EQ(receiver.join().value(), 1);
}

TEST_F(observer_test, a_wait_with_a_deadline_is_recorded_but_not_counted) {
  auto timed = support::run([&] { return ch.try_recv_for(1h); });
  lockstep::cancel_scope scope{1h};
  auto bounded = support::run([&] { return ch.recv(scope.context()).status(); });
  timed.until_blocked();
  bounded.until_blocked();
  EXPECT_EQ(observed_waits.blocked_for_ever(), 0);
  EXPECT_EQ(blocked(), (std::vector<std::string>{"recv channel", "recv channel"}));
  scope.cancel();
  EXPECT_EQ(bounded.join(), status::cancelled);
  ch.send(1);
  EXPECT_EQ(timed.join().value(), 1);
}

TEST_F(observer_test, a_cancelled_wait_is_not_counted_any_more) {
  lockstep::cancel_scope scope;
  auto receiver = support::run([&] { return ch.recv(scope.context()).status(); });
  receiver.until_blocked();
  EXPECT_EQ(observed_waits.blocked_for_ever(), 1);
  scope.cancel();
  EXPECT_EQ(observed_waits.blocked_for_ever(), 0);
  EXPECT_EQ(receiver.join(), status::cancelled);
}

TEST_F(observer_test, everyone_whom_one_operation_releases_is_uncounted_by_it) {
  lockstep::latch l{1};
  std::vector<std::thread> waiting;
  for (int i = 0; i < 5; ++i) waiting.emplace_back([&] { l.wait(); });
  while (observed_waits.blocked_for_ever() < 5) std::this_thread::yield();
  l.count_down();
  EXPECT_EQ(observed_waits.blocked_for_ever(), 0);
  for (auto& t : waiting) t.join();
}

TEST_F(observer_test, a_record_names_the_operation_its_object_its_task_and_its_place) {
  unsigned line = 0;
  auto receiver = lockstep::spawn("reader", [&] {
    // clang-format off
    line = __LINE__; return ch.recv();
    // clang-format on
  });
  while (observed_waits.blocked_for_ever() < 1) std::this_thread::yield();
  int seen = 0;
  observed_waits.for_each([&](const blocked_record& r) {
    ++seen;
    EXPECT_STREQ(r.op.verb, "recv");
    EXPECT_STREQ(r.op.kind, "channel");
    EXPECT_EQ(r.op.object, &ch);
    EXPECT_EQ(r.op.where.line, line);
    EXPECT_STREQ(r.op.where.file, __FILE__);
    ASSERT_NE(r.task, nullptr);
    EXPECT_STREQ(r.task->name, "reader");
    EXPECT_NE(r.thread_id, ::gettid());
    EXPECT_LE(r.since, lockstep::any_runtime::now());
    char more[64] = "";
    ASSERT_NE(r.op.describe, nullptr);
    r.op.describe(r.op.object, more, sizeof more);
    EXPECT_STREQ(more, "rendezvous");
  });
  EXPECT_EQ(seen, 1);
  ch.send(1);
  EXPECT_EQ(receiver.join().value(), 1);
}

TEST_F(observer_test, a_thread_that_the_library_did_not_start_has_no_task_in_its_record) {
  auto receiver = support::run([&] { return ch.recv(); });
  receiver.until_blocked();
  observed_waits.for_each([](const blocked_record& r) { EXPECT_EQ(r.task, nullptr); });
  ch.send(1);
  EXPECT_EQ(receiver.join().value(), 1);
}

TEST_F(observer_test, each_kind_of_wait_is_recorded_under_its_own_name) {
  lockstep::mutex m;
  m.lock();
  auto locker = support::run([&] { m.lock(); });
  locker.until_blocked();
  lockstep::cancel_scope scope;
  auto sleeper = support::run(
      [&] { return lockstep::this_task::sleep_for(scope.context(), lockstep::duration::max()); });
  sleeper.until_blocked();
  EXPECT_EQ(blocked(), (std::vector<std::string>{"lock mutex for ever", "sleep  for ever"}));
  scope.cancel();
  m.unlock();
  locker.join();
  EXPECT_EQ(sleeper.join(), status::cancelled);
}

TEST_F(observer_test, the_number_of_changes_moves_with_every_wait_and_every_wake) {
  const auto at_first = observed_waits.changes();
  auto receiver = support::run([&] { return ch.recv(); });
  receiver.until_blocked();
  const auto when_blocked = observed_waits.changes();
  EXPECT_NE(when_blocked, at_first);
  EXPECT_EQ(observed_waits.changes(), when_blocked);
  ch.send(1);
  EXPECT_NE(observed_waits.changes(), when_blocked);
  EXPECT_EQ(receiver.join().value(), 1);
}

TEST_F(observer_test, objects_bound_to_threads_are_not_observed) {
  lockstep::threads::channel<int> unobserved;
  auto receiver = support::run([&] { return unobserved.recv(); });
  receiver.until_blocked();
  EXPECT_EQ(observed_waits.blocked_for_ever(), 0);
  EXPECT_TRUE(blocked().empty());
  unobserved.send(1);
  EXPECT_EQ(receiver.join().value(), 1);
}

TEST_F(observer_test, nothing_stays_counted_after_a_storm) {
  std::atomic<bool> go_on{true};
  std::vector<std::thread> all;
  lockstep::channel<int> small{1};
  for (int t = 0; t < 4; ++t) {
    all.emplace_back([&, t] {
      for (int i = 0; go_on; ++i) {
        lockstep::cancel_scope scope;
        auto canceller = i % 64 == 0 ? std::thread{[&] { scope.cancel(); }} : std::thread{};
        if (canceller.joinable()) {
          static_cast<void>(t % 2 == 0 ? small.send(scope.context(), i)
                                       : small.recv(scope.context()).status());
          canceller.join();
        } else {
          static_cast<void>(t % 2 == 0 ? small.try_send_for(i, 50us)
                                       : small.try_recv_for(50us).status());
        }
      }
    });
  }
  std::thread watcher{[&] {
    while (go_on) static_cast<void>(blocked());
  }};
  const auto end = std::chrono::steady_clock::now() + support::stress_time();
  while (std::chrono::steady_clock::now() < end) std::this_thread::yield();
  go_on = false;
  for (auto& t : all) t.join();
  watcher.join();
  EXPECT_EQ(observed_waits.blocked_for_ever(), 0);
}

TEST(hook_scope_test, waits_are_not_recorded_unless_observation_is_on) {
  lockstep::channel<int> ch;
  auto receiver = support::run([&] { return ch.recv(); });
  receiver.until_blocked();
  EXPECT_EQ(observed_waits.blocked_for_ever(), 0);
  EXPECT_TRUE(blocked().empty());
  ch.send(1);
  EXPECT_EQ(receiver.join().value(), 1);
}

TEST(hook_scope_test, a_wait_that_began_before_observation_ends_well_during_it) {
  lockstep::channel<int> ch;
  auto receiver = support::run([&] { return ch.recv(); });
  receiver.until_blocked();
  const hook_scope on{hook_observe};
  ch.send(1);
  EXPECT_EQ(receiver.join().value(), 1);
  EXPECT_EQ(observed_waits.blocked_for_ever(), 0);
}

TEST(hook_scope_test, hooks_stay_on_until_their_last_scope_ends_and_do_not_mix) {
  using lockstep::detail::hook_is_on;
  EXPECT_EQ(hooks_word, 0U);
  {
    const hook_scope outer{hook_observe};
    EXPECT_FALSE(hook_is_on(hook_checkpoint));
    {
      const hook_scope inner{hook_observe};
      const hook_scope other{hook_checkpoint};
      EXPECT_TRUE(hook_is_on(hook_checkpoint));
    }
    EXPECT_TRUE(hook_is_on(hook_observe));
    EXPECT_FALSE(hook_is_on(hook_checkpoint));
  }
  EXPECT_EQ(hooks_word, 0U);
}

TEST(hook_scope_test, a_hook_is_on_in_every_scope_though_other_tasks_enter_and_leave) {
  const auto enter_and_leave = [] {
    int off = 0;
    for (int i = 0; i < 100'000; ++i) {
      const hook_scope on{hook_checkpoint};
      if (!lockstep::detail::hook_is_on(hook_checkpoint)) ++off;
    }
    return off;
  };
  auto a = support::run(enter_and_leave);
  auto b = support::run(enter_and_leave);
  EXPECT_EQ(a.join() + b.join(), 0);
  EXPECT_EQ(hooks_word.load(), 0U);
}

}  // namespace
