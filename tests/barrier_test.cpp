#include <gtest/gtest.h>

#include <atomic>
#include <list>
#include <lockstep/barrier.hpp>
#include <lockstep/context.hpp>
#include <lockstep/latch.hpp>
#include <memory>
#include <stdexcept>
#include <thread>
#include <type_traits>
#include <utility>

#include "support/world.hpp"

namespace {

using namespace std::chrono_literals;
using lockstep::status;

template <class R>
struct barrier_test : testing::Test {
  using barrier = lockstep::basic_barrier<R>;

  // A party that arrives and waits for long; how that ended.
  static auto party(barrier& b) {
    return support::run([&b] { return b.arrive_and_wait_for(1h); });
  }
  static auto party(barrier& b, const lockstep::cancel_scope& scope) {
    return support::run([&b, ctx = scope.context()] { return b.arrive_and_wait(ctx); });
  }
  // A wait for the phase in which `arrival` was made.
  static auto waiter(barrier& b, typename barrier::arrival_token arrival) {
    return support::run(
        [&b, arrival = std::move(arrival)]() mutable { b.wait(std::move(arrival)); });
  }
  // Breaks b by a party that does not wait.
  static void break_by_timeout(barrier& b) {
    EXPECT_EQ(b.arrive_and_wait_for(0s), status::timeout);
    EXPECT_TRUE(b.broken());
  }
};
TYPED_TEST_SUITE(barrier_test, support::runtimes, support::runtime_names);

TYPED_TEST(barrier_test, holds_each_party_until_all_have_arrived) {
  lockstep::basic_barrier<TypeParam> b{3};
  auto first = this->party(b);
  first.until_blocked();
  auto second = this->party(b);
  second.until_blocked();
  first.until_blocked();
  b.arrive_and_wait();
  EXPECT_EQ(first.join(), status::ok);
  EXPECT_EQ(second.join(), status::ok);
}

TYPED_TEST(barrier_test, does_not_hold_the_only_party) {
  lockstep::basic_barrier<TypeParam> b{1};
  for (int i = 0; i < 3; ++i) b.arrive_and_wait();
  EXPECT_EQ(b.arrive_and_wait_for(0s), status::ok);
  EXPECT_EQ(b.arrive_and_wait_until(std::chrono::steady_clock::now() - 1s), status::ok);
  EXPECT_EQ(b.arrive_and_wait(lockstep::background()), status::ok);
}

TYPED_TEST(barrier_test, is_passed_again_and_again) {
  constexpr int parties = 4;
  constexpr int phases = 100;
  lockstep::basic_barrier<TypeParam> b{parties};
  std::atomic<int> arrived{0};
  const auto body = [&] {
    for (int phase = 1; phase <= phases; ++phase) {
      ++arrived;
      b.arrive_and_wait();
      EXPECT_GE(arrived, phase * parties);        // nobody passes before all are there,
      EXPECT_LT(arrived, (phase + 1) * parties);  // or twice while one has yet to pass
    }
  };
  std::list<support::background<void>> tasks;
  for (int i = 0; i < parties; ++i) tasks.emplace_back(body);
  for (auto& task : tasks) task.join();
  EXPECT_EQ(arrived, parties * phases);
}

TYPED_TEST(barrier_test, runs_the_completion_in_the_last_party_before_any_is_released) {
  int completions = 0;  // not atomic: a missing happens-before is a data race
  std::thread::id completed_by;
  lockstep::basic_barrier<TypeParam> b{2, [&] {
                                         ++completions;
                                         completed_by = std::this_thread::get_id();
                                       }};
  for (int phase = 1; phase <= 3; ++phase) {
    auto first = support::run([&] {
      b.arrive_and_wait();
      return completions;
    });
    first.until_blocked();
    EXPECT_EQ(completions, phase - 1);
    b.arrive_and_wait();
    EXPECT_EQ(completions, phase);
    EXPECT_EQ(completed_by, std::this_thread::get_id());
    EXPECT_EQ(first.join(), phase);
  }
}

TYPED_TEST(barrier_test, shows_each_party_what_the_others_did_before_they_arrived) {
  int values[2] = {};  // not atomic: a missing happens-before is a data race
  int sum = 0;
  lockstep::basic_barrier<TypeParam> b{2, [&] { sum = values[0] + values[1]; }};
  const auto body = [&](int self) {
    for (int phase = 1; phase <= 100; ++phase) {
      values[self] = phase;
      b.arrive_and_wait();
      EXPECT_EQ(values[1 - self], phase);
      EXPECT_EQ(sum, 2 * phase);
      b.arrive_and_wait();
    }
  };
  auto other = support::run([&] { body(1); });
  body(0);
  other.join();
}

TYPED_TEST(barrier_test, takes_a_completion_that_can_only_be_moved) {
  int seen = 0;
  lockstep::basic_barrier<TypeParam> b{
      1, [&seen, value = std::make_unique<int>(7)] { seen = *value; }};
  b.arrive_and_wait();
  EXPECT_EQ(seen, 7);
}

TYPED_TEST(barrier_test, lets_a_party_arrive_first_and_wait_later) {
  lockstep::basic_barrier<TypeParam> b{2};
  auto arrival = b.arrive();
  auto waiting = this->waiter(b, std::move(arrival));
  waiting.until_blocked();
  auto last = b.arrive();
  waiting.join();
  b.wait(std::move(last));  // its phase is over
}

TYPED_TEST(barrier_test, lets_one_task_arrive_for_several_parties) {
  lockstep::basic_barrier<TypeParam> b{3};
  auto waiting = this->party(b);
  waiting.until_blocked();
  b.wait(b.arrive(2));
  EXPECT_EQ(waiting.join(), status::ok);
}

TYPED_TEST(barrier_test, lets_a_wait_for_an_earlier_phase_pass) {
  lockstep::basic_barrier<TypeParam> b{2};
  auto of_first_phase = b.arrive();
  static_cast<void>(b.arrive());
  static_cast<void>(b.arrive());  // begins the next phase
  b.wait(std::move(of_first_phase));
}

TYPED_TEST(barrier_test, stands_when_a_wait_for_an_arrival_is_given_up) {
  lockstep::basic_barrier<TypeParam> b{2};
  const auto arrival = b.arrive();
  EXPECT_EQ(b.wait(lockstep::cancel_scope{1ms}.context(), arrival), status::timeout);
  lockstep::cancel_scope cancelled;
  cancelled.cancel();
  EXPECT_EQ(b.wait(cancelled.context(), arrival), status::cancelled);
  EXPECT_FALSE(b.broken());
  b.arrive_and_wait();  // the arrival still counts
  EXPECT_EQ(b.wait(lockstep::background(), arrival), status::ok);
}

TYPED_TEST(barrier_test, expects_one_party_less_after_a_drop) {
  lockstep::basic_barrier<TypeParam> b{3};
  auto first = this->party(b);
  first.until_blocked();
  b.arrive_and_drop();
  first.until_blocked();  // in this phase the third party is still missing
  b.arrive_and_wait();
  EXPECT_EQ(first.join(), status::ok);
  auto second = this->party(b);
  second.until_blocked();
  b.arrive_and_wait();
  EXPECT_EQ(second.join(), status::ok);
}

TYPED_TEST(barrier_test, runs_the_completion_when_the_last_party_drops_out) {
  int completions = 0;
  lockstep::basic_barrier<TypeParam> b{2, [&] { ++completions; }};
  auto other = this->party(b);
  other.until_blocked();
  b.arrive_and_drop();
  EXPECT_EQ(other.join(), status::ok);
  EXPECT_EQ(completions, 1);
  b.arrive_and_wait();
  EXPECT_EQ(completions, 2);
}

TYPED_TEST(barrier_test, breaks_when_a_party_runs_out_of_time) {
  lockstep::basic_barrier<TypeParam> b{3};
  auto waiting = this->party(b);
  waiting.until_blocked();
  EXPECT_EQ(b.arrive_and_wait_for(1ms), status::timeout);
  EXPECT_EQ(waiting.join(), status::broken);
  EXPECT_TRUE(b.broken());
}

TYPED_TEST(barrier_test, breaks_when_the_context_of_a_party_is_cancelled) {
  lockstep::basic_barrier<TypeParam> b{3};
  lockstep::cancel_scope scope;
  auto waiting = this->party(b);
  waiting.until_blocked();
  auto cancelled = this->party(b, scope);
  cancelled.until_blocked();
  scope.cancel();
  EXPECT_EQ(cancelled.join(), status::cancelled);
  EXPECT_EQ(waiting.join(), status::broken);
}

TYPED_TEST(barrier_test, breaks_when_a_party_comes_with_a_context_that_has_ended) {
  lockstep::basic_barrier<TypeParam> b{2};
  lockstep::cancel_scope scope;
  scope.cancel();
  auto waiting = this->party(b);
  waiting.until_blocked();
  EXPECT_EQ(b.arrive_and_wait(scope.context()), status::cancelled);
  EXPECT_EQ(waiting.join(), status::broken);
}

TYPED_TEST(barrier_test, turns_everyone_away_once_it_is_broken) {
  lockstep::basic_barrier<TypeParam> b{3};
  auto before = b.arrive();
  this->break_by_timeout(b);
  const auto turned_away = [](auto call) {
    try {
      call();
      ADD_FAILURE() << "passed a broken barrier";
    } catch (const lockstep::error& e) {
      EXPECT_EQ(e.status(), status::broken);
    }
  };
  turned_away([&] { b.arrive_and_wait(); });
  turned_away([&] { static_cast<void>(b.arrive()); });
  turned_away([&] { b.wait(std::move(before)); });
  EXPECT_EQ(b.arrive_and_wait_for(1h), status::broken);
  EXPECT_EQ(b.arrive_and_wait(lockstep::background()), status::broken);
}

TYPED_TEST(barrier_test, tells_those_who_wait_for_an_arrival_that_it_broke) {
  lockstep::basic_barrier<TypeParam> b{3};
  auto waiting = this->waiter(b, b.arrive());
  waiting.until_blocked();
  this->break_by_timeout(b);
  EXPECT_THROW(waiting.join(), lockstep::error);
}

TYPED_TEST(barrier_test, breaks_when_the_completion_throws_and_the_last_party_gets_the_exception) {
  lockstep::basic_barrier<TypeParam> b{2, [] { throw std::runtime_error{"completion"}; }};
  auto waiting = this->party(b);
  waiting.until_blocked();
  EXPECT_THROW(b.arrive_and_wait(), std::runtime_error);
  EXPECT_EQ(waiting.join(), status::broken);
  EXPECT_TRUE(b.broken());
}

TYPED_TEST(barrier_test, can_be_used_again_after_a_reset) {
  int completions = 0;
  lockstep::basic_barrier<TypeParam> b{2, [&] { ++completions; }};
  this->break_by_timeout(b);
  b.reset();
  EXPECT_FALSE(b.broken());
  auto other = this->party(b);
  other.until_blocked();  // all parties are missing again
  b.arrive_and_wait();
  EXPECT_EQ(other.join(), status::ok);
  EXPECT_EQ(completions, 1);
}

TYPED_TEST(barrier_test, sends_those_who_wait_away_at_a_reset) {
  lockstep::basic_barrier<TypeParam> b{2};
  auto waiting = this->party(b);
  waiting.until_blocked();
  b.reset();
  EXPECT_EQ(waiting.join(), status::broken);
  EXPECT_FALSE(b.broken());
}

TYPED_TEST(barrier_test, remembers_a_drop_across_a_reset) {
  lockstep::basic_barrier<TypeParam> b{2};
  this->break_by_timeout(b);
  b.arrive_and_drop();
  b.reset();
  EXPECT_EQ(b.arrive_and_wait_for(0s), status::ok);
}

// All have arrived: a party whose time runs out only now is not missing.
TYPED_TEST(barrier_test, lets_a_party_pass_that_gives_up_while_the_completion_runs) {
  lockstep::basic_latch<TypeParam> completing{1};
  lockstep::basic_latch<TypeParam> complete{1};
  lockstep::basic_barrier<TypeParam> b{2, [&] {
                                         completing.count_down();
                                         complete.wait();
                                       }};
  lockstep::cancel_scope scope;
  auto impatient = this->party(b, scope);
  impatient.until_blocked();
  auto last = this->party(b);
  completing.wait();
  scope.cancel();
  impatient.until_blocked();  // for the end of the phase
  complete.count_down();
  EXPECT_EQ(impatient.join(), status::ok);
  EXPECT_EQ(last.join(), status::ok);
  EXPECT_FALSE(b.broken());
}

TYPED_TEST(barrier_test, breaks_for_a_party_that_gave_up_when_the_completion_then_throws) {
  lockstep::basic_latch<TypeParam> completing{1};
  lockstep::basic_latch<TypeParam> fail{1};
  lockstep::basic_barrier<TypeParam> b{2, [&] {
                                         completing.count_down();
                                         fail.wait();
                                         throw std::runtime_error{"completion"};
                                       }};
  lockstep::cancel_scope scope;
  auto impatient = this->party(b, scope);
  impatient.until_blocked();
  auto last = this->party(b);
  completing.wait();
  scope.cancel();
  impatient.until_blocked();
  fail.count_down();
  EXPECT_EQ(impatient.join(), status::broken);
  EXPECT_THROW(last.join(), std::runtime_error);
}

TYPED_TEST(barrier_test, has_no_room_for_more_parties_than_it_has) {
  const support::contracts_throw contracts;
  using violation = support::contracts_throw::violation;
  EXPECT_THROW(lockstep::basic_barrier<TypeParam>{-1}, violation);
  lockstep::basic_barrier<TypeParam> b{2};
  EXPECT_THROW(static_cast<void>(b.arrive(3)), violation);
  EXPECT_THROW(static_cast<void>(b.arrive(-1)), violation);
  auto arrival = b.arrive();
  EXPECT_THROW(static_cast<void>(b.arrive(2)), violation);
  static_cast<void>(b.arrive());
  b.wait(std::move(arrival));
}

TYPED_TEST(barrier_test, has_no_room_for_arrivals_while_the_completion_runs) {
  const support::contracts_throw contracts;
  bool refused = false;
  lockstep::basic_barrier<TypeParam>* self = nullptr;
  lockstep::basic_barrier<TypeParam> b{1, [&] {
                                         try {
                                           static_cast<void>(self->arrive());
                                         } catch (const support::contracts_throw::violation&) {
                                           refused = true;
                                         }
                                       }};
  self = &b;
  b.arrive_and_wait();
  EXPECT_TRUE(refused);
}

TYPED_TEST(barrier_test, stays_where_it_is) {
  using type = typename TestFixture::barrier;
  EXPECT_FALSE(std::is_copy_constructible_v<type> || std::is_copy_assignable_v<type>);
  EXPECT_FALSE(std::is_move_constructible_v<type> || std::is_move_assignable_v<type>);
}

TYPED_TEST(barrier_test, is_not_destroyed_under_a_waiter) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto destroy = [] {
    auto owner = std::make_unique<lockstep::basic_barrier<TypeParam>>(2);
    auto blocked = TestFixture::party(*owner);
    blocked.until_blocked();
    EXPECT_FALSE(owner->broken());  // sees what the waiter did
    owner.reset();
  };
  EXPECT_DEATH(destroy(), "a barrier is destroyed with waiters");
}

