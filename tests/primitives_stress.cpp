// Storms: many tasks on one object, most of their waits cut short by a deadline or a cancellation.
// What an object promises must hold at every moment, and nothing may be missing at the end. A lost
// wake-up shows as a test that does not end.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <lockstep/barrier.hpp>
#include <lockstep/condition_variable.hpp>
#include <lockstep/context.hpp>
#include <lockstep/event.hpp>
#include <lockstep/latch.hpp>
#include <lockstep/mutex.hpp>
#include <lockstep/once.hpp>
#include <lockstep/select.hpp>
#include <lockstep/semaphore.hpp>
#include <lockstep/shared_mutex.hpp>
#include <lockstep/task_group.hpp>
#include <lockstep/this_task.hpp>
#include <lockstep/timer.hpp>
#include <lockstep/wait_group.hpp>
#include <memory>
#include <mutex>
#include <optional>
#include <random>

#include "support/storm.hpp"
#include "support/world.hpp"

namespace {

using lockstep::context;
using lockstep::status;
using std::chrono::microseconds;
using support::random_source;

// Bounds the waits of a storm: 45 of 100 are cancelled soon, 45 have a deadline in 1 to 5 ms.
class sabotage {
 public:
  explicit sabotage(std::uint64_t seed)
      : canceller_{[this, seed] {
          random_source random{seed};
          while (stop_.try_wait_for(microseconds{random() % 500}) == status::timeout) {
            const std::lock_guard hold{mutex_};
            doomed_.emplace();  // the scope before it is cancelled
          }
        }} {}
  ~sabotage() { stop_.count_down(); }

  // Returns wait(ctx), for a context that is likely to end.
  template <class Wait>
  status bound(random_source& random, Wait wait) {
    const auto dice = random() % 100;
    if (dice < 45) return wait(doomed());
    if (dice >= 90) return wait(lockstep::background());
    const lockstep::cancel_scope scope{microseconds{1000 + random() % 4000}};
    return wait(scope.context());
  }

 private:
  context doomed() {
    const std::lock_guard hold{mutex_};
    return doomed_->context();
  }

  std::mutex mutex_;
  std::optional<lockstep::cancel_scope> doomed_{std::in_place};
  lockstep::latch stop_{1};
  support::background<void> canceller_;
};

// Now and then keeps others waiting, for up to 6 ms: long enough for deadlines to pass.
void loiter(random_source& random) {
  if (random() % 32 == 0) lockstep::this_task::sleep_for(microseconds{random() % 6000});
}

template <class R>
struct primitives_stress : support::storm<support::background<void>> {
  sabotage trouble{seed};
};
TYPED_TEST_SUITE(primitives_stress, support::runtimes, support::runtime_names);

TYPED_TEST(primitives_stress, a_semaphore_has_all_its_permits_in_the_end) {  // SM-1, SM-2
  constexpr std::ptrdiff_t permits = 3;
  lockstep::basic_semaphore<TypeParam> s{permits};
  std::atomic<std::ptrdiff_t> held{0};
  for (int i = 0; i < 8; ++i) {
    this->repeat([&](random_source& random) {
      const auto k = 1 + static_cast<std::ptrdiff_t>(random() % permits);
      const auto acquire = [&](const context& ctx) { return s.acquire(ctx, k); };
      if (this->trouble.bound(random, acquire) != status::ok) return;
      ASSERT_LE(held += k, permits);
      loiter(random);
      held -= k;
      s.release(k);
    });
  }
  this->join();
  EXPECT_EQ(s.available(), permits);
  s.acquire(permits);
}

TYPED_TEST(primitives_stress, a_mutex_lets_one_in_at_a_time) {  // MU-2..5
  lockstep::basic_mutex<TypeParam> m;
  bool inside = false;  // both belong to the owner of m
  long entered = 0;
  std::atomic<long> succeeded{0};
  for (int i = 0; i < 8; ++i) {
    this->repeat([&](random_source& random) {
      const auto lock = [&](const context& ctx) { return m.lock(ctx); };
      if (this->trouble.bound(random, lock) != status::ok) return;
      ++succeeded;
      ++entered;
      ASSERT_FALSE(std::exchange(inside, true));
      loiter(random);
      inside = false;
      m.unlock();
    });
  }
  this->join();
  m.lock();
  EXPECT_EQ(entered, succeeded);
  m.unlock();
}

// Who holds a shared mutex, as its holders say. Each mode is entered when the mutex is held in it, and
// left before it is given up.
class holders {
 public:
  void read() {
    ++readers_;
    EXPECT_EQ(writers_, 0);
    EXPECT_GE(written_, 0);  // a data race, if a writer is in
  }
  void stop_reading() { --readers_; }
  void upgrade() {
    EXPECT_EQ(upgraders_++, 0);
    EXPECT_EQ(writers_, 0);
  }
  void stop_upgrading() { --upgraders_; }
  void write() {
    EXPECT_EQ(writers_++, 0);
    EXPECT_EQ(readers_ + upgraders_, 0);
    ++written_;
  }
  void stop_writing() { --writers_; }
  long written() const { return written_; }

