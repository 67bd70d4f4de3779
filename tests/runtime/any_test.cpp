#include <gtest/gtest.h>

#include <chrono>
#include <lockstep/channel.hpp>
#include <lockstep/go.hpp>
#include <lockstep/latch.hpp>
#include <lockstep/mutex.hpp>
#include <lockstep/this_task.hpp>
#include <string>
#include <vector>

#include "runtime/installed_runtime.hpp"
#include "support/world.hpp"

namespace {

using lockstep::any_runtime;
using lockstep::status;
using lockstep::detail::any_parker;
using lockstep::detail::hook_checkpoint;
using lockstep::detail::hook_scope;
using lockstep::detail::runtime_ops;
using lockstep::detail::threads_ops;
using lockstep::detail::visible_op;
using support::installed_runtime;
using support::threads_but;
using namespace std::chrono_literals;

// Notes what it is called for, and then does what threads do.
struct noting {
  inline static std::atomic<int> parks{0};
  inline static std::atomic<int> unparks{0};
  inline static std::vector<visible_op> seen;

  static constexpr runtime_ops ops = threads_but([](runtime_ops& o) {
    o.name = "noting";
    o.park = [](any_parker& p) {
      ++parks;
      threads_ops.park(p);
    };
    o.unpark = [](any_parker& p) noexcept {
      ++unparks;
      threads_ops.unpark(p);
    };
    o.checkpoint = [](const visible_op& op) { seen.push_back(op); };
  });
};

std::string current_name() { return lockstep::detail::current_runtime()->name; }

struct any_test : ::testing::Test {
  void SetUp() override {
    noting::parks = noting::unparks = 0;
    noting::seen.clear();
  }
  static std::vector<std::string> seen() {
    std::vector<std::string> text;
    for (const visible_op& op : noting::seen) text.push_back(std::string{op.verb} + " " + op.kind);
    return text;
  }
};

TEST_F(any_test, a_thread_without_a_runtime_runs_on_threads) {
  EXPECT_EQ(current_name(), "threads");
}

TEST_F(any_test, a_runtime_is_current_on_its_own_thread_while_it_is_installed) {
  {
    const installed_runtime here{noting::ops};
    EXPECT_EQ(current_name(), "noting");
    EXPECT_EQ(support::run(current_name).join(), "threads");
  }
  EXPECT_EQ(current_name(), "threads");
}

TEST_F(any_test, visible_operations_are_announced_while_the_hook_is_on) {
  const installed_runtime here{noting::ops};
  lockstep::channel<int> ch{2};
  lockstep::mutex m;
  ch.send(1);
  EXPECT_TRUE(noting::seen.empty());
  unsigned line = 0;
  {
    const hook_scope on{hook_checkpoint};
    // clang-format off
    line = __LINE__; ch.send(2);
    // clang-format on
    ASSERT_EQ(noting::seen.size(), 1U);
    EXPECT_EQ(noting::seen[0].object, &ch);
    EXPECT_EQ(noting::seen[0].where.line, line);
    EXPECT_STREQ(noting::seen[0].where.file, __FILE__);
    static_cast<void>(ch.try_recv());
    ch.close();
    m.lock();
    m.unlock();
    EXPECT_EQ(seen(), (std::vector<std::string>{"send channel", "recv channel", "close channel",
                                                "lock mutex", "unlock mutex"}));
  }
  static_cast<void>(ch.try_recv());
  EXPECT_EQ(noting::seen.size(), 5U);
}

TEST_F(any_test, an_operation_is_announced_before_it_happens) {
  static lockstep::channel<int> ch{1};
  static std::size_t size_then = 9;
  static constexpr auto looking = threads_but(
      [](runtime_ops& o) { o.checkpoint = [](const visible_op&) { size_then = ch.size(); }; });
  const installed_runtime here{looking};
  const hook_scope on{hook_checkpoint};
  ch.send(1);
  EXPECT_EQ(size_then, 0U);
}

TEST_F(any_test, a_runtime_that_decides_nothing_gets_no_announcements) {
  const hook_scope on{hook_checkpoint};
  lockstep::channel<int> ch{1};
  ch.send(1);  // threads: the function is null
  EXPECT_EQ(ch.recv().value(), 1);
}

TEST_F(any_test, objects_bound_to_threads_are_not_announced) {
  const installed_runtime here{noting::ops};
  const hook_scope on{hook_checkpoint};
  lockstep::threads::channel<int> ch{1};
  ch.send(1);
  EXPECT_EQ(ch.recv().value(), 1);
  EXPECT_TRUE(noting::seen.empty());
}

TEST_F(any_test, a_wait_blocks_and_is_woken_through_the_runtime_of_its_own_task) {
  lockstep::channel<int> ch;
  auto on_noting = support::run([&] {
    const installed_runtime here{noting::ops};
    return ch.recv();
  });
  on_noting.until_blocked();
  EXPECT_EQ(noting::parks, 1);
  EXPECT_EQ(noting::unparks, 0);
  ch.send(7);  // from threads
  EXPECT_EQ(on_noting.join().value(), 7);
  EXPECT_EQ(noting::unparks, 1);

  auto on_threads = support::run([&] { return ch.recv(); });
  on_threads.until_blocked();
  const installed_runtime here{noting::ops};
  ch.send(8);
  EXPECT_EQ(on_threads.join().value(), 8);
  EXPECT_EQ(noting::parks, 1);
  EXPECT_EQ(noting::unparks, 1);
}

TEST_F(any_test, tasks_of_two_runtimes_pass_many_values_through_one_channel) {
  constexpr int values = 5'000;
  lockstep::channel<int> ch;
  auto sender = support::run([&] {
    const installed_runtime here{noting::ops};
    for (int i = 0; i < values; ++i) ch.send(i);
    ch.close();
  });
  int expected = 0;
  for (const int v : ch) ASSERT_EQ(v, expected++);
  EXPECT_EQ(expected, values);
  sender.join();
  EXPECT_EQ(noting::parks, noting::unparks);
}

TEST_F(any_test, a_timed_wait_uses_the_clock_of_its_runtime) {
  static lockstep::time_point virtual_now{1h};
  static constexpr auto virtual_clock = threads_but([](runtime_ops& o) {
    o.now = []() noexcept { return virtual_now; };
    o.park_until = [](any_parker&, lockstep::time_point deadline) {
      virtual_now = deadline;
      return false;
    };
  });
  const installed_runtime here{virtual_clock};
  lockstep::channel<int> ch;
  EXPECT_EQ(ch.try_recv_for(1000h).status(), status::timeout);
  EXPECT_EQ(virtual_now, lockstep::time_point{1001h});
  lockstep::this_task::sleep_for(1000h);
  EXPECT_EQ(virtual_now, lockstep::time_point{2001h});
}

TEST_F(any_test, everything_else_that_a_task_asks_for_comes_from_its_runtime_too) {
  static int yields = 0;
  static int spawned = 0;
  static lockstep::detail::task_info self;
  static constexpr auto answering = threads_but([](runtime_ops& o) {
    o.random = []() noexcept { return std::uint64_t{42}; };
    o.yield = [] { ++yields; };
    o.self = []() noexcept { return &self; };
    o.spawn = [](lockstep::detail::task_closure* c, const lockstep::detail::task_options* options) {
      ++spawned;
      threads_ops.spawn(c, options);
    };
  });
  self.rename("answering");
  const installed_runtime here{answering};
  EXPECT_EQ(any_runtime::random(), 42U);
  lockstep::this_task::yield();
  EXPECT_EQ(yields, 1);
  EXPECT_STREQ(lockstep::this_task::name(), "answering");
  EXPECT_EQ(lockstep::spawn([] { return 5; }).join(), 5);
  lockstep::latch done{1};
  lockstep::go([&] { done.count_down(); });
  done.wait();
  EXPECT_EQ(spawned, 2);
}

TEST_F(any_test, the_random_numbers_of_threads_differ_between_threads) {
  const auto three = [] {
    return std::vector{any_runtime::random(), any_runtime::random(), any_runtime::random()};
  };
  EXPECT_NE(support::run(three).join(), support::run(three).join());
}

}  // namespace
