// One object, used at once by threads, by fibers of two pools, and by fibers of Boost.

#include <gtest/gtest.h>

#include <atomic>
#include <boost/fiber/fiber.hpp>
#include <boost/fiber/operations.hpp>
#include <chrono>
#include <functional>
#include <lockstep/lockstep.hpp>
#include <lockstep/runtime/boost_fibers.hpp>
#include <lockstep/runtime/fibers.hpp>
#include <lockstep/topic.hpp>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "support/world.hpp"

namespace {

using namespace lockstep;
using namespace std::chrono_literals;

// Runs body(i), for i from 0, in n tasks: by turns in a thread, in fibers of two pools and of Boost.
class mixed_crowd {
 public:
  mixed_crowd(int n, std::function<void(int)> to_run) : body_{std::move(to_run)} {
    const auto& body = body_;
    for (int i = 0; i < n; ++i) {
      switch (i % 4) {
        case 0: threads_.emplace_back([&body, i] { body(i); }); break;
        case 1: alone_.go([&body, i] { body(i); }); break;
        case 2: several_.go([&body, i] { body(i); }); break;
        default: of_boost_.push_back(i);
      }
    }
    if (LOCKSTEP_TSAN || LOCKSTEP_ASAN) {
      // Debian's libraries of Boost do not tell the sanitizers where Boost's fibers switch.
      for (const int i : of_boost_) threads_.emplace_back([&body, i] { body(i); });
      return;
    }
    boost_thread_ = std::thread{[this, &body] {
      const auto here = boost_fibers::attach();
      std::vector<boost::fibers::fiber> started;
      for (const int i : of_boost_) started.emplace_back([&body, i] { body(i); });
      for (auto& f : started) f.join();
    }};
  }
  mixed_crowd(const mixed_crowd&) = delete;
  ~mixed_crowd() {
    for (auto& t : threads_) t.join();
    if (boost_thread_.joinable()) boost_thread_.join();
  }

