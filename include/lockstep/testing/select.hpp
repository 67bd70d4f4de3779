// select.hpp: what a select does (SEL).
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

#include "../channel.hpp"
#include "../latch.hpp"
#include "../mutex.hpp"
#include "../select.hpp"
#include "../semaphore.hpp"
#include "../wait_group.hpp"
#include "payloads.hpp"
#include "world.hpp"

namespace lockstep::testing {

template <class R>
struct select_suite : suite<R> {
  using ints = basic_channel<int, R>;
  static constexpr int picks = 100'000;

  // Counts how often each of n cases was chosen.
  class tally {
   public:
    explicit tally(std::size_t n) : chosen_(n) {}
    void add(std::size_t i) { ++chosen_.at(i); }
    // Whether these counts are likely, at one in a million, if all cases have the same chance.
    ::testing::AssertionResult is_uniform() const {
      double total = 0;
      for (const double c : chosen_) total += c;
      const double expected = total / static_cast<double>(chosen_.size());
      double chi_square = 0;
      for (const double c : chosen_) chi_square += (c - expected) * (c - expected) / expected;
      if (chi_square < critical()) return ::testing::AssertionSuccess();
      return ::testing::AssertionFailure()
             << "chi square is " << chi_square << ", not below " << critical() << ": "
             << ::testing::PrintToString(chosen_);
    }

   private:
    double critical() const {  // by degrees of freedom
      switch (chosen_.size() - 1) {
        case 1: return 23.93;
        case 2: return 27.63;
        case 7: return 40.52;
        default: throw std::logic_error{"no critical value for this number of cases"};
      }
    }
    std::vector<double> chosen_;
  };

  contracts_throw contracts;

