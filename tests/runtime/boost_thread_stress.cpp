// Storms of interruptions: whatever a task was doing, its object stays whole, every operation either
// happened or did not, and nobody waits for ever. A lost wake-up shows as a test that does not end.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <iterator>
#include <lockstep/channel.hpp>
#include <lockstep/condition_variable.hpp>
#include <lockstep/mutex.hpp>
#include <lockstep/runtime/boost_thread.hpp>
#include <lockstep/select.hpp>
#include <lockstep/semaphore.hpp>
#include <mutex>

#include "runtime/boost_worker.hpp"
#include "support/boost_tsan.hpp"
#include "support/storm.hpp"

namespace {

using lockstep::any_runtime;
using lockstep::boost_thread_runtime;
using support::random_source;

// Passes up to 100 us, without being interrupted.
void loiter(random_source& random) {
  boost::this_thread::no_interruption_point::sleep_for(boost::chrono::microseconds{random() % 100});
}

template <class R>
struct interruption_stress : support::storm<support::boost_worker> {
  // Whether operation() was not interrupted.
  template <class Operation>
  bool complete(Operation operation) {
    try {
      operation();
      return true;
    } catch (const boost::thread_interrupted&) {
      ++interruptions;
      return false;
    }
  }
  // Interrupts the tasks for a while, and then for as long as they need to end.
  void interrupt_all() {
    random_source random{seed};
    while (!std::ranges::all_of(tasks, &support::boost_worker::ended)) {
      std::next(tasks.begin(), static_cast<long>(random() % tasks.size()))->interrupt();
      loiter(random);
    }
    join();
    EXPECT_GT(interruptions, 0);
  }

  std::atomic<long> interruptions{0};
};
using both = ::testing::Types<boost_thread_runtime, any_runtime>;
TYPED_TEST_SUITE(interruption_stress, both);

TYPED_TEST(interruption_stress, every_value_that_was_sent_is_received_once) {
  using channel = lockstep::basic_channel<int, TypeParam>;
  channel channels[2] = {channel{}, channel{2}};
  std::atomic<long> sent{0};
  std::atomic<long> received{0};
  for (int i = 0; i < 3; ++i) {
    this->repeat([&](random_source& random) {
      const int value = static_cast<int>(random() % 1000);
      if (this->complete([&] { channels[value % 2].send(value); })) sent += value;
    });
    this->repeat([&](random_source& random) {
      const auto add = [&](int value) { received += value; };
      const bool plain = random() % 2 == 0;
      this->complete([&] {
        if (plain) {
          add(*channels[random() % 2].recv());
        } else {
          lockstep::select(lockstep::on_recv(channels[0], add),
                           lockstep::on_recv(channels[1], add));
        }
      });
    });
  }
  this->interrupt_all();
  for (channel& ch : channels) {
    while (const auto rest = ch.try_recv()) received += *rest;
  }
  EXPECT_EQ(sent, received);
}

TYPED_TEST(interruption_stress, a_mutex_and_a_semaphore_are_held_by_as_many_as_they_let_in) {
  lockstep::basic_mutex<TypeParam> m;
  lockstep::basic_semaphore<TypeParam> s{3};
  bool inside = false;  // belongs to the owner of m
  std::atomic<std::ptrdiff_t> taken{0};
  for (int i = 0; i < 6; ++i) {
    this->repeat([&](random_source& random) {
      if (this->complete([&] { m.lock(); })) {
        ASSERT_FALSE(std::exchange(inside, true));
        loiter(random);
        inside = false;
        m.unlock();
      }
      const auto k = 1 + static_cast<std::ptrdiff_t>(random() % 3);
      if (this->complete([&] { s.acquire(k); })) {
        ASSERT_LE(taken += k, 3);
        loiter(random);
        taken -= k;
        s.release(k);
      }
    });
  }
  this->interrupt_all();
  EXPECT_TRUE(m.try_lock());
  m.unlock();
  EXPECT_EQ(s.available(), 3);
}

TYPED_TEST(interruption_stress, a_condition_variable_wakes_a_waiter_for_every_coin) {
  lockstep::basic_mutex<TypeParam> m;
  lockstep::basic_condition_variable<TypeParam> cv;
  long coins = 0;
  long put = 0;
  long taken = 0;
  for (int i = 0; i < 3; ++i) {
    this->repeat([&](random_source&) {
      this->complete([&] {
        std::unique_lock hold{m};
        cv.wait(hold, [&] { return coins > 0; });
        --coins;
        ++taken;
      });
    });
    this->repeat([&](random_source&) {
      const bool done = this->complete([&] {
        const std::lock_guard hold{m};
        ++coins;
        ++put;
      });
      if (done) cv.notify_one();
      TypeParam::yield();
    });
  }
  this->interrupt_all();
  EXPECT_EQ(put, taken + coins);
}

TYPED_TEST(interruption_stress, the_parties_of_a_barrier_agree_on_the_phases_they_passed) {
  support::mended_barrier<TypeParam, 3> b{[this] { return this->over(); }};
  for (int& own : b.passed) {
    this->task([&](random_source&) {
      while (!b.finished) {
        bool whole = false;
        const bool on_time = this->complete([&] {
          whole = b.barrier.arrive_and_wait(lockstep::background()) == lockstep::status::ok;
        });
        if (on_time && whole) {
          ++own;
          continue;
        }
        const boost::this_thread::disable_interruption together;
        b.repair.arrive_and_wait();
      }
    });
  }
  this->interrupt_all();
  EXPECT_GT(b.phases, 0);
}

}  // namespace
