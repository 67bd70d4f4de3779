#include <gtest/gtest.h>
#include <sys/resource.h>
#include <time.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <lockstep/lockstep.hpp>
#include <lockstep/runtime/fibers.hpp>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "support/detached_tasks.hpp"
#include "support/stalls.hpp"
#include "support/world.hpp"

namespace {

namespace fibers = lockstep::fibers;
using namespace lockstep;
using namespace std::chrono_literals;

constexpr std::size_t kib = 1024;

TEST(fibers_test, run_returns_what_its_function_returns) {
  EXPECT_EQ(fibers::run([] { return std::string{"done"}; }), "done");
  fibers::run([] {});
}

TEST(fibers_test, run_rethrows_what_its_function_throws) {
  EXPECT_THROW(fibers::run([]() -> int { throw std::out_of_range{"no"}; }), std::out_of_range);
}

TEST(fibers_test, run_may_be_called_by_a_fiber_of_the_same_pool) {
  fibers::pool pool;
  EXPECT_EQ(pool.run([&] { return pool.run([] { return 1; }) + 1; }), 2);
}

TEST(fibers_test, go_within_a_fiber_starts_a_fiber_of_the_same_pool) {
  std::thread::id first;
  std::thread::id second;
  fibers::run([&] {
    first = std::this_thread::get_id();
    wait_group wg;
    wg.go([&] { second = std::this_thread::get_id(); });
    wg.wait();
  });
  EXPECT_EQ(first, second);
  EXPECT_NE(first, std::this_thread::get_id());
}

TEST(fibers_test, a_pool_waits_for_its_fibers_when_it_is_destroyed) {
  std::atomic<int> ended{0};
  {
    fibers::pool pool;
    for (int i = 0; i < 10; ++i) {
      pool.go([&] {
        this_task::sleep_for(1ms);
        ++ended;
      });
    }
  }
  EXPECT_EQ(ended, 10);
}

TEST(fibers_test, a_shutdown_is_bounded_and_can_be_repeated) {
  fibers::pool pool{{.workers = 2}};
  channel<int> never_sent;
  pool.go([&] { static_cast<void>(never_sent.recv()); });
  EXPECT_EQ(pool.shutdown(5ms), status::timeout);
  EXPECT_EQ(pool.size(), 1U);
  EXPECT_THROW(pool.go([] {}), error);
  never_sent.close();
  EXPECT_EQ(pool.shutdown(10s), status::ok);
  EXPECT_EQ(pool.shutdown(0s), status::ok);
  EXPECT_EQ(pool.size(), 0U);
}

TEST(fibers_test, a_pool_that_shuts_down_lets_its_fibers_start_others) {
  std::atomic<int> ran{0};
  {
    event shutting_down;
    fibers::pool pool;
    pool.go([&] {
      shutting_down.wait();
      go([&] { ++ran; });
    });
    EXPECT_EQ(pool.shutdown(0s), status::timeout);
    shutting_down.set();
  }
  EXPECT_EQ(ran, 1);
}

// Somebody goes on starting fibers from outside while the pool shuts down.
TEST(fibers_test, a_pool_runs_what_it_took_before_it_shut_down) {
  const auto rounds = support::from_environment("LOCKSTEP_ROUNDS", 300);
  for (std::uint64_t round = 0; round < rounds; ++round) {
    fibers::pool pool;
    std::atomic<int> taken{0};
    std::atomic<int> ran{0};
    std::thread outside{[&] {
      try {
        for (;; ++taken) pool.go([&] { ++ran; });
      } catch (const error& e) {
        EXPECT_EQ(e.code(), status::unavailable);
      }
    }};
    while (taken == 0) std::this_thread::yield();
    EXPECT_EQ(pool.shutdown(10s), status::ok);
    outside.join();
    ASSERT_EQ(ran, taken) << "in round " << round;
  }
}

TEST(fibers_test, what_fibers_did_is_seen_by_who_saw_their_pool_shut_down) {
  fibers::pool pool{{.workers = 4}};
  std::vector<int> done(40);
  for (int& d : done) {
    pool.go([&d] {
      this_task::yield();
      d = 1;
    });
  }
  ASSERT_EQ(pool.shutdown(10s), status::ok);
  EXPECT_EQ(done, std::vector<int>(40, 1));
}

TEST(fibers_test, a_pool_is_not_destroyed_with_fibers_that_do_not_end) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto abandon = [] {
    latch never_opened{1};
    fibers::pool pool{{.shutdown_within = 10ms}};
    pool.go([&] { never_opened.wait(); });
  };
  EXPECT_DEATH(abandon(), "a pool is destroyed with fibers that do not end");
}

