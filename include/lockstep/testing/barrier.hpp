// barrier.hpp: what a barrier does (BA).
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <list>
#include <memory>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "../barrier.hpp"
#include "../context.hpp"
#include "../latch.hpp"
#include "world.hpp"

namespace lockstep::testing {

template <class R>
struct barrier_suite : suite<R> {
  using barrier = basic_barrier<R>;

  // A party that arrives and waits for long; how that ended.
  static auto party(barrier& b) {
    return suite<R>::run([&b] { return b.arrive_and_wait_for(1h); });
  }
  static auto party(barrier& b, const cancel_scope& scope) {
    return suite<R>::run([&b, ctx = scope.context()] { return b.arrive_and_wait(ctx); });
  }
  // A wait for the phase in which `arrival` was made.
  static auto waiter(barrier& b, typename barrier::arrival_token arrival) {
    return suite<R>::run(
        [&b, arrival = std::move(arrival)]() mutable { b.wait(std::move(arrival)); });
  }
  // Breaks b by a party that does not wait.
  static void break_by_timeout(barrier& b) {
    EXPECT_EQ(b.arrive_and_wait_for(0s), status::timeout);
    EXPECT_TRUE(b.broken());
  }
};
TYPED_TEST_SUITE(barrier_suite, runtimes, suite_names);

TYPED_TEST(barrier_suite, holds_each_party_until_all_have_arrived) {
  this->proves("BA-1");
  basic_barrier<TypeParam> b{3};
  auto first = this->party(b);
  first.until_blocked();
  auto second = this->party(b);
  second.until_blocked();
  first.until_blocked();
  b.arrive_and_wait();
  EXPECT_EQ(first.join(), status::ok);
  EXPECT_EQ(second.join(), status::ok);
}

TYPED_TEST(barrier_suite, does_not_hold_the_only_party) {
  this->proves("BA-1");
  basic_barrier<TypeParam> b{1};
  for (int i = 0; i < 3; ++i) b.arrive_and_wait();
  EXPECT_EQ(b.arrive_and_wait_for(0s), status::ok);
  EXPECT_EQ(b.arrive_and_wait_until(TypeParam::now() - 1s), status::ok);
  EXPECT_EQ(b.arrive_and_wait(background()), status::ok);
}

TYPED_TEST(barrier_suite, is_passed_again_and_again) {
  this->proves("BA-1");
  constexpr int parties = 4;
  constexpr int phases = 100;
  basic_barrier<TypeParam> b{parties};
  std::atomic<int> arrived{0};
  const auto body = [&] {
    for (int phase = 1; phase <= phases; ++phase) {
      ++arrived;
      b.arrive_and_wait();
      EXPECT_GE(arrived, phase * parties);        // nobody passes before all are there,
      EXPECT_LT(arrived, (phase + 1) * parties);  // or twice while one has yet to pass
    }
  };
  std::list<background_task<TypeParam, void>> tasks;
  for (int i = 0; i < parties; ++i) tasks.emplace_back(body);
  for (auto& task : tasks) task.join();
  EXPECT_EQ(arrived, parties * phases);
}

TYPED_TEST(barrier_suite, releases_nobody_before_the_completion_has_returned) {
  this->proves("BA-2");
  std::function<bool()> somebody_waits;
  bool waited = false;
  basic_barrier<TypeParam> b{2, [&] { waited = somebody_waits(); }};
  auto first = this->run([&] { b.arrive_and_wait(); });
  first.until_blocked();
  somebody_waits = [&] { return first.is_blocked(); };
  b.arrive_and_wait();
  EXPECT_TRUE(waited);
}

TYPED_TEST(barrier_suite, runs_the_completion_in_the_last_party_before_any_is_released) {
  this->proves("BA-2");
  int completions = 0;  // not atomic: a missing happens-before is a data race
  const void* completed_by = nullptr;
  basic_barrier<TypeParam> b{2, [&] {
                               ++completions;
                               completed_by = TypeParam::self();
                             }};
  for (int phase = 1; phase <= 3; ++phase) {
    auto first = this->run([&] {
      b.arrive_and_wait();
      return completions;
    });
    first.until_blocked();
    EXPECT_EQ(completions, phase - 1);
    b.arrive_and_wait();
    EXPECT_EQ(completions, phase);
    EXPECT_EQ(completed_by, TypeParam::self());
    EXPECT_EQ(first.join(), phase);
  }
}

TYPED_TEST(barrier_suite, shows_each_party_what_the_others_did_before_they_arrived) {
  this->proves("BA-3");
  int values[2] = {};  // not atomic: a missing happens-before is a data race
  int sum = 0;
  basic_barrier<TypeParam> b{2, [&] { sum = values[0] + values[1]; }};
  const auto body = [&](int self) {
    for (int phase = 1; phase <= 100; ++phase) {
      values[self] = phase;
      b.arrive_and_wait();
      EXPECT_EQ(values[1 - self], phase);
      EXPECT_EQ(sum, 2 * phase);
      b.arrive_and_wait();
    }
  };
  auto other = this->run([&] { body(1); });
  body(0);
  other.join();
}

TYPED_TEST(barrier_suite, takes_a_completion_that_can_only_be_moved) {
  int seen = 0;
  basic_barrier<TypeParam> b{1, [&seen, value = std::make_unique<int>(7)] { seen = *value; }};
  b.arrive_and_wait();
  EXPECT_EQ(seen, 7);
}

TYPED_TEST(barrier_suite, lets_a_party_arrive_first_and_wait_later) {
  this->proves("BA-10");
  basic_barrier<TypeParam> b{2};
  auto arrival = b.arrive();
  auto waiting = this->waiter(b, std::move(arrival));
  waiting.until_blocked();
  auto last = b.arrive();
  waiting.join();
  b.wait(std::move(last));  // its phase is over
}

TYPED_TEST(barrier_suite, lets_one_task_arrive_for_several_parties) {
  this->proves("BA-10");
  basic_barrier<TypeParam> b{3};
  auto waiting = this->party(b);
  waiting.until_blocked();
  b.wait(b.arrive(2));
  EXPECT_EQ(waiting.join(), status::ok);
}

TYPED_TEST(barrier_suite, lets_a_wait_for_an_earlier_phase_pass) {
  this->proves("BA-9");
  basic_barrier<TypeParam> b{2};
  auto of_first_phase = b.arrive();
  static_cast<void>(b.arrive());
  static_cast<void>(b.arrive());  // begins the next phase
  b.wait(std::move(of_first_phase));
}

TYPED_TEST(barrier_suite, stands_when_a_wait_for_an_arrival_is_given_up) {
  this->proves("BA-10");
  basic_barrier<TypeParam> b{2};
  const auto arrival = b.arrive();
  EXPECT_EQ(b.wait(cancel_scope{1ms}.context(), arrival), status::timeout);
  cancel_scope cancelled;
  cancelled.cancel();
  EXPECT_EQ(b.wait(cancelled.context(), arrival), status::cancelled);
  EXPECT_FALSE(b.broken());
  b.arrive_and_wait();  // the arrival still counts
  EXPECT_EQ(b.wait(background(), arrival), status::ok);
}

TYPED_TEST(barrier_suite, expects_one_party_less_after_a_drop) {
  this->proves("BA-4");
  basic_barrier<TypeParam> b{3};
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

TYPED_TEST(barrier_suite, runs_the_completion_when_the_last_party_drops_out) {
  this->proves("BA-2 BA-4");
  int completions = 0;
  basic_barrier<TypeParam> b{2, [&] { ++completions; }};
  auto other = this->party(b);
  other.until_blocked();
  b.arrive_and_drop();
  EXPECT_EQ(other.join(), status::ok);
  EXPECT_EQ(completions, 1);
  b.arrive_and_wait();
  EXPECT_EQ(completions, 2);
}

TYPED_TEST(barrier_suite, breaks_when_a_party_runs_out_of_time) {
  this->proves("BA-5");
  basic_barrier<TypeParam> b{3};
  auto waiting = this->party(b);
  waiting.until_blocked();
  EXPECT_EQ(b.arrive_and_wait_for(1ms), status::timeout);
  EXPECT_EQ(waiting.join(), status::broken);
  EXPECT_TRUE(b.broken());
}

TYPED_TEST(barrier_suite, breaks_when_the_context_of_a_party_is_cancelled) {
  this->proves("BA-5");
  basic_barrier<TypeParam> b{3};
  cancel_scope scope;
  auto waiting = this->party(b);
  waiting.until_blocked();
  auto cancelled = this->party(b, scope);
  cancelled.until_blocked();
  scope.cancel();
  EXPECT_EQ(cancelled.join(), status::cancelled);
  EXPECT_EQ(waiting.join(), status::broken);
}

TYPED_TEST(barrier_suite, breaks_when_a_party_comes_with_a_context_that_has_ended) {
  this->proves("BA-5");
  basic_barrier<TypeParam> b{2};
  cancel_scope scope;
  scope.cancel();
  auto waiting = this->party(b);
  waiting.until_blocked();
  EXPECT_EQ(b.arrive_and_wait(scope.context()), status::cancelled);
  EXPECT_EQ(waiting.join(), status::broken);
}

TYPED_TEST(barrier_suite, turns_everyone_away_once_it_is_broken) {
  this->proves("BA-7");
  basic_barrier<TypeParam> b{3};
  auto before = b.arrive();
  this->break_by_timeout(b);
  const auto turned_away = [](auto call) {
    try {
      call();
      ADD_FAILURE() << "passed a broken barrier";
    } catch (const error& e) {
      EXPECT_EQ(e.status(), status::broken);
    }
  };
  turned_away([&] { b.arrive_and_wait(); });
  turned_away([&] { static_cast<void>(b.arrive()); });
  turned_away([&] { b.wait(std::move(before)); });
  EXPECT_EQ(b.arrive_and_wait_for(1h), status::broken);
  EXPECT_EQ(b.arrive_and_wait(background()), status::broken);
}

TYPED_TEST(barrier_suite, tells_those_who_wait_for_an_arrival_that_it_broke) {
  this->proves("BA-5");
  basic_barrier<TypeParam> b{3};
  auto waiting = this->waiter(b, b.arrive());
  waiting.until_blocked();
  this->break_by_timeout(b);
  EXPECT_THROW(waiting.join(), error);
}

TYPED_TEST(barrier_suite, breaks_when_the_completion_throws_and_the_last_party_gets_the_exception) {
  this->proves("BA-6");
  basic_barrier<TypeParam> b{2, [] { throw std::runtime_error{"completion"}; }};
  auto waiting = this->party(b);
  waiting.until_blocked();
  EXPECT_THROW(b.arrive_and_wait(), std::runtime_error);
  EXPECT_EQ(waiting.join(), status::broken);
  EXPECT_TRUE(b.broken());
}

TYPED_TEST(barrier_suite, can_be_used_again_after_a_reset) {
  this->proves("BA-8");
  int completions = 0;
  basic_barrier<TypeParam> b{2, [&] { ++completions; }};
  this->break_by_timeout(b);
  b.reset();
  EXPECT_FALSE(b.broken());
  auto other = this->party(b);
  other.until_blocked();  // all parties are missing again
  b.arrive_and_wait();
  EXPECT_EQ(other.join(), status::ok);
  EXPECT_EQ(completions, 1);
}

TYPED_TEST(barrier_suite, sends_those_who_wait_away_at_a_reset) {
  this->proves("BA-8");
  basic_barrier<TypeParam> b{2};
  auto waiting = this->party(b);
  waiting.until_blocked();
  b.reset();
  EXPECT_EQ(waiting.join(), status::broken);
  EXPECT_FALSE(b.broken());
}

TYPED_TEST(barrier_suite, remembers_a_drop_across_a_reset) {
  this->proves("BA-4");
  basic_barrier<TypeParam> b{2};
  this->break_by_timeout(b);
  b.arrive_and_drop();
  b.reset();
  EXPECT_EQ(b.arrive_and_wait_for(0s), status::ok);
}

// All have arrived: a party whose time runs out only now is not missing.
TYPED_TEST(barrier_suite, lets_a_party_pass_that_gives_up_while_the_completion_runs) {
  this->proves("BA-11");
  basic_latch<TypeParam> completing{1};
  basic_latch<TypeParam> complete{1};
  basic_barrier<TypeParam> b{2, [&] {
                               completing.count_down();
                               complete.wait();
                             }};
  cancel_scope scope;
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

TYPED_TEST(barrier_suite, breaks_for_a_party_that_gave_up_when_the_completion_then_throws) {
  this->proves("BA-6");
  basic_latch<TypeParam> completing{1};
  basic_latch<TypeParam> fail{1};
  basic_barrier<TypeParam> b{2, [&] {
                               completing.count_down();
                               fail.wait();
                               throw std::runtime_error{"completion"};
                             }};
  cancel_scope scope;
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

TYPED_TEST(barrier_suite, has_no_room_for_more_parties_than_it_has) {
  this->proves("BA-12");
  const contracts_throw contracts;
  using violation = contracts_throw::violation;
  EXPECT_THROW(basic_barrier<TypeParam>{-1}, violation);
  basic_barrier<TypeParam> b{2};
  EXPECT_THROW(static_cast<void>(b.arrive(3)), violation);
  EXPECT_THROW(static_cast<void>(b.arrive(-1)), violation);
  auto arrival = b.arrive();
  EXPECT_THROW(static_cast<void>(b.arrive(2)), violation);
  static_cast<void>(b.arrive());
  b.wait(std::move(arrival));
}

TYPED_TEST(barrier_suite, may_have_no_parties_and_then_nobody_can_arrive) {
  this->proves("BA-12");
  const contracts_throw contracts;
  using violation = contracts_throw::violation;
  basic_barrier<TypeParam> nobody{0};
  EXPECT_THROW(nobody.arrive_and_wait(), violation);
  basic_barrier<TypeParam> b{1};
  b.arrive_and_drop();
  EXPECT_THROW(b.arrive_and_wait(), violation);
  EXPECT_THROW(b.arrive_and_drop(), violation);
}

TYPED_TEST(barrier_suite, has_no_room_for_arrivals_while_the_completion_runs) {
  this->proves("BA-12");
  const contracts_throw contracts;
  bool refused = false;
  basic_barrier<TypeParam>* self = nullptr;
  basic_barrier<TypeParam> b{1, [&] {
                               try {
                                 static_cast<void>(self->arrive());
                               } catch (const contracts_throw::violation&) {
                                 refused = true;
                               }
                             }};
  self = &b;
  b.arrive_and_wait();
  EXPECT_TRUE(refused);
}

TYPED_TEST(barrier_suite, stays_where_it_is) {
  using type = typename TestFixture::barrier;
  EXPECT_FALSE(std::is_copy_constructible_v<type> || std::is_copy_assignable_v<type>);
  EXPECT_FALSE(std::is_move_constructible_v<type> || std::is_move_assignable_v<type>);
}

TYPED_TEST(barrier_suite, an_arrival_that_a_reset_threw_away_is_broken) {
  this->proves("BA-9");
  basic_barrier<TypeParam> b{2};
  const auto thrown_away = b.arrive();
  b.reset();
  EXPECT_EQ(b.wait(background(), thrown_away), status::broken);
  const auto both = b.arrive(2);
  EXPECT_EQ(b.wait(background(), both), status::ok);
  EXPECT_EQ(b.wait(background(), thrown_away), status::broken);
}

TYPED_TEST(barrier_suite, a_reset_while_the_completion_runs_breaks_that_phase_only) {
  this->proves("BA-9");
  basic_barrier<TypeParam>* self = nullptr;
  int rounds = 0;
  basic_barrier<TypeParam> b{1, [&] {
                               if (++rounds == 1) self->reset();
                             }};
  self = &b;
  EXPECT_EQ(b.arrive_and_wait(background()), status::broken);
  EXPECT_EQ(b.arrive_and_wait(background()), status::ok);
  EXPECT_EQ(rounds, 2);
}

TYPED_TEST(barrier_suite, parties_released_by_a_reset_may_arrive_again_while_the_completion_runs) {
  this->proves("BA-9");
  basic_latch<TypeParam> running{1};
  basic_latch<TypeParam> go_on{1};
  int rounds = 0;
  basic_barrier<TypeParam> b{2, [&] {
                               if (++rounds > 1) return;
                               running.count_down();
                               go_on.wait();
                             }};
  auto first = this->run([&b] { return b.arrive_and_wait(background()); });
  first.until_blocked();
  auto last = this->run([&b] { return b.arrive_and_wait(background()); });
  running.wait();
  b.reset();
  EXPECT_EQ(first.join(), status::broken);
  auto again = this->run([&b] { return b.arrive_and_wait(background()); });
  again.until_blocked();
  go_on.count_down();
  EXPECT_EQ(last.join(), status::broken);
  EXPECT_EQ(b.arrive_and_wait(background()), status::ok);
  EXPECT_EQ(again.join(), status::ok);
}

TYPED_TEST(barrier_suite, an_arrival_before_two_resets_is_broken) {
  this->proves("BA-9");
  basic_barrier<TypeParam> b{2};
  const auto thrown_away = b.arrive();
  b.reset();
  b.reset();
  EXPECT_EQ(b.wait(background(), thrown_away), status::broken);
}

}  // namespace lockstep::testing