  // The status with which a select, or its handler, throws; ok if it does not.
  template <class Select>
  static status thrown_by(Select select) {
    try {
      select();
      return status::ok;
    } catch (const error& e) {
      return e.status();
    }
  }
  // Whether nobody waits in a rendezvous channel.
  static bool is_quiet(ints& ch) {
    return ch.try_send(0) == status::would_block && ch.try_recv().status() == status::would_block;
  }
};
TYPED_TEST_SUITE(select_suite, runtimes, suite_names);

TYPED_TEST(select_suite, the_value_of_a_losing_send_is_evaluated_once_all_the_same) {
  this->proves("SEL-1");
  typename TestFixture::ints ready{1}, other{1};
  ready.send(7);
  int evaluations = 0;
  select_in_order(on_recv(ready), on_send(other, ++evaluations));
  EXPECT_EQ(evaluations, 1);
  EXPECT_EQ(other.size(), 0U);
}

TYPED_TEST(select_suite, a_timeout_counts_from_the_making_of_its_case) {
  this->proves("SEL-1");
  typename TestFixture::ints silent;
  const auto patience = [] {
    auto timeout = on_timeout(1ms);
    TestFixture::pause(2ms);
    return timeout;
  };
  const auto begun = TypeParam::now();
  EXPECT_EQ(select(on_recv(silent), patience(), on_default()).status, status::timeout);
  EXPECT_GE(TypeParam::now() - begun, 2ms);
}

TYPED_TEST(select_suite, the_choice_among_ready_cases_is_uniform) {
  this->proves("SEL-2");
  for (const std::size_t n : {2U, 3U, 8U}) {
    std::vector<std::unique_ptr<typename TestFixture::ints>> channels;
    using on_recv_of_one = decltype(on_recv(*channels[0]));
    std::vector<on_recv_of_one> cases;
    for (std::size_t i = 0; i < n; ++i) {
      channels.push_back(std::make_unique<typename TestFixture::ints>(1));
      channels.back()->send(0);
      cases.push_back(on_recv(*channels.back()));
    }
    typename TestFixture::tally chosen{n};
    for (int i = 0; i < TestFixture::picks; ++i) {
      const auto s = select_list(cases);
      chosen.add(s.index);
      channels[s.index]->send(0);
    }
    EXPECT_TRUE(chosen.is_uniform());
  }
}

TYPED_TEST(select_suite, the_choice_does_not_depend_on_the_kind_of_case) {
  this->proves("SEL-2 SEL-12");
  typename TestFixture::ints ready{1};
  ready.send(0);
  typename TestFixture::ints room{unbounded};
  basic_latch<TypeParam> open{0};
  typename TestFixture::tally chosen{3};
  for (int i = 0; i < TestFixture::picks; ++i) {
    const auto s = select(on_recv(ready), on_send(room, 0), on_ready(open));
    chosen.add(s.index);
    if (s.index == 0) ready.send(0);
    if (s.index == 1) static_cast<void>(room.recv());
  }
  EXPECT_TRUE(chosen.is_uniform());
}

TYPED_TEST(select_suite, a_timeout_that_is_due_competes_as_an_equal) {
  this->proves("SEL-12");
  typename TestFixture::ints ready{1};
  ready.send(0);
  typename TestFixture::tally chosen{2};
  for (int i = 0; i < TestFixture::picks; ++i) {
    const auto s = select(on_timeout(0ns), on_recv(ready));
    chosen.add(s.index);
    if (s.index == 1) ready.send(0);
  }
  EXPECT_TRUE(chosen.is_uniform());
}

TYPED_TEST(select_suite, select_in_order_takes_the_first_that_can_proceed) {
  typename TestFixture::ints empty, ready{1}, ready_too{1};
  ready_too.send(2);
  for (int again = 0; again < 100; ++again) {
    ready.send(1);
    const auto s = select_in_order(on_recv(empty), on_recv(ready), on_recv(ready_too));
    ASSERT_EQ(s.index, 1U);
  }
}

TYPED_TEST(select_suite, the_default_is_chosen_only_if_nothing_else_can_proceed) {
  this->proves("SEL-3");
  typename TestFixture::ints ch{1};
  int received = 0;
  int otherwise = 0;
  const auto look = [&] {
    return select(on_default([&] { ++otherwise; }), on_recv(ch, [&](int v) { received = v; }));
  };
  auto s = look();
  EXPECT_EQ(s.index, 0U);
  EXPECT_EQ(s.status, status::would_block);
  EXPECT_EQ(otherwise, 1);
  for (int v = 1; v < 50; ++v) {
    ch.send(v);
    s = look();
    ASSERT_EQ(s.index, 1U);
    ASSERT_EQ(s.status, status::ok);
    ASSERT_EQ(received, v);
  }
  EXPECT_EQ(otherwise, 1);
}

TYPED_TEST(select_suite, without_a_default_it_blocks_until_a_value_comes) {
  this->proves("SEL-3");
  typename TestFixture::ints a, b;
  int received = 0;
  auto t = this->run([&] { return select(on_recv(a), on_recv(b, [&](int v) { received = v; })); });
  t.until_blocked();
  b.send(7);
  const auto s = t.join();
  EXPECT_EQ(s.index, 1U);
  EXPECT_EQ(s.status, status::ok);
  EXPECT_EQ(received, 7);
}

TYPED_TEST(select_suite, without_a_default_it_blocks_until_a_value_is_taken) {
  this->proves("SEL-3");
  for (const std::size_t capacity : {0U, 1U}) {
    typename TestFixture::ints a{capacity}, b{capacity};
    for (std::size_t i = 0; i < capacity; ++i) {
      a.send(0);
      b.send(0);
    }
    auto t = this->run([&] { return select(on_send(a, 1), on_send(b, 2)); });
    t.until_blocked();
    for (std::size_t i = 0; i < capacity; ++i) EXPECT_EQ(b.recv().value(), 0);
    EXPECT_EQ(b.recv().value(), 2);
    EXPECT_EQ(t.join().index, 1U);
    EXPECT_EQ(a.size(), capacity);
  }
}

TYPED_TEST(select_suite, a_losing_case_takes_no_value_and_sends_none) {
  this->proves("SEL-4");
  typename TestFixture::ints source{100}, sink{100};
  for (int v = 0; v < 100; ++v) source.send(v);
  std::size_t received = 0;
  std::size_t sent = 0;
  for (int i = 0; i < 100; ++i) {
    select(on_recv(source, [&](int) { ++received; }), on_send(sink, i, [&] { ++sent; }));
    ASSERT_EQ(source.size(), 100 - received);
    ASSERT_EQ(sink.size(), sent);
  }
  EXPECT_EQ(received + sent, 100U);
}

TYPED_TEST(select_suite, a_losing_case_that_waited_takes_no_value_and_sends_none) {
  this->proves("SEL-4");
  typename TestFixture::ints in, out, winner;
  auto t = this->run([&] { return select(on_recv(in), on_send(out, 1), on_recv(winner)); });
  t.until_blocked();
  winner.send(7);
  EXPECT_EQ(out.try_recv().status(), status::would_block);
  EXPECT_EQ(in.try_send(1), status::would_block);
  EXPECT_EQ(t.join().index, 2U);
}

TYPED_TEST(select_suite, a_value_that_was_not_sent_stays_in_its_case) {
  this->proves("SEL-4");
  basic_channel<std::unique_ptr<int>, TypeParam> later, sooner{1};
  std::array cases{on_send(later, std::make_unique<int>(7)),
                   on_send(sooner, std::make_unique<int>(8))};
  EXPECT_EQ(select_list(cases).index, 1U);
  auto receiver = this->run([&] { return later.recv(); });
  receiver.until_blocked();
  EXPECT_EQ(select_list(cases).index, 0U);
  EXPECT_EQ(*receiver.join().value(), 7);
}

TYPED_TEST(select_suite, what_was_chosen_and_what_was_received_belong_together) {
  this->proves("SEL-4 SEL-11");
  typename TestFixture::ints a, b;
  int received = 0;
  auto t = this->run([&] {
    return select(on_recv(a, [&](int v) { received = v; }),
                  on_recv(b, [&](int v) { received = v; }));
  });
  t.until_blocked();
  EXPECT_EQ(a.try_send(1), status::ok);
  EXPECT_EQ(b.try_send(2), status::would_block);  // chosen, though not awake yet
  EXPECT_EQ(t.join().index, 0U);
  EXPECT_EQ(received, 1);
}

TYPED_TEST(select_suite, empty_views_and_endless_contexts_are_never_ready) {
  this->proves("SEL-5 CH-7");
  const basic_receiver<int, TypeParam> no_receiver;
  const basic_sender<int, TypeParam> no_sender;
  cancel_scope end;
  auto t = this->run([&] {
    return select(on_recv(no_receiver), on_send(no_sender, 1), on_done(background()),
                  on_done(end.context()));
  });
  t.until_blocked();
  end.cancel();
  EXPECT_EQ(t.join().index, 3U);
  EXPECT_EQ(select(on_recv(no_receiver), on_send(no_sender, 1), on_default()).index, 2U);
}

TYPED_TEST(select_suite, an_empty_view_turns_a_case_off) {
  this->proves("SEL-5");
  typename TestFixture::ints numbers{unbounded}, more{unbounded};
  for (const int v : {1, 2}) numbers.send(v);
  numbers.close();
  more.send(10);
  more.close();
  basic_receiver<int, TypeParam> a{numbers}, b{more};
  int sum = 0;
  const auto add_from = [&](basic_receiver<int, TypeParam>& from) {
    return on_recv(from, [&](outcome<int> v) {
      if (!v) from = {};
      sum += std::move(v).value_or(0);
    });
  };
  while (a || b) select(add_from(a), add_from(b));
  EXPECT_EQ(sum, 13);
}

TYPED_TEST(select_suite, a_receive_from_a_closed_channel_is_ready) {
  this->proves("SEL-6");
  typename TestFixture::ints ch{2};
  ch.send(1);
  ch.close();
  std::vector<outcome<int>> seen;
  const auto keep = [&](outcome<int> v) { seen.push_back(std::move(v)); };
  EXPECT_EQ(select(on_recv(ch, keep)).status, status::ok);
  EXPECT_EQ(select(on_recv(ch, keep)).status, status::closed);
  EXPECT_EQ(select(on_recv(ch)).status, status::closed);
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0].value(), 1);
  EXPECT_EQ(seen[1].status(), status::closed);
}

