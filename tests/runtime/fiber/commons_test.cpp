#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <lockstep/runtime/fiber/commons.hpp>
#include <thread>

namespace {

using namespace lockstep::detail;
using namespace std::chrono_literals;

const auto nothing_to_do = [] { return false; };

lockstep::time_point in(lockstep::duration d) { return std::chrono::steady_clock::now() + d; }
std::uintptr_t word_of(fiber& f) { return reinterpret_cast<std::uintptr_t>(&f); }

TEST(commons_test, what_came_from_outside_is_collected_once_and_in_order) {
  fiber_commons home{false};
  fiber first;
  fiber second;
  home.inject(first);
  home.inject(second);
  fiber_list found;
  home.collect(found);
  EXPECT_EQ(found.pop(), &first);
  EXPECT_EQ(found.pop(), &second);
  home.collect(found);
  EXPECT_TRUE(found.empty());
}

TEST(commons_test, a_worker_stays_awake_for_what_came_from_outside_after_it_looked) {
  fiber_commons home{false};
  fiber f;
  fiber_sleeper me;
  home.inject(f);
  home.fall_asleep(me, nothing_to_do);
}

TEST(commons_test, a_worker_stays_awake_for_what_it_finds_at_its_last_look) {
  fiber_commons home{true};
  fiber_sleeper me;
  home.fall_asleep(me, [] { return true; });
}

// At the last look the worker can be seen to sleep: whatever happens now wakes it.
TEST(commons_test, a_worker_that_sleeps_is_woken_by_what_comes_from_outside) {
  fiber_commons home{false};
  fiber f;
  fiber_sleeper me;
  home.fall_asleep(me, [&] {
    home.inject(f);
    return false;
  });
}

TEST(commons_test, a_worker_that_sleeps_is_woken_by_a_call_for_help) {
  fiber_commons home{true};
  fiber_sleeper me;
  home.fall_asleep(me, [&] {
    home.call_help();
    return false;
  });
}

TEST(commons_test, nobody_is_called_while_one_searches) {
  fiber_commons home{true};
  fiber_sleeper me;
  home.begin_search();
  std::atomic<bool> woken{false};
  std::thread sleeper{[&] {
    home.fall_asleep(me, [&] {
      home.call_help();
      return false;
    });
    woken = true;
  }};
  std::this_thread::sleep_for(5ms);
  EXPECT_FALSE(woken);
  EXPECT_TRUE(home.end_search());
  home.call_help();
  sleeper.join();
}

TEST(commons_test, a_worker_sleeps_until_the_earliest_deadline) {
  fiber_commons home{true};
  std::atomic<std::uintptr_t> word{parked_none};
  fiber_timer t;
  t.word = &word;
  const auto deadline = in(2ms);
  home.add(t, deadline);
  fiber_sleeper me;
  home.fall_asleep(me, nothing_to_do);
  EXPECT_GE(std::chrono::steady_clock::now(), deadline);
}

TEST(commons_test, a_worker_that_sleeps_is_told_of_an_earlier_deadline) {
  fiber_commons home{true};
  std::atomic<std::uintptr_t> word{parked_none};
  fiber_timer t;
  t.word = &word;
  fiber_sleeper me;
  home.fall_asleep(me, [&] {
    home.add(t, in(1h));
    return false;
  });
  home.remove(t);
}

TEST(commons_test, a_deadline_that_passes_ends_the_wait_of_its_fiber_and_no_other) {
  fiber_commons home{false};
  fiber waiting;
  fiber waits_longer;
  std::atomic<std::uintptr_t> words[] = {word_of(waiting), word_of(waits_longer)};
  fiber_timer timers[2];
  timers[0].word = &words[0];
  timers[1].word = &words[1];
  home.add(timers[0], in(-1ns));
  home.add(timers[1], in(1h));
  fiber_list expired;
  home.expire(expired);
  EXPECT_EQ(expired.pop(), &waiting);
  EXPECT_TRUE(expired.empty());
  EXPECT_EQ(words[0], parked_none);  // nobody else may resume it
  EXPECT_EQ(words[1], word_of(waits_longer));
  home.remove(timers[0]);
  home.remove(timers[1]);
}

TEST(commons_test, a_deadline_that_passes_leaves_a_permit_alone) {
  fiber_commons home{false};
  std::atomic<std::uintptr_t> word{parked_permit};
  fiber_timer t;
  t.word = &word;
  home.add(t, in(-1ns));
  fiber_list expired;
  home.expire(expired);
  EXPECT_TRUE(expired.empty());
  EXPECT_EQ(word, parked_permit);
}

TEST(commons_test, a_deadline_that_passes_before_the_stack_was_left_is_noted) {
  fiber_commons home{false};
  std::atomic<std::uintptr_t> word{parked_none};
  fiber_timer t;
  t.word = &word;
  home.add(t, in(-1ns));
  fiber_list expired;
  home.expire(expired);
  EXPECT_TRUE(expired.empty());
  EXPECT_EQ(word, parked_expired);
}

}  // namespace