TYPED_TEST(barrier_test, an_arrival_that_a_reset_threw_away_is_broken) {
  lockstep::basic_barrier<TypeParam> b{2};
  const auto thrown_away = b.arrive();
  b.reset();
  EXPECT_EQ(b.wait(lockstep::background(), thrown_away), status::broken);
  const auto both = b.arrive(2);
  EXPECT_EQ(b.wait(lockstep::background(), both), status::ok);
  EXPECT_EQ(b.wait(lockstep::background(), thrown_away), status::broken);
}

TYPED_TEST(barrier_test, a_reset_while_the_completion_runs_breaks_that_phase_only) {
  lockstep::basic_barrier<TypeParam>* self = nullptr;
  int rounds = 0;
  lockstep::basic_barrier<TypeParam> b{1, [&] {
                                         if (++rounds == 1) self->reset();
                                       }};
  self = &b;
  EXPECT_EQ(b.arrive_and_wait(lockstep::background()), status::broken);
  EXPECT_EQ(b.arrive_and_wait(lockstep::background()), status::ok);
  EXPECT_EQ(rounds, 2);
}

// A runtime whose lock stops a task at its second use, until the test lets it go on.
struct stepped_runtime : lockstep::threads_runtime {
  inline static std::atomic<int> step{0};
  inline static thread_local int uses = -1;  // counted from 0 where the test says so
  static void until(int n) {
    while (step < n) std::this_thread::yield();
  }
  struct short_lock : lockstep::detail::short_lock {
    void lock() noexcept {
      if (uses >= 0 && ++uses == 2) {
        step = 1;
        until(2);
      }
      lockstep::detail::short_lock::lock();
    }
  };
};