TYPED_TEST(select_suite, a_handler_that_needs_a_value_is_not_called_without_one) {
  this->proves("SEL-6");
  typename TestFixture::ints ch;
  ch.close();
  const auto never = [](int) { FAIL(); };
  EXPECT_EQ(this->thrown_by([&] { select(on_recv(ch, never)); }), status::closed);
}

TYPED_TEST(select_suite, a_send_on_a_closed_channel_throws_if_it_is_chosen) {
  this->proves("SEL-6 CH-3");
  typename TestFixture::ints closed{1}, ready{1};
  closed.close();
  ready.send(0);
  EXPECT_EQ(this->thrown_by([&] { select(on_send(closed, 1, [] { FAIL(); })); }), status::closed);
  EXPECT_EQ(select_in_order(on_recv(ready), on_send(closed, 1)).index, 0U);
  EXPECT_EQ(this->thrown_by([&] { select(on_send(closed, 1), on_default()); }), status::closed);
}

TYPED_TEST(select_suite, close_releases_a_blocked_select) {
  this->proves("SEL-6 CH-5");
  typename TestFixture::ints in, out, quiet;
  auto receiving = this->run([&] { return select(on_recv(quiet), on_recv(in)); });
  auto sending =
      this->run([&] { return this->thrown_by([&] { select(on_recv(quiet), on_send(out, 1)); }); });
  receiving.until_blocked();
  sending.until_blocked();
  in.close();
  out.close();
  const auto s = receiving.join();
  EXPECT_EQ(s.index, 1U);
  EXPECT_EQ(s.status, status::closed);
  EXPECT_EQ(sending.join(), status::closed);
}

