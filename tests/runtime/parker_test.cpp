#include "support/runtimes.hpp"
// The suite's runtimes come first.
#include <pthread.h>

#include <csignal>
#include <lockstep/testing/parker.hpp>

#include "support/allocations.hpp"
#include "support/world.hpp"

namespace {

template <class R>
struct parker_test : ::testing::Test {};
TYPED_TEST_SUITE(parker_test, support::runtimes, support::runtime_names);

TYPED_TEST(parker_test, a_signal_handled_by_the_thread_does_not_end_its_park) {  // point 5
  struct sigaction action {};
  action.sa_handler = [](int) {};
  struct sigaction before {};
  ASSERT_EQ(::sigaction(SIGUSR1, &action, &before), 0);

  typename TypeParam::parker p;
  std::atomic<pthread_t> thread{};
  std::atomic<bool> released{false};
  auto owner = support::run([&] {
    thread = ::pthread_self();
    p.park();
    return released.load();
  });
  for (int i = 0; i < 10; ++i) {
    owner.until_blocked();
    ::pthread_kill(thread, SIGUSR1);
  }
  owner.until_blocked();
  released = true;
  p.unpark();
  EXPECT_TRUE(owner.join());
  ::sigaction(SIGUSR1, &before, nullptr);
}

TYPED_TEST(parker_test, an_unpark_does_not_allocate) {  // point 6
  typename TypeParam::parker p;
  EXPECT_EQ(support::allocations_in([&] { p.unpark(); }), 0U);
  p.park();
  auto owner = support::run([&] { p.park(); });
  owner.until_blocked();
  EXPECT_EQ(support::allocations_in([&] { p.unpark(); }), 0U);
  owner.join();
}

}  // namespace
