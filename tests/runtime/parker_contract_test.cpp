#include "runtime/parker_contract.hpp"

#include <gtest/gtest.h>
#include <pthread.h>

#include <csignal>
#include <lockstep/runtime/any.hpp>
#include <lockstep/runtime/threads.hpp>

#include "support/world.hpp"

namespace {

INSTANTIATE_TYPED_TEST_SUITE_P(threads, parker_contract, on_threads<lockstep::threads_runtime>);
INSTANTIATE_TYPED_TEST_SUITE_P(any, parker_contract, on_threads<lockstep::any_runtime>);

template <class R>
struct thread_parker : ::testing::Test {};
TYPED_TEST_SUITE(thread_parker, support::runtimes, support::runtime_names);

TYPED_TEST(thread_parker, a_signal_handled_by_the_thread_does_not_end_its_park) {  // point 5
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

}  // namespace
