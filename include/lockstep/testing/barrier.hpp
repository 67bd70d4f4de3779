// barrier.hpp: how parties meet at a barrier, and what is done when they do (BA-1..4, 9, 10, 12).
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <list>
#include <memory>
#include <type_traits>
#include <utility>

#include "../barrier.hpp"
#include "../context.hpp"
#include "barrier_fixture.hpp"

namespace lockstep::testing {

template <class R>
struct barrier_suite : barrier_fixture<R> {
  contracts_throw contracts;
};
TYPED_TEST_SUITE(barrier_suite, runtimes, suite_names);

TYPED_TEST(barrier_suite, holds_each_party_until_all_have_arrived) {
  this->proves("BA-1");
  basic_barrier<TypeParam> b{3};
  auto first = this->party(b);
  auto second = this->party(b);
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
  auto first = this->blocked([&] { b.arrive_and_wait(); });
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
    auto first = this->blocked([&] {
      b.arrive_and_wait();
      return completions;
    });
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
  auto last = b.arrive();
  waiting.join();
  b.wait(std::move(last));  // its phase is over
}

TYPED_TEST(barrier_suite, lets_one_task_arrive_for_several_parties) {
  this->proves("BA-10");
  basic_barrier<TypeParam> b{3};
  auto waiting = this->party(b);
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
  b.arrive_and_drop();
  first.until_blocked();  // in this phase the third party is still missing
  b.arrive_and_wait();
  EXPECT_EQ(first.join(), status::ok);
  auto second = this->party(b);
  b.arrive_and_wait();
  EXPECT_EQ(second.join(), status::ok);
}

TYPED_TEST(barrier_suite, runs_the_completion_when_the_last_party_drops_out) {
  this->proves("BA-2 BA-4");
  int completions = 0;
  basic_barrier<TypeParam> b{2, [&] { ++completions; }};
  auto other = this->party(b);
  b.arrive_and_drop();
  EXPECT_EQ(other.join(), status::ok);
  EXPECT_EQ(completions, 1);
  b.arrive_and_wait();
  EXPECT_EQ(completions, 2);
}

TYPED_TEST(barrier_suite, has_no_room_for_more_parties_than_it_has) {
  this->proves("BA-12");
  EXPECT_THROW(basic_barrier<TypeParam>{-1}, contracts_throw::violation);
  basic_barrier<TypeParam> b{2};
  EXPECT_THROW(static_cast<void>(b.arrive(3)), contracts_throw::violation);
  EXPECT_THROW(static_cast<void>(b.arrive(-1)), contracts_throw::violation);
  auto arrival = b.arrive();
  EXPECT_THROW(static_cast<void>(b.arrive(2)), contracts_throw::violation);
  static_cast<void>(b.arrive());
  b.wait(std::move(arrival));
}

TYPED_TEST(barrier_suite, may_have_no_parties_and_then_nobody_can_arrive) {
  this->proves("BA-12");
  basic_barrier<TypeParam> nobody{0};
  EXPECT_THROW(nobody.arrive_and_wait(), contracts_throw::violation);
  basic_barrier<TypeParam> b{1};
  b.arrive_and_drop();
  EXPECT_THROW(b.arrive_and_wait(), contracts_throw::violation);
  EXPECT_THROW(b.arrive_and_drop(), contracts_throw::violation);
}

TYPED_TEST(barrier_suite, has_no_room_for_arrivals_while_the_completion_runs) {
  this->proves("BA-12");
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

}  // namespace lockstep::testing
