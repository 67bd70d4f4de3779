#include "lockstep/runtime/sim.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <lockstep/lockstep.hpp>
#include <lockstep/now.hpp>
#include <lockstep/random.hpp>
#include <lockstep/runtime/fibers.hpp>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "support/world.hpp"

namespace {

namespace sim = lockstep::sim;
using namespace lockstep;
using namespace std::chrono_literals;
using support::contracts_throw;
using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST(sim_test, run_returns_what_its_function_returns) {
  EXPECT_EQ(sim::run([] { return std::string{"done"}; }), "done");
  sim::run([] {});
}

TEST(sim_test, run_rethrows_what_its_function_throws) {
  EXPECT_THROW(sim::run([]() -> int { throw std::out_of_range{"no"}; }), std::out_of_range);
}

TEST(sim_test, calls_that_may_block_are_made_in_place) {
  const auto here = std::this_thread::get_id();
  EXPECT_EQ(sim::run([] { return fibers::blocking([] { return std::this_thread::get_id(); }); }),
            here);
}

TEST(sim_test, run_waits_for_all_tasks) {
  int ended = 0;
  sim::run([&] {
    for (int i = 0; i < 10; ++i) {
      go([&] {
        this_task::sleep_for(1h);
        ++ended;
      });
    }
  });
  EXPECT_EQ(ended, 10);
}

TEST(sim_test, tasks_run_on_the_thread_that_runs_the_world) {
  std::set<std::thread::id> seen;
  sim::run([&] {
    wait_group wg;
    for (int i = 0; i < 10; ++i) wg.go([&] { seen.insert(std::this_thread::get_id()); });
    wg.wait();
  });
  EXPECT_THAT(seen, ::testing::ElementsAre(std::this_thread::get_id()));
}

// The order in which four tasks that meet in several ways go on.
std::vector<int> order_with(std::uint64_t seed, sim::summary* s = nullptr) {
  std::vector<int> order;
  mutex m;
  channel<int> ch{2};
  latch all{4};
  sim::world w{{.seed = seed}};
  for (int i = 0; i < 4; ++i) {
    w.go([&, i] {
      for (int k = 0; k < 3; ++k) {
        const holding hold{m};
        order.push_back(i);
      }
      this_task::sleep_for(std::chrono::milliseconds{1 + lockstep::random() % 3});
      select(on_send(ch, i, [&] { order.push_back(10 + i); }),
             on_recv(ch, [&](int from) { order.push_back(20 + from); }));
      all.arrive_and_wait();
      order.push_back(30 + i);
    });
  }
  const auto summary = w.run();
  EXPECT_EQ(summary.verdict, sim::verdict::passed) << w.report();
  if (s != nullptr) *s = summary;
  return order;
}

TEST(sim_test, the_same_seed_gives_the_same_run) {
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    sim::summary first, second;
    ASSERT_EQ(order_with(seed, &first), order_with(seed, &second)) << "seed " << seed;
    ASSERT_EQ(first.digest, second.digest) << "seed " << seed;
    ASSERT_EQ(first.steps, second.steps) << "seed " << seed;
    ASSERT_EQ(first.elapsed, second.elapsed) << "seed " << seed;
  }
}

TEST(sim_test, other_seeds_give_other_runs) {
  std::set<std::vector<int>> orders;
  std::set<std::uint64_t> digests;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    sim::summary s;
    orders.insert(order_with(seed, &s));
    digests.insert(s.digest);
  }
  EXPECT_GT(orders.size(), 190U);
  EXPECT_EQ(digests.size(), 200U);
}

TEST(sim_test, every_order_of_two_tasks_is_tried_by_some_seed) {
  std::map<std::string, int> seen;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    std::string order;
    mutex m;
    sim::world w{{.seed = seed}};
    for (const char name : {'a', 'b'}) {
      w.go([&, name] {
        for (int i = 0; i < 2; ++i) {
          const holding hold{m};
          order += name;
        }
      });
    }
    w.run();
    ++seen[order];
  }
  EXPECT_EQ(seen.size(), 6U);
}

