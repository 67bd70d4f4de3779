#include <gtest/gtest.h>

#include <lockstep/runtime/any.hpp>
#include <lockstep/runtime/short_lock.hpp>
#include <lockstep/runtime/threads.hpp>
#include <memory>
#include <thread>
#include <vector>

#include "support/world.hpp"

namespace {

template <class R>
struct short_lock_test : ::testing::Test {
  using lock_type = typename R::short_lock;
  using scope = lockstep::detail::lock_scope<lock_type>;
};
TYPED_TEST_SUITE(short_lock_test, support::runtimes, support::runtime_names);

TYPED_TEST(short_lock_test, excludes_many_more_threads_than_processors) {
  constexpr int threads = 16;
  constexpr int rounds = 10'000;
  typename TestFixture::lock_type lock;
  int counted = 0;
  std::vector<std::thread> all;
  for (int t = 0; t < threads; ++t) {
    all.emplace_back([&] {
      for (int i = 0; i < rounds; ++i) {
        const typename TestFixture::scope hold{lock};
        ++counted;
      }
    });
  }
  for (auto& t : all) t.join();
  EXPECT_EQ(counted, threads * rounds);
}

TYPED_TEST(short_lock_test, every_task_that_slept_behind_a_long_hold_gets_the_lock) {
  typename TestFixture::lock_type lock;
  int counted = 0;
  const auto count = [&] {
    const typename TestFixture::scope hold{lock};
    return ++counted;
  };
  lock.lock();
  auto a = support::run(count);
  auto b = support::run(count);
  auto c = support::run(count);
  a.until_blocked();
  b.until_blocked();
  c.until_blocked();
  EXPECT_EQ(counted, 0);
  lock.unlock();
  EXPECT_EQ(a.join() + b.join() + c.join(), 1 + 2 + 3);
}

TYPED_TEST(short_lock_test, keeps_excluding_when_holders_are_descheduled) {
  constexpr int threads = 8;
  typename TestFixture::lock_type lock;
  int inside = 0;
  std::vector<std::thread> all;
  for (int t = 0; t < threads; ++t) {
    all.emplace_back([&] {
      for (int i = 0; i < 200; ++i) {
        const typename TestFixture::scope hold{lock};
        EXPECT_EQ(++inside, 1);
        std::this_thread::yield();  // long enough for others to fall asleep on the lock
        --inside;
      }
    });
  }
  for (auto& t : all) t.join();
}

TYPED_TEST(short_lock_test, the_last_holder_may_destroy_it_while_an_earlier_unlock_returns) {
  struct shared {
    typename TestFixture::lock_type lock;
    int users = 2;
  };
  constexpr int rounds = 50'000;
  std::atomic<shared*> handed{nullptr};
  const auto leave = [](shared* s) {
    s->lock.lock();
    const bool last = --s->users == 0;
    s->lock.unlock();
    if (last) delete s;
  };
  std::thread other{[&] {
    for (int i = 0; i < rounds; ++i) {
      shared* s = nullptr;
      while ((s = handed.exchange(nullptr)) == nullptr) std::this_thread::yield();
      leave(s);
    }
  }};
  for (int i = 0; i < rounds; ++i) {
    auto* s = new shared;
    handed.store(s);
    leave(s);
    while (handed.load() != nullptr) std::this_thread::yield();
  }
  other.join();
}

TYPED_TEST(short_lock_test, a_scope_lets_go_early_and_takes_hold_again) {
  typename TestFixture::lock_type lock;
  const auto lock_elsewhere = [&] {
    return support::run([&] { const typename TestFixture::scope hold{lock}; });
  };
  {
    typename TestFixture::scope hold{lock};
    hold.unlock();
    lock_elsewhere().join();
    hold.lock();
    auto other = lock_elsewhere();
    other.until_blocked();
    hold.unlock();
    other.join();
  }
  lock_elsewhere().join();
}

// The thread has a bias while one lives.
class biased_thread {
 public:
  biased_thread() {
    if (lockstep::detail::can_barrier_in_all_threads()) {
      lockstep::detail::thread_bias = lockstep::detail::short_lock::new_bias();
    }
  }
  biased_thread(const biased_thread&) = delete;
  ~biased_thread() { lockstep::detail::thread_bias = 0; }
};

TEST(short_lock_test, that_is_biased_is_still_a_lock_for_its_owner) {
  const biased_thread here;
  lockstep::detail::short_lock lock;
  lock.lock();
  lock.unlock_biased();
  lock.lock();
  lock.unlock();
  lock.lock();
  lock.unlock();
}

// Each round biases a new lock and has another thread want it at once.
TEST(short_lock_test, a_bias_is_revoked_without_letting_two_in) {
  constexpr int rounds = 3'000;
  constexpr int each = 20;
  for (int i = 0; i < rounds; ++i) {
    lockstep::detail::short_lock lock;
    int count = 0;  // guarded by lock
    std::atomic<bool> biased{false};
    std::thread owner{[&] {
      const biased_thread here;
      lock.lock();
      lock.unlock_biased();
      biased = true;
      for (int k = 0; k < each; ++k) {
        lock.lock();
        ++count;
        k % 2 == 0 ? lock.unlock() : lock.unlock_biased();
      }
    }};
    while (!biased) std::this_thread::yield();
    for (int k = 0; k < each; ++k) {
      lock.lock();
      ++count;
      lock.unlock();
    }
    owner.join();
    ASSERT_EQ(count, 2 * each);
  }
}

}  // namespace
