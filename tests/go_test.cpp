#include "support/runtimes.hpp"
// The suite's runtimes come first.
#include <lockstep/testing/go.hpp>

#include "runtime/installed_runtime.hpp"

namespace {

using lockstep::go;
using lockstep::spawn;
using lockstep::status;
using on_destruction = lockstep::testing::go_suite<lockstep::any_runtime>::on_destruction;

TEST(go_test, an_exception_that_nobody_owns_breaks_the_contract) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        go([] { throw std::runtime_error{"lost"}; });
        lockstep::latch{1}.wait();
      },
      "an exception left a detached task");
}

TEST(go_test, a_task_that_cannot_be_started_is_an_error_and_leaves_nothing_behind) {
  static constexpr auto full = support::threads_but([](lockstep::detail::runtime_ops& o) {
    o.spawn = [](lockstep::detail::task_closure* c, const lockstep::detail::task_options*) {
      delete c;
      lockstep::detail::raise(status::unavailable, "no more");
    };
  });
  const support::installed_runtime here{full};
  std::atomic<bool> gone{false};
  const auto failure = [](auto start) {
    try {
      start();
      return status::ok;
    } catch (const lockstep::error& e) {
      return e.status();
    }
  };
  EXPECT_EQ(failure([&] { go([captured = on_destruction{gone}] {}); }), status::unavailable);
  EXPECT_TRUE(gone.exchange(false));
  EXPECT_EQ(failure([&] { static_cast<void>(spawn([captured = on_destruction{gone}] {})); }),
            status::unavailable);
  EXPECT_TRUE(gone);
}

}  // namespace
