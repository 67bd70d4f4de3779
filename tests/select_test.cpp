#include "support/runtimes.hpp"
// The suite's runtimes come first.
#include <unistd.h>

#include <atomic>
#include <lockstep/go.hpp>
#include <lockstep/testing/select.hpp>

#include "support/world.hpp"

namespace {

TEST(select_test, without_cases_blocks_for_ever) {
  RecordProperty("statements", "SEL-5");
  static std::atomic<long> thread;
  thread = 0;
  lockstep::go([] {
    thread = ::gettid();
    lockstep::select();
    std::abort();
  });
  while (thread == 0 || !support::thread_sleeps(thread)) std::this_thread::yield();
  for (int looks = 0; looks < 1000; ++looks) {
    std::this_thread::yield();
    ASSERT_TRUE(support::thread_sleeps(thread));
  }
}

TEST(select_test, refuses_cases_of_another_runtime_than_its_own) {
  const support::contracts_throw contracts;
  lockstep::threads::channel<int> ch{1};
  auto c = on_recv(ch);
  const std::vector<lockstep::select_case*> cases{&c};
  EXPECT_THROW(lockstep::select_list(cases), support::contracts_throw::violation);
}

}  // namespace
