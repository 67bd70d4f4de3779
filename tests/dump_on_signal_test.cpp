// Sends signals to a program: this one, called with --program.
#include "lockstep/dump_on_signal.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <lockstep/channel.hpp>
#include <lockstep/go.hpp>
#include <string>

#include "support/subprocess.hpp"

namespace {

using lockstep::after_dump;
using lockstep::dump_on_signal;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

// A task blocks; then the process gets the signal.
int program(after_dump then) {
  const dump_on_signal dumps{SIGQUIT, then};
  lockstep::channel<int> ch;
  auto reader = lockstep::spawn("reader", [&] { return ch.recv(); });
  while (lockstep::detail::observed_waits.blocked_for_ever() == 0) std::this_thread::yield();
  std::raise(SIGQUIT);
  if (then == after_dump::abort) std::this_thread::sleep_for(1h);
  static_cast<void>(reader);
  ch.send(1);
  std::fprintf(stderr, "went on\n");
  return reader.join().value();
}

support::ended_process run(const std::string& flags) {
  static const auto self = std::filesystem::read_symlink("/proc/self/exe").string();
  return support::run_command("'" + self + "' --program " + flags);
}

TEST(dump_on_signal_test, writes_what_all_tasks_do_and_goes_on) {
  const auto p = run("go-on");
  EXPECT_EQ(p.status, 1);  // the value received
  EXPECT_THAT(p.output, AllOf(HasSubstr("of them blocked\n"), HasSubstr("went on\n")));
}

TEST(dump_on_signal_test, can_end_the_process) {
  const auto p = run("abort");
  EXPECT_NE(p.status, 1);
  EXPECT_THAT(p.output,
              AllOf(HasSubstr("1 task, 1 of them blocked\ntask 'reader': recv channel #1"),
                    HasSubstr("dump_on_signal_test.cpp:"), Not(HasSubstr("went on"))));
}

TEST(dump_on_signal_test, leaves_everything_as_it_was) {
  struct sigaction before {};
  ::sigaction(SIGQUIT, nullptr, &before);
  {
    const dump_on_signal outer;
    const dump_on_signal inner;
    EXPECT_EQ(lockstep::detail::helper_threads, 2);
  }
  struct sigaction after {};
  ::sigaction(SIGQUIT, nullptr, &after);
  EXPECT_EQ(after.sa_handler, before.sa_handler);
  EXPECT_EQ(lockstep::detail::helper_threads, 0);
  EXPECT_EQ(lockstep::detail::hooks_word, 0U);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 2 && std::strcmp(argv[1], "--program") == 0) {
    return program(std::strcmp(argv[2], "abort") == 0 ? after_dump::abort : after_dump::go_on);
  }
  testing::InitGoogleMock(&argc, argv);
  return RUN_ALL_TESTS();
}