TEST(fibers_test, an_exception_that_leaves_a_detached_fiber_ends_the_program) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto fail = [] { fibers::run([] { go("clumsy", [] { throw 1; }); }); };
  EXPECT_DEATH(fail(), "an exception left a detached task.*clumsy");
}

TEST(fibers_test, a_fiber_has_the_name_that_it_was_given) {
  fibers::pool pool;
  std::string outer;
  std::string inner;
  pool.spawn("outer",
             [&] {
               outer = this_task::name();
               spawn("inner", [&] { inner = this_task::name(); }).join();
               EXPECT_STREQ(this_task::name(), "outer");
             })
      .join();
  EXPECT_EQ(outer, "outer");
  EXPECT_EQ(inner, "inner");
}

TEST(fibers_test, fibers_of_one_worker_take_turns) {
  std::string seen;
  fibers::run([&] {
    wait_group wg;
    for (const char c : {'a', 'b'}) {
      wg.go([&seen, c] {
        for (int i = 0; i < 3; ++i) {
          seen += c;
          this_task::yield();
        }
      });
    }
    wg.wait();
  });
  EXPECT_EQ(seen, "ababab");
}

TEST(fibers_test, two_fibers_that_keep_waking_each_other_do_not_starve_a_third) {
  fibers::run([] {
    channel<int> there;
    channel<int> back;
    bool stop = false;
    long turns = 0;
    wait_group wg;
    wg.go([&] {
      for (;;) {
        there.send(1);
        if (!back.recv()) return there.close();
      }
    });
    wg.go([&] {
      while (there.recv()) {
        ++turns;
        if (stop) return back.close();
        back.send(1);
      }
    });
    wg.go([&] {
      while (turns < 1000) this_task::yield();
      stop = true;
    });
    wg.go([&] {  // drains the last send
      while (!stop) this_task::yield();
    });
    wg.wait();
    EXPECT_GE(turns, 1000);
  });
}

TEST(fibers_test, yielding_for_ever_does_not_keep_what_comes_from_outside_waiting) {
  fibers::pool pool;
  std::atomic<bool> stop{false};
  for (int i = 0; i < 2; ++i) {  // each has the other to yield to
    pool.go([&] {
      while (!stop) this_task::yield();
    });
  }
  pool.run([&] {
    this_task::sleep_for(1ms);  // a deadline expires as well
    stop = true;
  });
}

TEST(fibers_test, sleeps_end_in_the_order_of_their_deadlines) {
  std::vector<int> woken;
  fibers::run([&] {
    wait_group wg;
    const auto base = std::chrono::steady_clock::now() + 5ms;
    for (const int i : {3, 1, 2}) {
      wg.go([&, i] {
        this_task::sleep_until(base + i * 1ms);
        woken.push_back(i);
      });
    }
    wg.wait();
  });
  EXPECT_EQ(woken, (std::vector<int>{1, 2, 3}));
}

TEST(fibers_test, a_busy_worker_loses_its_queue_to_an_idle_one) {
  fibers::pool pool{{.workers = 2}};
  pool.run([] {
    std::atomic<int> others{0};
    for (int i = 0; i < 10; ++i) go([&] { ++others; });
    while (others < 10) {  // without a yield: only the other worker can run them
    }
  });
}

TEST(fibers_test, who_was_woken_by_a_fiber_that_goes_on_computing_is_run_by_an_idle_worker) {
  fibers::pool pool{{.workers = 2}};
  pool.run([] {
    for (int i = 0; i < 20; ++i) {
      latch start{1};
      std::atomic<bool> ran{false};
      auto waiting = spawn([&] {
        start.wait();
        ran = true;
      });
      this_task::yield();
      start.count_down();
      while (!ran) {
      }
      waiting.join();
    }
  });
}

