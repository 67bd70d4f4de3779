#include <gtest/gtest.h>

#include <boost/fiber/fiber.hpp>
#include <boost/fiber/operations.hpp>
#include <chrono>
#include <lockstep/lockstep.hpp>
#include <lockstep/runtime/boost_fibers.hpp>
#include <string>
#include <thread>
#include <vector>

#include "support/world.hpp"

namespace {

using namespace lockstep;
using namespace std::chrono_literals;

TEST(boost_fibers_test, a_wait_blocks_the_fiber_and_not_the_thread) {
  const auto here = boost_fibers::attach();
  channel<int> ch;
  std::string seen;
  boost::fibers::fiber receiver{[&] {
    seen += "waiting ";
    seen += std::to_string(*ch.recv());
  }};
  boost::this_fiber::yield();
  ch.send(7);
  receiver.join();
  EXPECT_EQ(seen, "waiting 7");
}

TEST(boost_fibers_test, go_starts_a_fiber_of_boost_with_its_name) {
  const auto here = boost_fibers::attach();
  std::string name;
  boost::fibers::fiber::id own = boost::this_fiber::get_id();
  boost::fibers::fiber::id other;
  spawn("helper", [&] {
    name = this_task::name();
    other = boost::this_fiber::get_id();
  }).join();
  EXPECT_EQ(name, "helper");
  EXPECT_NE(own, other);
  EXPECT_STREQ(this_task::name(), "");
}

// A process whose threads all wait has come to rest; of these fibers nobody knows how many go on.
TEST(boost_fibers_test, a_fiber_of_boost_that_waits_is_reported_and_does_not_count_as_a_thread) {
  const detail::hook_scope observe{detail::hook_observe};
  const auto here = boost_fibers::attach();
  channel<int> ch;
  boost::fibers::fiber receiver{[&] { EXPECT_EQ(*ch.recv(), 7); }};
  boost::this_fiber::yield();
  int waits = 0;
  detail::observed_waits.for_each([&](const detail::blocked_record&) { ++waits; });
  EXPECT_EQ(waits, 1);
  EXPECT_EQ(detail::observed_waits.blocked_for_ever(), 0);
  ch.send(7);
  receiver.join();
}

TEST(boost_fibers_test, threads_and_fibers_of_boost_meet_in_one_channel) {
  channel<int> to_fiber;
  channel<int> to_thread;
  std::thread fibers{[&] {
    const auto here = boost_fibers::attach();
    std::vector<boost::fibers::fiber> echoes;
    for (int i = 0; i < 3; ++i) {
      echoes.emplace_back([&] {
        while (auto v = to_fiber.recv()) to_thread.send(*v + 1);
      });
    }
    for (auto& e : echoes) e.join();
  }};
  for (int i = 0; i < 200; ++i) {
    to_fiber.send(i);
    EXPECT_EQ(*to_thread.recv(), i + 1);
  }
  to_fiber.close();
  fibers.join();
}

TEST(boost_fibers_test, a_deadline_ends_a_wait_while_other_fibers_run) {
  const auto here = boost_fibers::attach();
  bool stop = false;
  long turns = 0;
  boost::fibers::fiber busy{[&] {
    while (!stop) {
      ++turns;
      boost::this_fiber::yield();
    }
  }};
  EXPECT_EQ(latch{1}.try_wait_for(5ms), status::timeout);
  stop = true;
  busy.join();
  EXPECT_GT(turns, 10);
}

TEST(boost_fibers_test, the_thread_is_itself_again_when_the_attachment_ends) {
  const auto name = [] { return std::string{lockstep::detail::current_runtime()->name}; };
  EXPECT_EQ(name(), "threads");
  {
    const auto here = boost_fibers::attach();
    EXPECT_EQ(name(), "boost_fibers");
  }
  EXPECT_EQ(name(), "threads");
}

// Ours keep them apart: fibers_test.
TEST(boost_fibers_test, fibers_of_boost_that_block_inside_catch_mix_their_exceptions_up) {
  const auto here = boost_fibers::attach();
  std::vector<std::string> seen;
  const auto body = [&seen](const char* what) {
    return [&seen, what] {
      try {
        throw std::runtime_error{what};
      } catch (const std::exception&) {
        boost::this_fiber::yield();
        try {
          throw;
        } catch (const std::exception& e) {
          seen.emplace_back(e.what());
        }
      }
    };
  };
  boost::fibers::fiber a{body("a")};
  boost::fibers::fiber b{body("b")};
  a.join();
  b.join();
  EXPECT_NE(seen, (std::vector<std::string>{"a", "b"})) << "Boost.Fiber keeps them apart now";
}

}  // namespace
