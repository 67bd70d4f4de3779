#include "support/runtimes.hpp"
// The suite's runtimes come first.
#include <lockstep/runtime/concept.hpp>
#include <lockstep/testing/once.hpp>
#include <lockstep/wait_group.hpp>

namespace {

[[maybe_unused]] constinit lockstep::once needs_no_initialisation;

// A runtime that cannot tell its tasks apart.
struct nameless_runtime {
  using parker = lockstep::threads_runtime::parker;
  using short_lock = lockstep::threads_runtime::short_lock;
  template <class T>
  using atomic = std::atomic<T>;
  static lockstep::time_point now() noexcept { return lockstep::threads_runtime::now(); }
  static void yield() noexcept { lockstep::threads_runtime::yield(); }
  static std::uint64_t random() noexcept { return lockstep::threads_runtime::random(); }
};
static_assert(lockstep::runtime<nameless_runtime>);

TEST(once_test, takes_no_task_for_another_where_the_runtime_does_not_name_them) {
  lockstep::basic_once<nameless_runtime> o;
  lockstep::threads::latch running{1};
  lockstep::threads::latch go_on{1};
  lockstep::wait_group calls;
  int ran = 0;
  calls.go([&] {
    o.call([&] {
      running.count_down();
      go_on.wait();
      ++ran;
    });
  });
  running.wait();
  calls.go([&] { o.call([&] { ++ran; }); });
  go_on.count_down();
  o.call([&] { ++ran; });
  calls.wait();
  EXPECT_EQ(ran, 1);
}

}  // namespace