// Passes some time without giving way to another fiber.
void compute(duration time) {
  const auto end = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < end) std::this_thread::yield();
}
void compute_until(const std::atomic<bool>& told) {
  while (!told) std::this_thread::yield();
}

// Calls round(i) many times; on a busy machine as often as it can within a second or two.
template <class Round>
void repeat(Round round) {
  const auto end = std::chrono::steady_clock::now() + 1500ms;
  for (int i = 0; i < 20'000 && std::chrono::steady_clock::now() < end; ++i) round(i);
}

// Runs what() in each worker of the pool, at once.
template <class What>
void run_in_each_worker(fibers::pool& pool, int workers, What what) {
  pool.run([&] {
    std::atomic<int> here{0};
    const auto meet = [&] {
      ++here;
      while (here < workers) std::this_thread::yield();
      what();
    };
    wait_group wg;
    for (int i = 1; i < workers; ++i) wg.go(meet);
    meet();
    wg.wait();
  });
}

std::vector<pthread_t> threads_of(fibers::pool& pool, int workers) {
  std::mutex lock;
  std::vector<pthread_t> threads;
  run_in_each_worker(pool, workers, [&] {
    const std::lock_guard hold{lock};
    threads.push_back(::pthread_self());
  });
  return threads;
}

TEST(fibers_test, what_a_fiber_starts_while_the_other_worker_falls_asleep_is_run_by_that) {
  fibers::pool pool{{.workers = 2}};
  pool.run([] {
    repeat([](int i) {
      std::atomic<bool> ran{false};
      go([&] { ran = true; });
      compute_until(ran);
      compute(i % 400 * 100ns);
    });
  });
}

TEST(fibers_test, who_yields_to_a_fiber_that_computes_is_run_by_an_idle_worker) {
  fibers::pool pool{{.workers = 2}};
  pool.run([] {
    repeat([](int i) {
      std::atomic<bool> back{false};
      auto computing = spawn([&] { compute_until(back); });
      this_task::yield();
      back = true;
      computing.join();
      compute(i % 400 * 100ns);
    });
  });
}

// The owner's turn comes only after the unpark, which is made in turn k of ten fibers that yield.
TEST(fibers_test, an_unpark_between_a_deadline_and_the_end_of_the_wait_does_not_resume_twice) {
  for (int k = 1; k <= 80; ++k) {
    fibers::run([k] {
      fibers_runtime::parker p;
      const auto deadline = fibers_runtime::now() + 20us;
      int ends = 0;
      auto owner = spawn([&] {
        if (!p.park_until(deadline)) p.park();
        ++ends;
      });
      this_task::yield();
      while (fibers_runtime::now() < deadline) {
      }
      int turns = 0;
      wait_group wg;
      for (int i = 0; i < 10; ++i) {
        wg.go([&] {
          while (turns < 100) {
            if (++turns == k) p.unpark();
            this_task::yield();
          }
        });
      }
      wg.wait();
      owner.join();
      EXPECT_EQ(ends, 1);
    });
  }
}

TEST(fibers_test, an_unpark_from_outside_before_the_deadline_stands_though_the_fiber_runs_later) {
  fibers::pool pool;
  fibers_runtime::parker p;
  const auto deadline = fibers_runtime::now() + 5ms;
  auto owner = pool.spawn([&] { return p.park_until(deadline); });
  std::atomic<bool> computing{false};
  std::atomic<bool> go_on{false};
  pool.go([&] {
    computing = true;
    compute_until(go_on);
  });
  compute_until(computing);
  const bool in_time = fibers_runtime::now() < deadline;
  p.unpark();
  std::this_thread::sleep_until(deadline + 1ms);
  go_on = true;
  const bool released = owner.join();
  EXPECT_TRUE(released || !in_time);
}

TEST(fibers_test, as_many_fibers_compute_at_once_as_there_are_workers) {
  constexpr int workers = 4;
  fibers::pool pool{{.workers = workers}};
  std::atomic<int> ran{0};
  for (int round = 1; round <= 100; ++round) {
    run_in_each_worker(pool, workers, [&] { ++ran; });
    ASSERT_EQ(ran, round * workers);
    std::this_thread::sleep_for(1ms);  // until they sleep
  }
}

TEST(fibers_test, fibers_are_woken_wherever_their_workers_stop) {
  constexpr int workers = 4;
  fibers::pool pool{{.workers = workers, .stack_bytes = 64 * kib}};
  const support::stalls now_and_then{threads_of(pool, workers)};
  pool.run([] {
    const auto end = std::chrono::steady_clock::now() + 500ms;
    channel<int> ch;
    std::atomic<long> sent{0};
    std::atomic<long> received{0};
    wait_group senders;
    wait_group receivers;
    for (int i = 0; i < 4; ++i) {
      senders.go([&] {
        for (; std::chrono::steady_clock::now() < end; ++sent) ch.send(1);
      });
      receivers.go([&] {
        while (ch.recv()) ++received;
      });
    }
    senders.wait();
    ch.close();
    receivers.wait();
    EXPECT_EQ(sent, received);
  });
}

TEST(fibers_test, a_pool_in_which_each_fiber_starts_the_next_is_never_empty) {
  std::atomic<bool> stop{false};
  const std::function<void()> go_on = [&] {
    compute(40us);
    if (!stop) go(go_on);
  };
  fibers::pool pool{{.workers = 2}};
  pool.go(go_on);
  {
    const support::stalls now_and_then{{::pthread_self()}};
    const auto end = std::chrono::steady_clock::now() + 500ms;
    while (std::chrono::steady_clock::now() < end) {
      const auto size = pool.size();
      EXPECT_GT(size, 0U);
      if (size == 0) break;
    }
  }
  stop = true;
}

TEST(fibers_test, what_came_from_outside_and_what_expired_meanwhile_both_run) {
  fibers::pool pool;
  std::atomic<bool> go_on{false};
  std::atomic<int> ran{0};
  pool.go([&] {
    this_task::sleep_for(1ms);
    ++ran;
  });
  pool.go([&] { compute_until(go_on); });
  std::this_thread::sleep_for(5ms);
  for (int i = 0; i < 3; ++i) pool.go([&] { ++ran; });
  go_on = true;
  ASSERT_EQ(pool.shutdown(10s), status::ok);
  EXPECT_EQ(ran, 4);
}

TEST(fibers_test, a_blocking_call_leaves_the_worker_to_the_others) {
  fibers::run([] {
    std::atomic<bool> go_on{false};
    wait_group wg;
    wg.go([&] {
      const int answer = fibers::blocking([&] {
        while (!go_on) std::this_thread::sleep_for(100us);
        return 42;
      });
      EXPECT_EQ(answer, 42);
    });
    wg.go([&] { go_on = true; });
    wg.wait();
  });
}

TEST(fibers_test, a_blocking_call_rethrows_and_may_return_nothing) {
  fibers::run([] {
    EXPECT_THROW(fibers::blocking([] { throw std::out_of_range{"no"}; }), std::out_of_range);
    int calls = 0;
    fibers::blocking([&] { ++calls; });
    EXPECT_EQ(calls, 1);
  });
}

TEST(fibers_test, a_blocking_call_of_a_thread_is_made_in_place) {
  const auto here = std::this_thread::get_id();
  EXPECT_EQ(fibers::blocking([] { return std::this_thread::get_id(); }), here);
}

TEST(fibers_test, a_blocking_call_belongs_to_its_task) {
  fibers::pool pool;
  const auto name = [] { return std::string{this_task::name()}; };
  EXPECT_EQ(pool.spawn("reader", [&] { return fibers::blocking(name); }).join(), "reader");
}

TEST(fibers_test, many_blocking_calls_run_at_once) {
  constexpr int n = 20;
  fibers::run([] {
    std::atomic<int> inside{0};
    wait_group wg;
    for (int i = 0; i < n; ++i) {
      wg.go([&] {
        fibers::blocking([&] {
          ++inside;
          while (inside < n) std::this_thread::yield();
        });
      });
    }
    wg.wait();
  });
}

// What Boost.Context and Boost.Fiber get wrong.
TEST(fibers_test, fibers_that_block_inside_catch_keep_their_exceptions) {
  std::vector<std::string> seen;
  fibers::run([&] {
    wait_group wg;
    for (const char* const what : {"a", "b", "c"}) {
      wg.go([&, what] {
        try {
          throw std::runtime_error{what};
        } catch (const std::exception&) {
          this_task::yield();
          try {
            throw;
          } catch (const std::exception& e) {
            seen.push_back(e.what());
          }
        }
      });
    }
    wg.wait();
  });
  EXPECT_EQ(seen, (std::vector<std::string>{"a", "b", "c"}));
}

TEST(fibers_test, fibers_that_move_between_workers_keep_their_exceptions) {
  fibers::pool pool{{.workers = 3}};
  pool.run([] {
    std::atomic<int> moved{0};
    wait_group wg;
    for (int i = 0; i < 40; ++i) {
      wg.go([&, i] {
        for (int round = 0; round < 200; ++round) {
          try {
            throw i;
          } catch (int) {
            const auto before = std::this_thread::get_id();
            this_task::yield();
            if (std::this_thread::get_id() != before) ++moved;
            try {
              throw;
            } catch (int mine) {
              if (mine != i) ADD_FAILURE() << "fiber " << i << " handles the exception of " << mine;
            }
          }
        }
      });
    }
    wg.wait();
    RecordProperty("moved", moved);
  });
}

TEST(fibers_test, a_task_may_ask_for_a_larger_stack) {
  struct deep final : lockstep::detail::task_closure {
    explicit deep(latch& l) : done{&l} {}
    void run() noexcept override {
      volatile char frame[600 * kib];
      frame[0] = 1;
      frame[sizeof frame - 1] = 1;
      done->count_down();
    }
    latch* done;
  };
  fibers::run([] {
    spawn([] {}).join();  // leaves a stack behind, which is too small
    latch done{1};
    const lockstep::detail::task_options options{.stack_bytes = 1024 * kib};
    fibers_runtime::spawn(new deep{done}, &options);
    done.wait();
  });
}

TEST(fibers_test, a_wait_of_the_bound_kind_outside_of_a_fiber_is_refused) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(static_cast<void>(fibers::channel<int>{}.recv()),
               "a fiber's wait outside of a fiber");
  EXPECT_DEATH(go<fibers_runtime>([] {}), "a fiber is started outside of a pool");
}