TYPED_TEST(select_suite, a_value_that_came_before_the_close_is_received) {
  this->proves("SEL-11");
  typename TestFixture::ints ch;
  int received = 0;
  auto t = this->run([&] { return select(on_recv(ch, [&](int v) { received = v; })).status; });
  t.until_blocked();
  ch.send(7);
  ch.close();
  EXPECT_EQ(t.join(), status::ok);
  EXPECT_EQ(received, 7);
}

TYPED_TEST(select_suite, a_channel_may_appear_in_several_cases) {
  this->proves("SEL-7");
  typename TestFixture::ints ch{4};
  ch.send(1);
  EXPECT_EQ(select(on_recv(ch), on_recv(ch), on_recv(ch)).status, status::ok);
  EXPECT_EQ(select(on_send(ch, 1), on_send(ch, 2)).status, status::ok);
  EXPECT_EQ(ch.size(), 1U);
  static_cast<void>(ch.recv());
  auto t = this->run([&] { return select(on_recv(ch), on_recv(ch)).status; });
  t.until_blocked();
  ch.send(1);
  EXPECT_EQ(ch.try_send(2), status::ok);
  EXPECT_EQ(t.join(), status::ok);
  EXPECT_EQ(ch.recv().value(), 2);  // the second case took nothing
}

TYPED_TEST(select_suite, two_selects_over_the_same_channels_pair_up) {
  this->proves("SEL-7 SEL-8");
  typename TestFixture::ints a, b;
  int received = 0;
  auto t =
      this->run([&] { return select(on_recv(a, [&](int v) { received = v; }), on_send(b, 2)); });
  t.until_blocked();
  const auto here = select(on_send(a, 1), on_recv(b, [&](int v) { received = v; }));
  const auto there = t.join();
  EXPECT_EQ(here.index, there.index);
  EXPECT_EQ(received, here.index == 0 ? 1 : 2);
}

TYPED_TEST(select_suite, selects_in_opposite_order_never_block_each_other) {
  this->proves("SEL-8");
  typename TestFixture::ints a, b;
  constexpr int rounds = 2'000;
  auto forth = this->run([&] {
    for (int i = 0; i < rounds; ++i) select(on_send(a, i), on_send(b, i));
  });
  auto back = this->run([&] {
    for (int i = 0; i < rounds; ++i) select(on_recv(b), on_recv(a));
  });
  forth.join();
  back.join();
}

