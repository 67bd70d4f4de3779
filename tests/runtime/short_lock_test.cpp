#include <gtest/gtest.h>
#include <pthread.h>
#include <sched.h>

#include <atomic>
#include <chrono>
#include <csignal>
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

TEST(short_lock_test, that_is_biased_is_not_waited_for_by_who_only_tries) {
  lockstep::detail::short_lock lock;
  std::atomic<bool> inside{false}, looked{false};
  std::thread owner{[&] {
    const biased_thread here;
    lock.lock();
    lock.unlock_biased();
    lock.lock();
    inside = true;
    while (!looked) std::this_thread::yield();
    lock.unlock();
  }};
  while (!inside) std::this_thread::yield();
  EXPECT_FALSE(lock.try_lock());
  looked = true;
  owner.join();
}

TEST(short_lock_test, that_is_biased_shows_another_thread_what_was_done_under_it) {
  for (const int visits : {1, 2, 3}) {
    lockstep::detail::short_lock lock;
    int done = 0;
    std::atomic<bool> left{false};
    std::thread owner{[&] {
      const biased_thread here;
      for (int i = 0; i < visits; ++i) {
        lock.lock();
        ++done;
        lock.unlock_biased();
      }
      left.store(true, std::memory_order_relaxed);
    }};
    while (!left.load(std::memory_order_relaxed)) std::this_thread::yield();
    lock.lock();
    EXPECT_EQ(done, visits);
    lock.unlock();
    owner.join();
  }
}

// What has to be visited by one at a time, while it holds the lock.
struct lonely_place {
  // The two words of the lock lie in different cache lines. Whoever reads what is beside the second
  // makes the owner's next store there take long, and whatever it does after that overtake it.
  alignas(64) char before[60] = {};
  lockstep::detail::short_lock lock;
  std::atomic<int> beside{0};

  alignas(64) long visits = 0;
  std::atomic<int> inside{0};
  std::atomic<bool> crowded{false};
  std::atomic<bool> owner_here{false};
  std::atomic<bool> revoked{false};

  void watch(int turns) const {
    for (int i = 0; i < turns; ++i) static_cast<void>(beside.load(std::memory_order_relaxed));
  }
  template <class Stay>
  void visit(Stay stay) {
    if (inside.fetch_add(1, std::memory_order_relaxed) != 0) crowded = true;
    ++visits;
    stay();
    inside.fetch_sub(1, std::memory_order_relaxed);
  }
};

void pass_time(int turns) {
  for (int i = 0; i < turns; ++i) lockstep::detail::relax_cpu();
}

using lonely_places = std::vector<lonely_place>;

// A thread with a bias. Leaves it in the places that it is given; visits one after the other again and
// again, until the bias there is revoked.
class frequent_visitor {
 public:
  void give(lonely_places& p) { given_ = &p; }
  void wait_for_the_end() {
    while (given_ != nullptr) std::this_thread::yield();
  }
  pthread_t thread() { return thread_.native_handle(); }
  ~frequent_visitor() {
    ended_ = true;
    thread_.join();
  }

 private:
  void run() {
    const biased_thread here;
    while (!ended_) {
      if (lonely_places* const p = given_; p != nullptr) {
        visit_often(*p);
        given_ = nullptr;
      } else {
        std::this_thread::yield();
      }
    }
  }
  static void visit_often(lonely_places& places) {
    for (lonely_place& p : places) {
      p.lock.lock();
      p.lock.unlock_biased();
    }
    for (lonely_place& p : places) {
      for (int i = 0; !p.revoked.load(std::memory_order_relaxed); ++i) {
        p.lock.lock();
        p.visit([i] { pass_time(i % 2); });
        p.owner_here.store(true, std::memory_order_relaxed);
        i % 2 == 0 ? p.lock.unlock() : p.lock.unlock_biased();
      }
    }
  }

  std::atomic<bool> ended_{false};
  std::atomic<lonely_places*> given_{nullptr};
  std::thread thread_{[this] { run(); }};
};

// Calls round(i, place) many times, with the owner in that place: on a busy machine as often as it
// can within a second or two.
template <class Round>
void revoke_often(frequent_visitor& owner, std::size_t places_at_a_time, Round round) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds{1'500};
  int i = 0;
  while (i < 100'000 && std::chrono::steady_clock::now() < end) {
    lonely_places places(places_at_a_time);
    owner.give(places);
    for (lonely_place& p : places) {
      for (int k = 1; !p.owner_here; ++k) {
        k % 1'000 != 0 ? pass_time(1) : std::this_thread::yield();
      }
      round(i++, p);
      p.revoked = true;
    }
    owner.wait_for_the_end();
    for (const lonely_place& p : places) ASSERT_FALSE(p.crowded) << "by round " << i;
  }
}

TEST(short_lock_test, a_bias_is_revoked_without_letting_two_in) {
  frequent_visitor owner;
  revoke_often(owner, 200, [](int i, lonely_place& place) {
    place.watch(i % 997);
    place.lock.lock();
    place.visit([] { pass_time(30); });
    place.lock.unlock();
  });
}

// Between owner and revoker, in a handler that stops the owner between any two instructions.
std::atomic<int> stops{0};
std::atomic<int> resumptions{0};
std::atomic<bool> revoker_inside{false};

TEST(short_lock_test, a_bias_is_revoked_wherever_its_owner_stopped) {
  struct sigaction action {};
  action.sa_handler = [](int) {
    ++stops;
    const auto end = std::chrono::steady_clock::now() + std::chrono::microseconds{50};
    while (!revoker_inside && std::chrono::steady_clock::now() < end) ::sched_yield();
    ++resumptions;
  };
  struct sigaction before {};
  ASSERT_EQ(::sigaction(SIGUSR1, &action, &before), 0);
  stops = resumptions = 0;
  {
    frequent_visitor owner;
    revoke_often(owner, 1, [&](int i, lonely_place& place) {
      pass_time(i % 97);
      ::pthread_kill(owner.thread(), SIGUSR1);
      while (stops <= i) std::this_thread::yield();
      place.lock.lock();
      revoker_inside = true;
      place.visit([i] {
        while (resumptions <= i) ::sched_yield();
        for (int k = 0; k < 5; ++k) ::sched_yield();
      });
      place.lock.unlock();
      revoker_inside = false;
    });
  }
  ::sigaction(SIGUSR1, &before, nullptr);
}

}  // namespace
