#include "support/runtimes.hpp"
// The suites' runtimes come first.
#include <lockstep/testing/crowd.hpp>
#include <lockstep/testing/ticker.hpp>
#include <lockstep/testing/timer.hpp>

#include "support/allocations.hpp"
#include "support/world.hpp"

namespace {

using namespace lockstep;
using namespace std::chrono_literals;

TEST(timer_test, is_small_and_needs_no_allocation) {
  static_assert(sizeof(threads::timer) <= 48);
  EXPECT_EQ(support::allocations_in([] {
              timer t{0s};
              static_cast<void>(t.recv());
              t.reset(1h);
              select(on_recv(t), on_recv(after(0s)));
              ticker every{1ns};
              static_cast<void>(every.recv());
            }),
            0U);
}

TEST(timer_test, a_million_that_were_stopped_leave_no_tick_and_no_memory) {
  Test::RecordProperty("statements", "TM-3");
#if defined(__OPTIMIZE__) && !LOCKSTEP_TSAN && !defined(__SANITIZE_ADDRESS__)
  constexpr int many = 1'000'000;
#else
  constexpr int many = 100'000;
#endif
  const auto before = support::allocations_live.load();
  int prevented = 0;
  int ticks = 0;
  for (int i = 0; i < many; ++i) {
    timer t{i % 2 == 0 ? 0s : 3600s};
    prevented += t.stop();
    ticks += bool{t.try_recv()};
    const timer dropped{0s};
  }
  EXPECT_EQ(prevented, many);
  EXPECT_EQ(ticks, 0);
  EXPECT_EQ(support::allocations_live, before);
}

TEST(timer_test, that_is_ready_together_with_a_channel_is_a_uniform_choice) {
  Test::RecordProperty("statements", "SEL-12");
  lockstep::testing::seed_choices<any_runtime>();
  channel<int> ready{1};
  timer t{0s};
  lockstep::testing::fair_share chosen{4};
  ready.send(0);
  for (int i = 0; i < 100'000; ++i) {
    const auto s = select(on_recv(ready), on_recv(t), on_timeout(0s), on_recv(after(0s)));
    chosen.add(s.index);
    if (s.index == 0) ready.send(0);
    if (s.index == 1) t.reset(0s);
  }
  EXPECT_TRUE(chosen.is_kept());
}

TEST(timer_test, a_task_that_waits_for_a_tick_is_not_blocked_for_ever) {
  const lockstep::detail::hook_scope observe{lockstep::detail::hook_observe};
  const auto for_ever = [] { return lockstep::detail::observed_waits.blocked_for_ever(); };
  for (const bool selecting : {false, true}) {
    timer t{1h};
    auto waiting =
        support::run([&] { return selecting ? select(on_recv(t)).status : t.recv().status(); });
    waiting.until_blocked();
    EXPECT_EQ(for_ever(), 0);
    t.stop();
    while (for_ever() != 1) std::this_thread::yield();
    t.reset(0s);
    EXPECT_EQ(waiting.join(), status::ok);
    EXPECT_EQ(for_ever(), 0);
  }
}

TEST(timer_test, a_report_says_when_the_tick_is_due) {
  const lockstep::detail::hook_scope observe{lockstep::detail::hook_observe};
  const auto told = [] {
    std::string all;
    lockstep::detail::observed_waits.for_each([&](const lockstep::detail::blocked_record& r) {
      char text[64];
      r.op.describe(r.op.object, text, sizeof text);
      all += std::string{r.op.verb} + " " + r.op.kind + " " + text;
    });
    return all;
  };
  ticker every{1h};
  auto waiting = support::run([&] { return every.recv().status(); });
  waiting.until_blocked();
  EXPECT_EQ(told().substr(0, 20), "recv ticker due in 3");
  every.stop();
  while (told() != "recv ticker stopped") std::this_thread::yield();
  every.reset(1ns);
  EXPECT_EQ(waiting.join(), status::ok);
}

TEST(timer_test, is_not_destroyed_under_a_waiter) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto destroy = [] {
    auto owner = std::make_unique<timer>(1h);
    auto blocked = support::run([&t = *owner] { static_cast<void>(t.recv()); });
    blocked.until_blocked();
    EXPECT_FALSE(owner->try_recv());  // sees what the waiter did
    owner.reset();
  };
  EXPECT_DEATH(destroy(), "a timer is destroyed with waiters");
}

}  // namespace