TEST(sim_test, the_clock_jumps_over_the_time_in_which_nothing_happens) {
  const auto really_begun = std::chrono::steady_clock::now();
  sim::run([] {
    const auto begun = now();
    this_task::sleep_for(24h * 365);
    EXPECT_EQ(now() - begun, 24h * 365);
  });
  EXPECT_LT(std::chrono::steady_clock::now() - really_begun, 1h);
}

// Time passes only when every task waits, for what only tasks of the world can bring about.  // DL-2
TEST(sim_test, the_clock_stands_still_while_a_task_can_run) {
  RecordProperty("statements", "DL-2 TM-5");
  sim::run([] {
    const auto begun = now();
    std::atomic<bool> woken{false};
    go([&] {
      this_task::sleep_for(1ns);
      woken = true;
    });
    for (int i = 0; i < 10'000; ++i) {
      this_task::yield();
      ASSERT_EQ(now(), begun);
      ASSERT_FALSE(woken);
    }
    this_task::sleep_for(1ns);
    EXPECT_EQ(now() - begun, 1ns);
  });
}

TEST(sim_test, all_that_is_due_at_one_instant_can_run_in_any_order) {
  std::set<std::string> orders;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    std::string order;
    sim::world w{{.seed = seed}};
    for (const char name : {'a', 'b', 'c'}) {
      w.go([&, name] {
        this_task::sleep_for(1s);
        order += name;
      });
    }
    EXPECT_EQ(w.run().elapsed, 1s);
    orders.insert(order);
  }
  EXPECT_EQ(orders.size(), 6U);
}

TEST(sim_test, everybody_gets_a_turn_though_others_never_wait) {
  bool begun = false;
  channel<int> nothing;
  sim::world w;
  for (int i = 0; i < 200; ++i) {
    w.go([&] {
      while (!begun) static_cast<void>(nothing.try_recv());
    });
  }
  w.go([&] { begun = true; });
  EXPECT_EQ(w.run().verdict, sim::verdict::passed);
}

TEST(sim_test, hundreds_of_tasks_that_wait_for_one_go_on_in_any_order) {
  std::set<std::size_t> first;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    std::vector<std::size_t> order;
    sim::world w{{.seed = seed}};
    event start;
    for (std::size_t i = 0; i < 300; ++i) {
      w.go([&, i] {
        start.wait();
        order.push_back(i);
      });
    }
    w.go([&] {
      this_task::sleep_for(1s);
      start.set();
    });
    w.run();
    ASSERT_EQ(std::set<std::size_t>(order.begin(), order.end()).size(), 300U);
    first.insert(order.front());
  }
  EXPECT_GT(first.size(), 5U);
}

TEST(sim_test, an_hour_of_ticks_takes_no_hour) {
  const auto really_begun = std::chrono::steady_clock::now();
  int ticks = 0;
  sim::run([&] {
    ticker every_second{1s};
    for (; ticks < 3600; ++ticks) static_cast<void>(every_second.recv());
  });
  EXPECT_EQ(ticks, 3600);
  EXPECT_LT(std::chrono::steady_clock::now() - really_begun, 1min);
}

auto today() { return lockstep::system_clock::to_sys(lockstep::system_clock::now()); }

TEST(sim_test, the_date_begins_with_the_year_2000) {
  sim::run([] {
    constexpr std::chrono::sys_days begin{std::chrono::year{2000} / 1 / 1};
    EXPECT_EQ(today(), begin);
    this_task::sleep_for(36h);
    EXPECT_EQ(today(), begin + 36h);
  });
  EXPECT_GT(today(), std::chrono::sys_days{std::chrono::year{2020} / 1 / 1});
}