TYPED_TEST(select_suite, a_select_never_takes_its_own_value) {
  this->proves("SEL-9 CH-14");
  typename TestFixture::ints ch;
  const auto both = [&](int& received) {
    return select(on_send(ch, 1), on_recv(ch, [&](int v) { received = v; })).index;
  };
  int received = 0;
  EXPECT_EQ(select(on_send(ch, 1), on_recv(ch), on_default()).index, 2U);
  auto t = this->run([&] { return both(received); });
  t.until_blocked();
  EXPECT_EQ(ch.recv().value(), 1);
  EXPECT_EQ(t.join(), 0U);
  auto u = this->run([&] { return both(received); });
  u.until_blocked();
  ch.send(7);
  EXPECT_EQ(u.join(), 1U);
  EXPECT_EQ(received, 7);
}

TYPED_TEST(select_suite, two_selects_that_send_and_receive_serve_each_other) {
  this->proves("SEL-9");
  typename TestFixture::ints ch;
  const auto both = [&](int own) {
    int received = 0;
    select(on_send(ch, own), on_recv(ch, [&](int v) { received = v; }));
    return received;
  };
  auto t = this->run([&] { return both(1); });
  t.until_blocked();
  const int here = both(2);
  EXPECT_EQ(here + t.join(), here == 0 ? 2 : 1);
}

TYPED_TEST(select_suite, nothing_stays_registered_when_select_returns) {
  this->proves("SEL-10");
  typename TestFixture::ints winner, a, b;
  auto t = this->run([&] { return select(on_recv(winner), on_recv(a), on_send(b, 1)).index; });
  t.until_blocked();
  winner.send(1);
  EXPECT_EQ(t.join(), 0U);
  EXPECT_TRUE(this->is_quiet(a));
  EXPECT_TRUE(this->is_quiet(b));
  EXPECT_EQ(select(on_recv(a), on_send(b, 1), on_timeout(1ms)).status, status::timeout);
  EXPECT_TRUE(this->is_quiet(a));
  EXPECT_TRUE(this->is_quiet(b));
}

TYPED_TEST(select_suite, nothing_stays_registered_when_a_handler_throws) {
  this->proves("SEL-10");
  typename TestFixture::ints winner, a, b;
  auto t = this->run(
      [&] { select(on_recv(winner, [](int v) { throw v; }), on_recv(a), on_send(b, 1)); });
  t.until_blocked();
  winner.send(7);
  EXPECT_THROW(t.join(), int);
  EXPECT_TRUE(this->is_quiet(a));
  EXPECT_TRUE(this->is_quiet(b));
  EXPECT_TRUE(this->is_quiet(winner));
}

TYPED_TEST(select_suite, a_handler_may_select_on_the_same_channels) {
  this->proves("SEL-10");
  typename TestFixture::ints a{2};
  a.send(1);
  a.send(2);
  int inner = 0;
  select(on_recv(a, [&](int) { select(on_recv(a, [&](int v) { inner = v; })); }));
  EXPECT_EQ(inner, 2);
}

TYPED_TEST(select_suite, a_timeout_is_chosen_when_the_time_has_come_and_not_before) {
  this->proves("SEL-3");
  typename TestFixture::ints silent;
  const auto begun = TypeParam::now();
  bool called = false;
  const auto s = select(on_recv(silent), on_timeout(5ms, [&] { called = true; }), on_timeout(1h));
  EXPECT_GE(TypeParam::now() - begun, 5ms);
  EXPECT_EQ(s.index, 1U);
  EXPECT_EQ(s.status, status::timeout);
  EXPECT_TRUE(called);
  EXPECT_EQ(select(on_recv(silent), on_timeout(begun)).status, status::timeout);
}