 private:
  const std::function<void(int)> body_;
  std::vector<int> of_boost_;
  std::vector<std::thread> threads_;
  std::thread boost_thread_;
  fibers::pool alone_{{.stack_bytes = 64 * 1024, .shutdown_within = 5min}};
  fibers::pool several_{{.workers = 2, .stack_bytes = 64 * 1024, .shutdown_within = 5min}};
};

// Calls round(n), n from 1, for as long as a stress test runs.
template <class Round>
void repeat(Round round) {
  const auto end = std::chrono::steady_clock::now() + support::stress_time() / 4;
  for (std::uint64_t n = 1; n == 1 || std::chrono::steady_clock::now() < end; ++n) {
    round(n);
    if (::testing::Test::HasFatalFailure()) return;
  }
}

// Whether task i is on the first side: tasks of every kind are on both.
bool first_side(int i) { return i % 8 < 4; }

TEST(fibers_mixing_stress, a_channel_loses_and_doubles_nothing) {
  repeat([](std::uint64_t n) {
    constexpr long each = 300;
    channel<long> ch{n % 3};
    std::atomic<long> sum{0};
    {
      const mixed_crowd crowd{16, [&](int i) {
                                for (long k = 1; k <= each; ++k) {
                                  if (first_side(i)) {
                                    ch.send(k);
                                  } else {
                                    sum += *ch.recv();
                                  }
                                }
                              }};
    }
    ASSERT_EQ(sum, 8 * each * (each + 1) / 2);
  });
}

TEST(fibers_mixing_stress, a_select_takes_each_message_once) {
  repeat([](std::uint64_t n) {
    constexpr long each = 200;
    channel<long> one{n % 2};
    channel<long> other{n % 3};
    std::atomic<long> sum{0};
    {
      const mixed_crowd crowd{16, [&](int i) {
                                for (long k = 1; k <= each; ++k) {
                                  if (first_side(i)) {
                                    select(on_send(one, k, [] {}), on_send(other, k, [] {}));
                                  } else {
                                    select(on_recv(one, [&](long v) { sum += v; }),
                                           on_recv(other, [&](long v) { sum += v; }));
                                  }
                                }
                              }};
    }
    ASSERT_EQ(sum, 8 * each * (each + 1) / 2);
  });
}

TEST(fibers_mixing_stress, a_latch_and_a_barrier_hold_back_all_until_the_last) {
  repeat([](std::uint64_t) {
    constexpr int tasks = 16;
    latch all_here{tasks};
    barrier meeting{tasks};
    std::atomic<int> arrived{0};
    std::atomic<int> early{0};
    {
      const mixed_crowd crowd{tasks, [&](int) {
                                ++arrived;
                                all_here.arrive_and_wait();
                                if (arrived < tasks) ++early;
                                for (int phase = 1; phase <= 20; ++phase) {
                                  ++arrived;
                                  meeting.arrive_and_wait();
                                  if (arrived < (phase + 1) * tasks) ++early;
                                  meeting.arrive_and_wait();
                                }
                              }};
    }
    ASSERT_EQ(early, 0);
  });
}

TEST(fibers_mixing_stress, a_semaphore_lets_in_as_many_as_it_has_permits) {
  repeat([](std::uint64_t) {
    semaphore permits{3};
    std::atomic<int> inside{0};
    std::atomic<int> too_many{0};
    {
      const mixed_crowd crowd{16, [&](int i) {
                                for (int k = 0; k < 200; ++k) {
                                  if (k % 5 == 4) {
                                    const cancel_scope soon{std::chrono::microseconds{20 * i}};
                                    if (permits.acquire(soon.context()) != status::ok) continue;
                                  } else {
                                    permits.acquire();
                                  }
                                  if (++inside > 3) ++too_many;
                                  if (k % 7 == 0) this_task::yield();
                                  --inside;
                                  permits.release();
                                }
                              }};
    }
    ASSERT_EQ(too_many, 0);
    ASSERT_TRUE(permits.try_acquire(3));
  });
}

TEST(fibers_mixing_stress, a_mutex_and_a_condition_variable_keep_a_count) {
  repeat([](std::uint64_t) {
    constexpr long each = 300;
    mutex lock;
    condition_variable changed;
    long count = 0;
    {
      const mixed_crowd crowd{16, [&](int i) {
                                for (long k = 0; k < each; ++k) {
                                  std::unique_lock hold{lock};
                                  if (first_side(i)) {
                                    ++count;
                                    changed.notify_one();
                                  } else {
                                    changed.wait(hold, [&] { return count > 0; });
                                    --count;
                                  }
                                }
                              }};
    }
    ASSERT_EQ(count, 0);
  });
}

TEST(fibers_mixing_stress, every_subscriber_of_a_topic_sees_everything_in_order) {
  repeat([](std::uint64_t) {
    constexpr std::uint64_t each = 50;
    topic<std::uint64_t> news;
    std::atomic<int> wrong{0};
    {
      const mixed_crowd crowd{16, [&](int i) {
                                if (first_side(i)) {
                                  for (std::uint64_t k = 0; k < each; ++k) news.publish(k);
                                  return;
                                }
                                auto mine = news.subscribe();
                                for (std::uint64_t seq = 1; seq <= 8 * each; ++seq) {
                                  if (!mine.recv() || mine.seq() != seq) ++wrong;
                                }
                              }};
    }
    ASSERT_EQ(wrong, 0);
  });
}

TEST(fibers_mixing_stress, sleepers_of_all_kinds_are_woken_by_deadline_or_by_another) {
  repeat([](std::uint64_t n) {
    event bell;
    std::atomic<int> woken{0};
    {
      const mixed_crowd crowd{
          16, [&](int i) {
            if (i == 0) {
              this_task::sleep_for(std::chrono::microseconds{n % 700});
              bell.set();
            }
            for (int k = 0; k < 30; ++k) {
              static_cast<void>(bell.try_wait_for(std::chrono::microseconds{20 * i}));
            }
            ++woken;
          }};
    }
    ASSERT_EQ(woken, 16);
  });
}

}  // namespace
