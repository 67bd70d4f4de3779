// Cancellation storms: 32 tasks wait for what comes far too seldom, and nine waits of ten are given
// up after 1 to 5 ms, by a deadline or a cancellation. Nothing may be lost or made: the one wait of
// ten that has no limit would never end. LOCKSTEP_STORM_ATTEMPTS sets how many waits a storm has;
// otherwise it ends after LOCKSTEP_STRESS_SECONDS.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <list>
#include <lockstep/barrier.hpp>
#include <lockstep/channel.hpp>
#include <lockstep/condition_variable.hpp>
#include <lockstep/context.hpp>
#include <lockstep/mutex.hpp>
#include <lockstep/semaphore.hpp>
#include <lockstep/shared_mutex.hpp>
#include <lockstep/this_task.hpp>
#include <mutex>
#include <optional>
#include <random>
#include <utility>

#include "support/world.hpp"

namespace {

using lockstep::context;
using lockstep::status;
using std::chrono::microseconds;
using random_source = std::mt19937_64;

// The time for which one task keeps what all others wait for.
void keep_for_a_while() { lockstep::this_task::sleep_for(microseconds{1000}); }

template <class R>
struct cancellation_stress : testing::Test {
  static constexpr int waiters = 32;

  // Lets each of the waiters, from 0 on, call wait(context, random, i) again and again, and then
  // leave(i). wait returns how it ended.
  template <class Wait, class Leave>
  void storm(Wait wait, Leave leave) {
    std::list<support::background<void>> tasks;
    for (int i = 0; i < waiters; ++i) {
      tasks.emplace_back([=, this, random = random_source{seed_ + unsigned(i)}]() mutable {
        while (!over()) {
          count(attempt([&](const context& ctx) { return wait(ctx, random, i); }, random));
        }
        leave(i);
        --left_;
      });
    }
  }
  template <class Wait>
  void storm(Wait wait) {
    storm([wait](const context& ctx, random_source& random, int) { return wait(ctx, random); },
          [](int) {});
  }
  // Calls give() now and then while anybody waits.
  template <class Give>
  auto supply(Give give) {
    return support::run([this, give] {
      while (left_ > 0) {
        give();
        keep_for_a_while();
      }
    });
  }
  void TearDown() override {
    const long all = attempts_;
    std::printf("%ld waits, %.0f %% given up\n", all, 100.0 * double(given_up_) / double(all));
  }

 private:
  template <class Wait>
  status attempt(Wait wait, random_source& random) {
    if (random() % 10 == 0) return wait(lockstep::background());
    const microseconds patience{1000 + random() % 4000};
    if (random() % 2 == 0) return wait(lockstep::cancel_scope{patience}.context());
    return wait(doomed());
  }
  // A context that is cancelled within 3 ms.
  context doomed() {
    const std::lock_guard hold{lock_};
    return doomed_->context();
  }

  bool over() const {
    return limit_ != 0 ? attempts_ >= limit_ : std::chrono::steady_clock::now() >= end_;
  }
  void count(status s) {
    ++attempts_;
    if (s != status::ok) ++given_up_;
  }