TYPED_TEST(select_suite, it_ends_when_a_context_does) {
  this->proves("CTX-1");
  typename TestFixture::ints silent;
  cancel_scope scope;
  bool called = false;
  auto t = this->run([&] {
    return select(on_recv(silent), on_done(scope.context(), [&] { called = true; })).status;
  });
  t.until_blocked();
  EXPECT_FALSE(called);
  scope.cancel();
  EXPECT_EQ(t.join(), status::cancelled);
  EXPECT_TRUE(called);
  EXPECT_EQ(select(on_recv(silent), on_done(scope.context())).status, status::cancelled);
  const cancel_scope brief{5ms};
  EXPECT_EQ(select(on_recv(silent), on_done(brief.context())).status, status::timeout);
  EXPECT_EQ(select(on_recv(silent), on_done(brief.context())).status, status::timeout);
}

TYPED_TEST(select_suite, it_ends_when_a_latch_opens_or_a_wait_group_is_done) {
  basic_latch<TypeParam> latch{1};
  basic_wait_group<TypeParam> group;
  group.add(1);
  const auto either = [&] { return select(on_ready(latch), on_ready(group)).index; };
  auto t = this->run(either);
  t.until_blocked();
  group.done();
  EXPECT_EQ(t.join(), 1U);
  EXPECT_EQ(either(), 1U);
  group.add(1);
  auto u = this->run(either);
  u.until_blocked();
  latch.count_down();
  EXPECT_EQ(u.join(), 0U);
  EXPECT_EQ(either(), 0U);
  group.done();
}

TYPED_TEST(select_suite, an_acquire_that_is_chosen_takes_its_permits) {
  basic_semaphore<TypeParam> s{5};
  EXPECT_EQ(select(on_acquire(s)).status, status::ok);
  EXPECT_EQ(s.available(), 4);
  bool called = false;
  select(on_acquire(s, 3, [&] { called = true; }));
  EXPECT_TRUE(called);
  EXPECT_EQ(s.available(), 1);
  EXPECT_EQ(select(on_acquire(s, 2), on_default()).index, 1U);
  EXPECT_EQ(select(on_acquire(s, 6), on_default()).index, 1U);  // more than there ever are
  EXPECT_EQ(s.available(), 1);
}

TYPED_TEST(select_suite, an_acquire_that_waits_gets_its_permits_from_a_release) {
  this->proves("SM-1 SM-4");
  basic_semaphore<TypeParam> s{2};
  s.acquire(2);
  typename TestFixture::ints silent;
  auto t = this->run([&] { return select(on_recv(silent), on_acquire(s, 2)).index; });
  t.until_blocked();
  s.release(1);
  EXPECT_FALSE(s.try_acquire());  // in order of arrival
  s.release(1);
  EXPECT_EQ(t.join(), 1U);
  EXPECT_EQ(s.available(), 0);
}

TYPED_TEST(select_suite, a_losing_acquire_takes_nothing_and_lets_others_pass) {
  this->proves("SEL-4 SM-2");
  basic_semaphore<TypeParam> s{2};
  s.acquire();
  typename TestFixture::ints winner;
  auto large = this->run([&] { return select(on_acquire(s, 2), on_recv(winner)).index; });
  large.until_blocked();
  auto small = this->run([&] { s.acquire(); });
  small.until_blocked();  // behind the large one
  winner.send(1);
  EXPECT_EQ(large.join(), 1U);
  small.join();
  EXPECT_EQ(s.available(), 0);
  s.release(2);
  typename TestFixture::ints ready{1};
  ready.send(1);
  select_in_order(on_recv(ready), on_acquire(s, 2));
  EXPECT_EQ(s.available(), 2);
}

TYPED_TEST(select_suite, a_mutex_is_acquired_once_it_is_free) {
  basic_mutex<TypeParam> m;
  EXPECT_EQ(select(on_acquire(m), on_default()).index, 0U);
  EXPECT_FALSE(m.try_lock());
  EXPECT_EQ(select(on_acquire(m), on_default()).index, 1U);
  EXPECT_EQ(select(on_acquire(m), on_timeout(1ms)).index, 1U);
  typename TestFixture::ints silent;
  auto t = this->run([&] { return select(on_recv(silent), on_acquire(m)).index; });
  t.until_blocked();
  m.unlock();
  EXPECT_EQ(t.join(), 1U);
  EXPECT_FALSE(m.try_lock());
  m.unlock();
  EXPECT_TRUE(m.try_lock());
  m.unlock();
}