TEST(sim_test, a_run_is_the_same_wherever_its_objects_lie) {
  const auto digest = [](bool at_the_same_place) {
    sim::world w;
    w.go([=] {
      std::optional<mutex> one, other;
      one.emplace().lock();
      one->unlock();
      one.reset();
      auto& second = at_the_same_place ? one : other;
      second.emplace().lock();
      second->unlock();
    });
    return w.run().digest;
  };
  EXPECT_EQ(digest(true), digest(false));
}

TEST(sim_test, a_task_that_is_woken_at_its_deadline_goes_on_once) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    sim::run(
        [] {
          channel<int> ch;
          wait_group wg;
          wg.go([&] {
            this_task::sleep_for(1s);
            static_cast<void>(ch.try_send(1));
          });
          static_cast<void>(ch.try_recv_for(1s));
          const auto begun = lockstep::now();
          this_task::sleep_for(10s);
          EXPECT_EQ(lockstep::now() - begun, 10s);
          wg.wait();
        },
        {.seed = seed});
  }
}

TEST(sim_test, dates_are_deadlines) {
  sim::run([] {
    const auto begun = lockstep::now();
    this_task::sleep_until(lockstep::system_clock::now() + 36h);
    EXPECT_EQ(lockstep::now() - begun, 36h);
  });
}

TEST(sim_test, a_deadline_that_has_passed_does_not_turn_the_clock_back) {
  for (const int rate : {0, -500'000, 500'000}) {
    sim::run([&] {
      if (rate != 0) sim::set_clock({.rate_ppm = rate});
      this_task::sleep_for(10s);
      const auto now = lockstep::now();
      this_task::sleep_until(now - 5s);
      this_task::sleep_until(time_point{});
      channel<int> ch;
      EXPECT_EQ(ch.try_recv_until(now - 1h).status(), status::timeout);
      EXPECT_EQ(lockstep::now(), now);
    });
  }
}