  std::mutex lock_;
  std::optional<lockstep::cancel_scope> doomed_{std::in_place};
  const std::uint64_t seed_ = support::seed();
  const long limit_ = long(support::from_environment("LOCKSTEP_STORM_ATTEMPTS", 0));
  const std::chrono::steady_clock::time_point end_ =
      std::chrono::steady_clock::now() + support::stress_time();
  std::atomic<int> left_{waiters};
  std::atomic<long> attempts_{0};
  std::atomic<long> given_up_{0};
  support::background<void> canceller_{[this] {
    while (left_ > 0) {
      lockstep::this_task::sleep_for(std::chrono::milliseconds{3});
      const std::lock_guard hold{lock_};
      doomed_.emplace();  // the scope before it is cancelled
    }
  }};
};
TYPED_TEST_SUITE(cancellation_stress, support::runtimes, support::runtime_names);

TYPED_TEST(cancellation_stress, channel) {
  lockstep::basic_channel<int, TypeParam> ch;
  long sent = 0;
  std::atomic<long> received{0};
  auto server = this->supply([&] { sent += ch.try_send(1) == status::ok; });
  this->storm([&](const context& ctx, random_source&) {
    const auto value = ch.recv(ctx);
    if (value) ++received;
    return value.status();
  });
  server.join();
  EXPECT_EQ(sent, received);
}

TYPED_TEST(cancellation_stress, semaphore) {
  lockstep::basic_semaphore<TypeParam> s{0};
  long released = 0;
  std::atomic<long> acquired{0};
  auto server = this->supply([&] {
    s.release();
    ++released;
  });
  this->storm([&](const context& ctx, random_source&) {
    const status how = s.acquire(ctx);
    acquired += how == status::ok;
    return how;
  });
  server.join();
  EXPECT_EQ(released, acquired + s.available());
}

TYPED_TEST(cancellation_stress, mutex) {
  lockstep::basic_mutex<TypeParam> m;
  bool inside = false;
  this->storm([&](const context& ctx, random_source&) {
    const status how = m.lock(ctx);
    if (how != status::ok) return how;
    EXPECT_FALSE(std::exchange(inside, true));
    keep_for_a_while();
    inside = false;
    m.unlock();
    return how;
  });
  EXPECT_TRUE(m.try_lock());
  m.unlock();
}

TYPED_TEST(cancellation_stress, shared_mutex) {
  lockstep::basic_shared_mutex<TypeParam> m;
  std::atomic<int> readers{0};
  bool writer = false;  // a data race, if a reader is in
  this->storm([&](const context& ctx, random_source& random) {
    const bool write = random() % 4 != 0;
    const status how = write ? m.lock(ctx) : m.lock_shared(ctx);
    if (how != status::ok) return how;
    if (write) {
      EXPECT_EQ(readers, 0);
      EXPECT_FALSE(std::exchange(writer, true));
      keep_for_a_while();
      writer = false;
      m.unlock();
    } else {
      ++readers;
      EXPECT_FALSE(writer);
      keep_for_a_while();
      --readers;
      m.unlock_shared();
    }
    return how;
  });
  EXPECT_TRUE(m.try_lock());
  m.unlock();
}

TYPED_TEST(cancellation_stress, condition_variable) {
  lockstep::basic_mutex<TypeParam> m;
  lockstep::basic_condition_variable<TypeParam> cv;
  long coins = 0;
  long given = 0;
  long taken = 0;
  auto server = this->supply([&] {
    {
      const std::lock_guard hold{m};
      ++coins;
      ++given;
    }
    cv.notify_one();
  });
  this->storm([&](const context& ctx, random_source&) {
    std::unique_lock hold{m};
    const status how = cv.wait(ctx, hold, [&] { return coins > 0; });
    if (how == status::ok) {
      --coins;
      ++taken;
    }
    return how;
  });
  server.join();
  EXPECT_EQ(given, taken + coins);
}

TYPED_TEST(cancellation_stress, barrier) {
  constexpr int parties = 4;
  struct meeting {
    long phases = 0;
    std::atomic<long> passed{0};
    std::atomic<int> inside{0};      // it is mended when nobody is: BA-9
    std::atomic<bool> ended{false};  // a party has left: it is not mended any more
    lockstep::basic_barrier<TypeParam> barrier{parties, [this] { ++phases; }};
  };
  std::array<meeting, TestFixture::waiters / parties> meetings;
  lockstep::cancel_scope ended;
  ended.cancel();
  auto server = this->supply([&] {
    for (meeting& m : meetings) {
      if (m.barrier.broken() && m.inside == 0 && !m.ended) m.barrier.reset();
    }
  });
  this->storm(
      [&](const context& ctx, random_source& random, int i) {
        lockstep::this_task::sleep_for(microseconds{random() % 3000});
        meeting& m = meetings[std::size_t(i / parties)];
        ++m.inside;
        const status how = m.barrier.arrive_and_wait(ctx);
        --m.inside;
        m.passed += how == status::ok;
        return how;
      },
      [&](int i) {
        meeting& m = meetings[std::size_t(i / parties)];
        m.ended = true;
        static_cast<void>(m.barrier.arrive_and_wait(ended.context()));
      });
  server.join();
  for (const meeting& m : meetings) EXPECT_EQ(m.passed, parties * m.phases);
}

}  // namespace