TYPED_TEST(select_suite, a_mutex_that_lost_is_left_to_others) {
  this->proves("SEL-4");
  basic_mutex<TypeParam> m;
  m.lock();
  typename TestFixture::ints winner;
  auto t = this->run([&] { return select(on_acquire(m), on_recv(winner)).index; });
  t.until_blocked();
  auto other = this->run([&] { m.lock(); });
  other.until_blocked();
  winner.send(1);
  EXPECT_EQ(t.join(), 1U);
  m.unlock();
  other.join();
  m.unlock();
  EXPECT_TRUE(m.try_lock());
  m.unlock();
}

TYPED_TEST(select_suite, a_list_of_cases_may_be_made_at_run_time) {
  this->proves("SEL-10");
  for (const std::size_t n : {1U, 8U, 9U, 40U}) {  // more than 8 are kept on the heap
    std::vector<std::unique_ptr<typename TestFixture::ints>> channels;
    std::size_t received = 0;
    using keep = std::function<void(int)>;
    std::vector<decltype(on_recv(*channels[0], keep{}))> cases;
    for (std::size_t i = 0; i < n; ++i) {
      channels.push_back(std::make_unique<typename TestFixture::ints>());
      cases.push_back(on_recv(*channels[i], keep{[&received, i](int) { received = i + 1; }}));
    }
    for (const std::size_t chosen : {n - 1, n / 2}) {
      auto t = this->run([&] { return select_list(cases); });
      t.until_blocked();
      channels[chosen]->send(1);
      EXPECT_EQ(t.join().index, chosen);
      EXPECT_EQ(received, chosen + 1);
      for (auto& ch : channels) EXPECT_TRUE(this->is_quiet(*ch));
    }
  }
}

TYPED_TEST(select_suite, a_list_may_point_to_cases_of_any_kind_on_one_runtime) {
  typename TestFixture::ints in, out;
  basic_latch<TypeParam> latch{1};
  using any_case = detail::object_case<TypeParam>;
  std::vector<std::unique_ptr<any_case>> cases;
  const auto add = [&](auto c) { cases.push_back(std::make_unique<decltype(c)>(std::move(c))); };
  add(on_recv(in));
  add(on_send(out, 7));
  add(on_ready(latch));
  auto t = this->run([&] { return select_list(cases); });
  t.until_blocked();
  EXPECT_EQ(out.recv().value(), 7);
  EXPECT_EQ(t.join().index, 1U);
  latch.count_down();
  EXPECT_EQ(select_list(cases).index, 2U);
}

TYPED_TEST(select_suite, values_that_can_only_be_moved_are_moved) {
  basic_channel<std::unique_ptr<int>, TypeParam> in, out;
  std::unique_ptr<int> received;
  auto t = this->run([&] {
    select(on_recv(in, [&](std::unique_ptr<int> v) { received = std::move(v); }));
    select(on_recv(in), on_send(out, std::move(received)));
  });
  t.until_blocked();
  in.send(std::make_unique<int>(7));
  EXPECT_EQ(*out.recv().value(), 7);
  t.join();
}

TYPED_TEST(select_suite, values_whose_move_may_throw_travel_whole_and_die_once) {
  {
    basic_channel<fragile, TypeParam> ch, other;
    int received = 0;
    auto t = this->run([&] {
      select(on_recv(ch, [&](fragile v) { received = v.value; }), on_send(other, fragile{1}));
    });
    t.until_blocked();
    select(on_send(ch, fragile{7}), on_send(ch, 8));
    t.join();
    EXPECT_TRUE(received == 7 || received == 8);
    EXPECT_EQ(select(on_send(ch, 9), on_recv(other), on_default()).index, 2U);
  }
  EXPECT_EQ(fragile::alive, 0);
}