TEST(barrier_reset_test, a_party_that_gave_up_before_a_reset_does_not_break_the_next_phase) {
  lockstep::basic_barrier<stepped_runtime> b{2};
  auto party = support::run([&b] {
    stepped_runtime::uses = 0;
    return b.arrive_and_wait_for(1ms);
  });
  stepped_runtime::until(1);
  b.reset();
  stepped_runtime::step = 2;
  EXPECT_EQ(party.join(), status::timeout);
  EXPECT_FALSE(b.broken());
}

TYPED_TEST(barrier_test, parties_released_by_a_reset_may_arrive_again_while_the_completion_runs) {
  lockstep::latch running{1};
  lockstep::latch go_on{1};
  int rounds = 0;
  lockstep::basic_barrier<TypeParam> b{2, [&] {
                                         if (++rounds > 1) return;
                                         running.count_down();
                                         go_on.wait();
                                       }};
  auto first = support::run([&b] { return b.arrive_and_wait(lockstep::background()); });
  first.until_blocked();
  auto last = support::run([&b] { return b.arrive_and_wait(lockstep::background()); });
  running.wait();
  b.reset();
  EXPECT_EQ(first.join(), status::broken);
  auto again = support::run([&b] { return b.arrive_and_wait(lockstep::background()); });
  again.until_blocked();
  go_on.count_down();
  EXPECT_EQ(last.join(), status::broken);
  EXPECT_EQ(b.arrive_and_wait(lockstep::background()), status::ok);
  EXPECT_EQ(again.join(), status::ok);
}

TYPED_TEST(barrier_test, an_arrival_before_two_resets_is_broken) {
  lockstep::basic_barrier<TypeParam> b{2};
  const auto thrown_away = b.arrive();
  b.reset();
  b.reset();
  EXPECT_EQ(b.wait(lockstep::background(), thrown_away), status::broken);
}

}  // namespace
