#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <lockstep/channel.hpp>
#include <lockstep/dump.hpp>
#include <lockstep/go.hpp>
#include <lockstep/guards.hpp>
#include <lockstep/latch.hpp>
#include <lockstep/mutex.hpp>
#include <lockstep/watch.hpp>
#include <sstream>
#include <string>
#include <thread>

#include "support/world.hpp"

namespace {

using lockstep::detail::hook_observe;
using lockstep::detail::hook_scope;
using lockstep::detail::observed_waits;
using testing::AllOf;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

std::string dumped() {
  std::ostringstream text;
  lockstep::dump(text);
  return text.str();
}

void until_blocked(int tasks) {
  while (observed_waits.blocked_for_ever() < tasks) std::this_thread::yield();
}

TEST(dump_test, names_each_task_its_operation_its_object_its_place_and_its_locks) {
  RecordProperty("statements", "DL-1");
  const lockstep::lock_watch watch;
  lockstep::mutex m;
  lockstep::channel<int> ch;
  unsigned locked = 0;
  unsigned received = 0;
  auto reader = lockstep::spawn("reader", [&] {
    // clang-format off
    locked = __LINE__; const lockstep::holding hold{m};
    received = __LINE__; return ch.recv().value();
    // clang-format on
  });
  until_blocked(1);
  auto locker = lockstep::spawn("locker", [&] { const lockstep::holding hold{m}; });
  until_blocked(2);
  const std::string text = dumped();
  ch.send(1);
  EXPECT_EQ(reader.join(), 1);
  locker.join();
  EXPECT_THAT(text, MatchesRegex("2 tasks, 2 of them blocked\n"
                                 "task 'locker': lock mutex #1, for [0-9.]+ m?u?s\n"
                                 "    at .*dump_test.cpp:[0-9]+ in operator\\(\\)\n"
                                 "task 'reader': recv channel #2 \\(rendezvous\\), for .*\n"
                                 "    at .*dump_test.cpp:" +
                                 std::to_string(received) +
                                 " in .*\n"
                                 "    holds mutex #1 for .*, taken at .*dump_test.cpp:" +
                                 std::to_string(locked) + " in .*\n"));
}

TEST(dump_test, lists_tasks_that_run) {
  const hook_scope on{hook_observe};
  lockstep::latch started{2};
  std::atomic<bool> stop{false};
  const auto run = [&] {
    started.count_down();
    while (!stop) std::this_thread::yield();
  };
  auto second = lockstep::spawn("second", run);
  auto first = lockstep::spawn("first", run);
  started.wait();
  EXPECT_EQ(dumped(),
            "2 tasks, 0 of them blocked\ntask 'first': running\ntask 'second': running\n");
  stop = true;
}

TEST(dump_test, tasks_of_one_name_are_listed_in_the_order_of_their_start) {
  const hook_scope on{hook_observe};
  lockstep::channel<int> one;
  lockstep::latch other{1};
  auto a = lockstep::spawn("twin", [&] { static_cast<void>(one.recv()); });
  auto b = lockstep::spawn("twin", [&] { other.wait(); });
  until_blocked(2);
  const std::string text = dumped();
  EXPECT_LT(text.find("channel #1"), text.find("latch #2")) << text;
  one.send(1);
  other.count_down();
}

TEST(dump_test, a_task_that_has_ended_is_not_listed) {
  const hook_scope on{hook_observe};
  lockstep::spawn("short", [] {}).join();
  while (dumped() != "0 tasks, 0 of them blocked\n") std::this_thread::yield();
}

TEST(dump_test, lists_threads_that_the_library_did_not_start_when_they_block_or_hold_a_lock) {
  const lockstep::lock_watch watch;
  lockstep::mutex m;
  m.lock();
  auto waiting = support::run([&] { const lockstep::holding hold{m}; });
  waiting.until_blocked();
  const std::string text = dumped();
  m.unlock();
  waiting.join();
  EXPECT_THAT(text, AllOf(HasSubstr("2 tasks, 1 of them blocked\n"),
                          HasSubstr("thread " + std::to_string(::gettid()) +
                                    ": running\n"
                                    "    holds mutex #")));
}

TEST(dump_test, tasks_that_are_started_while_nobody_observes_are_not_registered) {
  lockstep::latch go_on{1};
  auto t = lockstep::spawn("unseen", [&] { go_on.wait(); });
  EXPECT_THAT(dumped(), Not(HasSubstr("unseen")));
  go_on.count_down();
}

}  // namespace