TYPED_TEST(select_suite, a_channel_of_void_passes_signals) {
  basic_channel<void, TypeParam> in{1}, out{1};
  int calls = 0;
  const auto count = [&] { ++calls; };
  EXPECT_EQ(select(on_send(out, count)).status, status::ok);
  EXPECT_EQ(out.size(), 1U);
  in.send();
  EXPECT_EQ(select(on_recv(in, count)).status, status::ok);
  auto t = this->run([&] { return select(on_recv(in), on_send(out)); });
  t.until_blocked();
  out.recv().value();
  EXPECT_EQ(t.join().index, 1U);
  in.close();
  select(on_recv(in, [&](outcome<void> o) { calls += o.status() == status::closed ? 1 : 0; }));
  EXPECT_EQ(calls, 3);
  EXPECT_EQ(this->thrown_by([&] { select(on_recv(in, count)); }), status::closed);
  EXPECT_EQ(calls, 3);
}

TYPED_TEST(select_suite, a_send_to_an_unbounded_channel_is_always_ready) {
  typename TestFixture::ints ch{unbounded};
  for (int v = 0; v < 1000; ++v) {
    ASSERT_EQ(select_in_order(on_send(ch, v), on_default()).index, 0U);
  }
  for (int v = 0; v < 1000; ++v) ASSERT_EQ(ch.recv().value(), v);
}

TYPED_TEST(select_suite, a_select_waits_in_line_with_plain_operations) {
  this->proves("CH-11");
  typename TestFixture::ints ch;
  int received = 0;
  auto first = this->run([&] { select(on_recv(ch, [&](int v) { received = v; })); });
  first.until_blocked();
  auto second = this->run([&] { return ch.recv(); });
  second.until_blocked();
  ch.send(1);
  ch.send(2);
  first.join();
  EXPECT_EQ(received, 1);
  EXPECT_EQ(second.join().value(), 2);
}

TYPED_TEST(select_suite, what_was_written_before_the_send_is_seen_after_the_select) {
  this->proves("MM-1");
  typename TestFixture::ints ch, other;
  int plain = 0;  // a data race unless ordered
  auto t = this->run([&] {
    select(on_recv(other), on_recv(ch));
    return plain;
  });
  t.until_blocked();
  plain = 7;
  select(on_send(ch, 1));
  EXPECT_EQ(t.join(), 7);
}

TYPED_TEST(select_suite, a_send_on_an_unbounded_channel_is_chosen_though_others_fill_it) {
  for (int round = 0; round < 200; ++round) {
    basic_channel<int, TypeParam> u{unbounded};
    const auto send = [&u] {
      std::size_t others = 0;
      for (int i = 0; i < 300; ++i) {
        others += select(on_send(u, i), on_default()).index;
      }
      return others;
    };
    auto a = this->run(send);
    auto b = this->run(send);
    ASSERT_EQ(send() + a.join() + b.join(), 0U);
    ASSERT_EQ(u.size(), 900U);
  }
}

TYPED_TEST(select_suite, takes_the_smaller_of_two_requests_for_one_semaphore) {
  basic_semaphore<TypeParam> s{0, 2};
  auto both = this->run([&s] { return select(on_acquire(s, 2), on_acquire(s, 1)).index; });
  both.until_blocked();
  s.release();
  EXPECT_EQ(both.join(), 1U);
  EXPECT_EQ(s.available(), 0);
}

TYPED_TEST(select_suite, refuses_to_acquire_no_permits) {
  basic_semaphore<TypeParam> s{1, 4};
  EXPECT_THROW(select(on_acquire(s, -2)), contracts_throw::violation);
  EXPECT_EQ(s.available(), 1);
}

TYPED_TEST(select_suite, cases_may_be_kept_in_variables) {
  basic_channel<int, TypeParam> ch{2};
  int got = 0;
  auto receive = on_recv(ch, [&got](int v) { got = v; });
  for (const int v : {1, 2}) {
    ch.send(v);
    select(receive);
    EXPECT_EQ(got, v);
  }
}

TYPED_TEST(select_suite, sends_nothing_through_a_sender_of_void) {
  basic_channel<void, TypeParam> ch{1};
  const basic_sender<void, TypeParam> to{ch};
  EXPECT_EQ(select(on_send(to), on_default()).index, 0U);
  EXPECT_EQ(select(on_send(to), on_default()).index, 1U);
}

}  // namespace lockstep::testing