TEST(sim_test, what_no_clock_will_ever_show_is_waited_for_in_vain) {
  sim::world w;
  w.go("patient", [] {
    sim::set_clock({.rate_ppm = -999'999});
    this_task::sleep_for(24h * 365 * 200);
  });
  EXPECT_EQ(w.run().verdict, sim::verdict::stuck);
}

TEST(sim_test, reports_tell_true_time_whatever_clocks_show) {
  channel<int> never;
  sim::world w;
  w.go("fast", [&] {
    sim::set_clock({.rate_ppm = 900'000});
    this_task::sleep_for(19s);
    static_cast<void>(never.recv());
  });
  w.go("waits", [] { this_task::sleep_for(1min); });
  static_cast<void>(w.run());
  EXPECT_THAT(w.report(), HasSubstr(", for 50 s\n"));
}

TEST(sim_test, a_destructor_may_wait_while_its_task_is_given_up) {
  struct waits_at_its_end {
    wait_group& wg;
    ~waits_at_its_end() { wg.wait(); }
  };
  wait_group wg;
  channel<int> never;
  bool unwound = false;
  {
    sim::world w;
    w.go([&] {
      wg.go([&] { static_cast<void>(never.recv()); });
      try {
        const waits_at_its_end end{wg};
        static_cast<void>(never.recv());
      } catch (...) {
        unwound = true;
        throw;
      }
    });
    EXPECT_EQ(w.run().verdict, sim::verdict::stuck);
  }
  EXPECT_TRUE(unwound);
}

TEST(sim_test, a_task_and_those_that_it_starts_may_have_a_clock_of_their_own) {
  sim::run([] {
    const auto begun = today();
    wait_group wg;
    wg.go([&] {
      sim::set_clock({.offset = 5s});
      EXPECT_EQ(today(), begun + 5s);
      wg.go([&] {
        EXPECT_EQ(today(), begun + 5s);
        sim::set_clock({.offset = -1min, .steps = {{10s, 1h}}});
        EXPECT_EQ(today(), begun - 1min);
        this_task::sleep_for(10s);
        EXPECT_EQ(today(), begun - 50s + 1h);
      });
    });
    wg.wait();
    EXPECT_EQ(today(), begun + 10s);
  });
}

TEST(sim_test, a_clock_that_goes_too_fast_ends_waits_too_early) {
  sim::run([] {
    const auto begun = lockstep::now();
    wait_group wg;
    wg.go([&] {
      this_task::sleep_for(1s);
      sim::set_clock({.rate_ppm = 500'000});
      const auto set = lockstep::now();
      EXPECT_EQ(set - begun, 1s);  // that goes on
      this_task::sleep_for(3s);
      EXPECT_EQ(lockstep::now() - set, 3s);
      this_task::sleep_until(set + 6s);
      EXPECT_EQ(lockstep::now() - set, 6s);
    });
    wg.wait();
    EXPECT_EQ(lockstep::now() - begun, 5s);
  });
}

TEST(sim_test, reports_of_worlds_that_run_at_the_same_time_do_not_mix) {
  lockstep::threads::latch both_stand{2};
  const auto report_of = [&](const char* name) {
    channel<int> ch;
    sim::world w;
    w.go(name, [&] { static_cast<void>(ch.recv()); });
    static_cast<void>(w.run());
    both_stand.arrive_and_wait();
    return w.report();
  };
  std::string one, other;
  std::thread beside{[&] { other = report_of("other"); }};
  one = report_of("one");
  beside.join();
  EXPECT_THAT(one, AllOf(HasSubstr("task 'one'"), Not(HasSubstr("'other'"))));
  EXPECT_THAT(other, AllOf(HasSubstr("task 'other'"), Not(HasSubstr("'one'"))));
}

TEST(sim_test, random_numbers_come_from_the_seed) {
  const auto draw = [](std::uint64_t seed) {
    return sim::run(
        [] {
          std::vector<std::uint64_t> drawn;
          for (int i = 0; i < 10; ++i) drawn.push_back(lockstep::random());
          return drawn;
        },
        {.seed = seed});
  };
  EXPECT_EQ(draw(1), draw(1));
  EXPECT_NE(draw(1), draw(2));
}

TEST(sim_test, a_world_can_be_run_again) {
  channel<int> ch;
  int got = 0;
  sim::world w;
  w.go([&] { got = *ch.recv(); });
  EXPECT_EQ(w.run().verdict, sim::verdict::stuck);
  EXPECT_EQ(got, 0);
  w.go([&] { ch.send(5); });
  EXPECT_EQ(w.run().verdict, sim::verdict::passed);
  EXPECT_EQ(got, 5);
}

TEST(sim_test, each_thread_may_have_a_world_of_its_own) {
  std::vector<std::thread> threads;
  std::vector<std::vector<int>> orders(4);
  for (auto& order : orders) threads.emplace_back([&order] { order = order_with(7); });
  for (auto& t : threads) t.join();
  for (const auto& order : orders) EXPECT_EQ(order, order_with(7));
}

TEST(sim_test, a_world_inside_a_world_is_a_broken_contract) {
  sim::run([] {
    const contracts_throw on;
    EXPECT_THROW(sim::world{}, contracts_throw::violation);
  });
}

TEST(sim_death_test, a_wake_from_another_thread_is_a_broken_contract) {
  RecordProperty("statements", "DL-2");
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(sim::run([] {
                 channel<int> ch;
                 go([&] {
                   this_task::sleep_for(1ms);  // until the other waits
                   std::thread{[&] { ch.send(1); }}.join();
                 });
                 static_cast<void>(ch.recv());
               }),
               "outside of its simulation");
}

// Reports.

std::string report_of(void (*plan)(), const sim::options& o = {}) {
  sim::world w{o};
  w.go("main", plan);
  w.run();
  return w.report();
}

// Where a line of this file with this comment is, as reports name it: "sim_test.cpp:123 ".
std::string line_of(const std::string& comment) {
  std::ifstream file{__FILE__};
  std::string line;
  for (int n = 1; std::getline(file, line); ++n) {
    if (line.find("  // " + comment) != std::string::npos) {
      return "sim_test.cpp:" + std::to_string(n) + " ";
    }
  }
  return "no such line";
}

void send_to_nobody() {
  channel<int> ch;
  ch.send(1);  // [send]
}

TEST(sim_test, a_channel_that_nobody_receives_from_is_reported) {
  EXPECT_THAT(report_of(&send_to_nobody),
              AllOf(StartsWith("deadlock: 1 of 1 tasks wait for what cannot come (seed 0, step "),
                    HasSubstr("task 'main': send channel #1 (rendezvous), "),
                    HasSubstr(line_of("[send]"))));
}

void lock_twice() {
  mutex m;
  m.lock();  // [first lock]
  m.lock();  // [second lock]
}

TEST(sim_test, a_task_that_waits_for_itself_is_reported) {
  EXPECT_THAT(report_of(&lock_twice),
              AllOf(StartsWith("deadlock: 1 of 1 tasks"),
                    HasSubstr("circle: task 'main' wants mutex #1, held by task 'main' itself"),
                    HasSubstr("task 'main': lock mutex #1 (held by task 'main'), "),
                    HasSubstr(line_of("[second lock]")), HasSubstr("holds mutex #1, taken at "),
                    HasSubstr(line_of("[first lock]"))));
}

// At the moment at which it comes about, though another task could go on for ever.
TEST(sim_test, locks_taken_in_opposite_orders_are_reported_as_a_circle) {
  std::map<std::string, int> verdicts;
  std::string report;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    mutex a, b;
    bool over = false;
    const auto lock_both = [&over](mutex& first, mutex& second) {
      const holding one{first};
      const holding other{second};
      over = true;
    };
    sim::world w{{.seed = seed}};
    w.go("one", [&] { lock_both(a, b); });
    w.go("other", [&] { lock_both(b, a); });
    w.go("third", [&] {
      for (int i = 0; i < 1000 && !over; ++i) this_task::sleep_for(1s);
    });
    const auto s = w.run();
    ++verdicts[s.verdict == sim::verdict::passed ? "passed" : "deadlock"];
    if (s.verdict == sim::verdict::stuck) {
      EXPECT_LT(s.elapsed, 10s);
      report = w.report();
    }
  }
  EXPECT_GT(verdicts["passed"], 5);
  EXPECT_GT(verdicts["deadlock"], 5);
  EXPECT_THAT(report,
              AllOf(HasSubstr("circle: task 'one' wants mutex #1, held by task 'other', which "
                              "wants mutex #2, held by task 'one'"),
                    HasSubstr("holds mutex #2, taken at ")));
}

void spin() {
  channel<int> ch;
  go("sleeper", [&] {
    this_task::sleep_for(1h);
    ch.send(1);
  });
  for (;;) {
    if (ch.try_recv()) return;  // [poll]
    this_task::yield();         // [yield]
  }
}

TEST(sim_test, tasks_that_only_spin_are_reported_with_their_line) {
  const std::string report = report_of(&spin, {.most_idle_steps = 1000});
  EXPECT_THAT(report, AllOf(StartsWith("busy wait: "), HasSubstr("task 'main': busy with "),
                            HasSubstr("task 'sleeper': sleep, ")));
  EXPECT_THAT(report, AnyOf(HasSubstr(line_of("[poll]")), HasSubstr(line_of("[yield]"))));
}

TEST(sim_test, a_run_may_take_only_so_many_steps) {
  channel<int> ping, pong;
  sim::world w{{.most_steps = 1000}};
  w.go([&] {
    for (;;) {
      ping.send(1);
      static_cast<void>(pong.recv());
    }
  });
  w.go([&] {
    for (;;) {
      static_cast<void>(ping.recv());
      pong.send(1);
    }
  });
  const auto s = w.run();
  EXPECT_EQ(s.verdict, sim::verdict::steps);
  EXPECT_EQ(s.steps, 1000U);
  EXPECT_THAT(w.report(), StartsWith("step limit: 2 of 2 tasks have not ended"));
}

TEST(sim_test, run_throws_the_report) {
  try {
    sim::run([] {
      latch never_counted{1};
      never_counted.wait();
    });
    FAIL();
  } catch (const sim::failure& f) {
    EXPECT_EQ(f.summary().verdict, sim::verdict::stuck);
    EXPECT_EQ(f.summary().left, 1U);
    EXPECT_THAT(f.what(), HasSubstr("task 'main': wait latch #1 (1 to go)"));
  }
}

// What is given up.

struct counted {
  explicit counted(int& n) : destroyed{&n} {}
  counted(const counted&) = delete;
  ~counted() { ++*destroyed; }
  int* destroyed;
};

TEST(sim_test, tasks_that_are_left_unwind) {
  int destroyed = 0;
  channel<int> ch;
  channel<int> other;
  mutex m;
  condition_variable cv;
  latch l{1};
  semaphore s{0};
  {
    sim::world w;
    w.go([&] {
      const counted c{destroyed};
      static_cast<void>(ch.recv());
    });
    w.go([&] {
      const counted c{destroyed};
      std::unique_lock hold{m};
      cv.wait(hold);
    });
    w.go([&] {
      const counted c{destroyed};
      l.wait();
    });
    w.go([&] {
      const counted c{destroyed};
      select(on_recv(ch), on_send(other, 1));
    });
    w.go([&] {
      const counted c{destroyed};
      this_task::sleep_for(1h);
      const auto child = spawn([&] {
        const counted inner{destroyed};
        s.acquire();
      });
    });
    w.run();
    EXPECT_EQ(destroyed, 0);
  }
  EXPECT_EQ(destroyed, 6);
}

TEST(sim_test, tasks_that_never_began_are_destroyed) {
  int destroyed = 0;
  {
    sim::world w;
    w.go([c = std::make_unique<counted>(destroyed)] {});
  }
  EXPECT_EQ(destroyed, 1);
}

TEST(sim_test, a_task_that_does_not_end_when_given_up_is_left_alone) {
  auto& never_sent = *new channel<int>;  // whoever waits is never gone
  {
    sim::world w;
    w.go([&] {
      for (;;) {
        try {
          static_cast<void>(never_sent.recv());
        } catch (...) {
        }
      }
    });
    EXPECT_EQ(w.run().verdict, sim::verdict::stuck);
  }
  EXPECT_EQ(sim::run([] { return 1; }), 1);
}

// Memory.

TEST(sim_test, stacks_of_ended_tasks_serve_others) {
  std::set<const void*> stacks;
  sim::run([&] {
    for (int i = 0; i < 1000; ++i) {
      spawn([&] {
        const char on_stack = 0;
        stacks.insert(&on_stack);
      }).join();
    }
  });
  EXPECT_LE(stacks.size(), 4U);
}

TEST(sim_test, a_hundred_thousand_tasks_can_wait_at_once) {
  constexpr int count =
      LOCKSTEP_TSAN ? 4'000 : 100'000;  // the thread sanitizer knows 8,000 at most
  int ended = 0;
  latch all{count};
  sim::run([&] {
    for (int i = 0; i < count; ++i) {
      go([&] {
        all.arrive_and_wait();
        ++ended;
      });
    }
    all.wait();
  });
  EXPECT_EQ(ended, count);
}

TEST(sim_test, exceptions_belong_to_their_tasks) {
  sim::run([] {
    for (int i = 0; i < 5; ++i) {
      go([i] {
        try {
          throw i;
        } catch (int mine) {
          for (int k = 0; k < 10; ++k) {
            this_task::yield();
            try {
              throw;
            } catch (int again) {
              EXPECT_EQ(again, i);
            }
          }
          EXPECT_EQ(mine, i);
        }
      });
    }
  });
}

}  // namespace