 private:
  std::atomic<int> readers_{0};
  std::atomic<int> upgraders_{0};
  std::atomic<int> writers_{0};
  long written_ = 0;  // not atomic: a missing happens-before is a data race
};

TYPED_TEST(primitives_stress, a_shared_mutex_is_held_in_modes_that_agree) {  // RW-1..9
  lockstep::basic_shared_mutex<TypeParam> m;
  holders in;
  std::atomic<long> writes{0};
  const auto bound = [this](random_source& random, auto wait) {
    return this->trouble.bound(random, wait) == status::ok;
  };
  const auto read = [&](random_source& random) {  // and let go
    in.read();
    loiter(random);
    in.stop_reading();
    m.unlock_shared();
  };
  const auto write = [&](random_source& random) {
    in.write();
    ++writes;
    loiter(random);
    in.stop_writing();
    switch (random() % 3) {
      case 0: return m.unlock();
      case 1: m.unlock_and_lock_shared(); return read(random);
      default:
        m.unlock_and_lock_upgrade();
        in.upgrade();
        in.stop_upgrading();
        m.unlock_upgrade();
    }
  };
  const auto upgrade = [&](random_source& random) {
    in.upgrade();
    loiter(random);
    const auto to_write = [&](const context& ctx) {
      const status s = m.unlock_upgrade_and_lock(ctx);
      if (s == status::ok) in.stop_upgrading();
      return s;
    };
    if (bound(random, to_write)) return write(random);
    in.stop_upgrading();
    if (random() % 2 == 0) return m.unlock_upgrade();
    m.unlock_upgrade_and_lock_shared();
    read(random);
  };
  for (int i = 0; i < 8; ++i) {
    this->repeat([&](random_source& random) {
      const auto dice = random() % 8;
      if (dice == 0) {
        if (bound(random, [&](const context& ctx) { return m.lock(ctx); })) write(random);
      } else if (dice == 1) {
        if (bound(random, [&](const context& ctx) { return m.lock_upgrade(ctx); })) upgrade(random);
      } else if (dice == 2) {
        std::size_t mode = 0;
        const auto either = [&](const context& ctx) {
          const auto chosen = lockstep::select(lockstep::on_acquire(m), lockstep::on_done(ctx),
                                               lockstep::on_acquire(lockstep::shared(m)));
          mode = chosen.index;
          return chosen.status;
        };
        if (bound(random, either)) mode == 0 ? write(random) : read(random);
      } else if (bound(random, [&](const context& ctx) { return m.lock_shared(ctx); })) {
        read(random);
      }
    });
  }
  this->join();
  EXPECT_TRUE(m.try_lock());
  EXPECT_EQ(in.written(), writes);
  m.unlock();
}

TYPED_TEST(primitives_stress, an_automatic_event_lets_one_task_in_at_a_time) {  // EV-2, EV-3, EV-5
  using event = lockstep::basic_event<TypeParam>;
  event free{event::automatic, event::initially_set};
  bool inside = false;  // both belong to the task that was let in
  long entered = 0;
  std::atomic<long> succeeded{0};
  for (int i = 0; i < 8; ++i) {
    this->repeat([&](random_source& random) {
      const auto wait = [&](const context& ctx) {
        if (random() % 2 == 0) return free.wait(ctx);
        return lockstep::select(lockstep::on_ready(free), lockstep::on_done(ctx)).status;
      };
      if (this->trouble.bound(random, wait) != status::ok) return;
      ++succeeded;
      ++entered;
      ASSERT_FALSE(std::exchange(inside, true));
      loiter(random);
      inside = false;
      free.set();
    });
  }
  this->join();
  free.wait();
  EXPECT_EQ(entered, succeeded);
}

TYPED_TEST(primitives_stress, a_manual_event_releases_whoever_waits_when_it_is_set) {  // EV-1, EV-4
  lockstep::basic_event<TypeParam> pulse;
  std::atomic<int> waiting{6};
  for (int i = 0; i < 6; ++i) {
    this->task([&](random_source& random) {
      const auto wait = [&](const context& ctx) { return pulse.wait(ctx); };
      while (!this->over()) static_cast<void>(this->trouble.bound(random, wait));
      --waiting;
    });
  }
  this->task([&](random_source& random) {
    while (waiting > 0) {  // waits without a deadline depend on it
      loiter(random);
      pulse.set();
      pulse.reset();
      TypeParam::yield();
    }
  });
  this->join();
}

TYPED_TEST(primitives_stress, what_is_done_once_is_done_before_any_caller_goes_on) {  // ON-1, MM-5
  struct round {
    lockstep::basic_once<TypeParam> once;
    int done = 0;  // not atomic: a missing happens-before is a data race
  };
  constexpr std::size_t parties = 4;
  auto current = std::make_unique<round>();
  bool finished = false;
  lockstep::basic_barrier<TypeParam> next{parties, [&] {
                                            current = std::make_unique<round>();
                                            finished = this->over();
                                          }};
  for (std::size_t i = 0; i < parties; ++i) {
    this->task([&](random_source& random) {
      while (!finished) {
        current->once.call([&] {
          loiter(random);
          ++current->done;
        });
        ASSERT_EQ(current->done, 1);
        next.arrive_and_wait();
      }
    });
  }
  this->join();
}

TYPED_TEST(primitives_stress, a_condition_variable_wakes_a_waiter_for_every_coin) {  // CV-1, CV-2
  lockstep::basic_mutex<TypeParam> m;
  lockstep::basic_condition_variable<TypeParam> cv;
  long coins = 0;
  long put = 0;
  long taken = 0;
  const auto put_one = [&] {
    {
      const std::lock_guard hold{m};
      ++coins;
      ++put;
    }
    cv.notify_one();
  };
  constexpr int takers = 6;
  std::atomic<int> finished{0};
  for (int i = 0; i < takers; ++i) {
    this->task([&](random_source& random) {
      while (!this->over()) {
        std::unique_lock hold{m};
        const auto wait = [&](const context& ctx) {
          return cv.wait(ctx, hold, [&] { return coins > 0; });
        };
        if (this->trouble.bound(random, wait) != status::ok) continue;
        ASSERT_GE(--coins, 0);
        ++taken;
      }
      ++finished;
    });
  }
  for (int i = 0; i < 2; ++i) {
    this->repeat([&](random_source& random) {
      loiter(random);
      put_one();
    });
  }
  // Takers without a deadline need a coin to finish: one at a time, each has to wake somebody.
  while (finished < takers) {
    std::unique_lock hold{m};
    const bool none = coins == 0;
    hold.unlock();
    if (this->over() && none) put_one();
    TypeParam::yield();
  }
  this->join();
  EXPECT_EQ(put, taken + coins);
}

TYPED_TEST(primitives_stress, a_timer_ends_every_setting_in_one_way) {  // TM-2, TM-4
  lockstep::basic_timer<TypeParam> t{std::chrono::seconds{0}};
  std::atomic<long> settings{1};
  std::atomic<long> ticks{0};
  std::atomic<long> prevented{0};
  for (int i = 0; i < 6; ++i) {
    this->repeat([&, selecting = i % 2 == 0](random_source& random) {
      const auto wait = [&](const context& ctx) {
        const lockstep::cancel_scope brief{ctx, microseconds{5000}};  // the last tick may be gone
        if (!selecting) return t.recv(brief.context()).status();
        return lockstep::select(lockstep::on_recv(t), lockstep::on_done(brief.context())).status;
      };
      if (this->trouble.bound(random, wait) == status::ok) ++ticks;
    });
  }
  for (int i = 0; i < 2; ++i) {
    this->repeat([&](random_source& random) {
      loiter(random);
      if (random() % 8 == 0) {
        prevented += t.stop();
      } else {
        ++settings;
        prevented += t.reset(microseconds{random() % 200});
      }
    });
  }
  this->join();
  prevented += t.stop();
  EXPECT_EQ(settings, ticks + prevented);
  EXPECT_GT(ticks, 0);
}

TYPED_TEST(primitives_stress, latches_and_wait_groups_may_go_once_they_were_waited_for) {  // WG-5
  for (int i = 0; i < 2; ++i) {
    this->repeat([&](random_source& random) {
      const auto insist = [&](auto& object) {
        const auto wait = [&](const context& ctx) { return object.wait(ctx); };
        while (this->trouble.bound(random, wait) != status::ok) continue;
      };
      int results[3] = {};  // not atomic: a missing happens-before is a data race
      lockstep::basic_wait_group<TypeParam> helpers;
      const auto opened = std::make_unique<lockstep::basic_latch<TypeParam>>(3);
      for (int& result : results) {
        helpers.go([&result, &latch = *opened, delay = random() % 100] {
          if (delay == 0) lockstep::this_task::sleep_for(microseconds{1000});
          result = 1;
          latch.count_down();
        });
      }
      insist(*opened);
      ASSERT_EQ(results[0] + results[1] + results[2], 3);
      insist(helpers);
    });
  }
  this->join();
}

TYPED_TEST(primitives_stress, a_task_group_ends_with_its_first_failure_or_with_none) {  // EG-1..3
  for (int i = 0; i < 2; ++i) {
    this->repeat([&](random_source& random) {
      const auto group = std::make_unique<lockstep::basic_task_group<TypeParam>>();
      group->set_limit(2);
      int started = 0;
      int ran = 0;  // under m; not atomic: an early end of the wait is a data race
      lockstep::basic_mutex<TypeParam> m;
      bool failure = false;
      for (int f = 0; f < 4; ++f) {
        const bool fails = random() % 8 == 0;
        const auto body = [&, fails](const context& ctx) {
          static_cast<void>(lockstep::this_task::sleep_for(ctx, microseconds{50}));
          const std::lock_guard hold{m};
          ++ran;
          return fails ? status::conflict : status::ok;
        };
        const auto start = [&](const context& ctx) { return group->go(ctx, body); };
        if (this->trouble.bound(random, start) != status::ok) continue;
        ++started;
        failure |= fails;
      }
      status end = status::timeout;
      while (end == status::timeout || end == status::cancelled) {
        end = this->trouble.bound(random,
                                  [&](const context& ctx) -> status { return group->wait(ctx); });
      }
      ASSERT_EQ(end, failure ? status::conflict : status::ok);
      ASSERT_EQ(ran, started);
    });
  }
  this->join();
}

TYPED_TEST(primitives_stress, the_parties_of_a_barrier_agree_on_the_phases_they_passed) {
  support::mended_barrier<TypeParam, 4> b{[this] { return this->over(); }};
  lockstep::cancel_scope at_the_end;
  at_the_end.cancel();
  for (int& own : b.passed) {
    this->task([&](random_source& random) {
      const auto arrive = [&](const context& ctx) { return b.barrier.arrive_and_wait(ctx); };
      while (!b.finished) {
        loiter(random);
        const status s =
            this->over() ? arrive(at_the_end.context()) : this->trouble.bound(random, arrive);
        s == status::ok ? static_cast<void>(++own) : b.repair.arrive_and_wait();
      }
    });
  }
  this->join();
  EXPECT_GT(b.phases, 0);
}

}  // namespace