TEST(fibers_test, stacks_are_used_again) {
  fibers::pool pool;
  const auto round = [&] {
    pool.run([] {
      wait_group wg;
      for (int i = 0; i < 2000; ++i) wg.go([] { this_task::yield(); });
      wg.wait();
    });
  };
  round();
  rusage before{};
  ::getrusage(RUSAGE_SELF, &before);
  for (int i = 0; i < 20; ++i) round();
  rusage after{};
  ::getrusage(RUSAGE_SELF, &after);
  if (!LOCKSTEP_TSAN && !LOCKSTEP_ASAN) {
    EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 4 * 1024) << "KiB";
  }
}

TEST(fibers_test, a_pool_that_is_left_alone_outlives_the_statics_of_main) {
  RecordProperty("statements", "LT-2");
  ::testing::GTEST_FLAG(death_test_style) = "threadsafe";
  EXPECT_EXIT(
      {
        auto* const pool = new fibers::pool{{.workers = 2}};
        pool->run([] { support::start_detached_tasks<any_runtime>(); });
        std::exit(0);
      },
      ::testing::ExitedWithCode(0), "");
}

double cpu_seconds() {
  timespec t{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

TEST(fibers_test, a_pool_whose_fibers_all_sleep_uses_no_processor) {
  fibers::pool pool{{.workers = 2}};
  latch asleep{100};
  pool.run([&] {
    for (int i = 0; i < 100; ++i) {
      go([&] {
        asleep.count_down();
        this_task::sleep_for(1s);
      });
    }
    asleep.wait();
  });
  const double before = cpu_seconds();
  std::this_thread::sleep_for(500ms);
  EXPECT_LT(cpu_seconds() - before, 0.05);
}

}  // namespace
