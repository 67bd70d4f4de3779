// select.hpp: how a select waits, and what becomes of the cases that lose (SEL).
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "../channel.hpp"
#include "../context.hpp"
#include "../select.hpp"
#include "world.hpp"

namespace lockstep::testing {

template <class R>
struct select_suite : suite<R> {
  using ints = basic_channel<int, R>;

  // Whether nobody waits in a rendezvous channel.
  static bool is_quiet(ints& ch) {
    return ch.try_send(0) == status::would_block && ch.try_recv().status() == status::would_block;
  }
};
TYPED_TEST_SUITE(select_suite, runtimes, suite_names);

TYPED_TEST(select_suite, without_a_default_it_blocks_until_a_value_comes) {
  this->proves("SEL-3");
  typename TestFixture::ints a, b;
  int received = 0;
  auto t =
      this->blocked([&] { return select(on_recv(a), on_recv(b, [&](int v) { received = v; })); });
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
    auto t = this->blocked([&] { return select(on_send(a, 1), on_send(b, 2)); });
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
  auto t = this->blocked([&] { return select(on_recv(in), on_send(out, 1), on_recv(winner)); });
  winner.send(7);
  EXPECT_EQ(out.try_recv().status(), status::would_block);
  EXPECT_EQ(in.try_send(1), status::would_block);
  EXPECT_EQ(t.join().index, 2U);
}

TYPED_TEST(select_suite, what_was_chosen_and_what_was_received_belong_together) {
  this->proves("SEL-4 SEL-11");
  typename TestFixture::ints a, b;
  int received = 0;
  auto t = this->blocked([&] {
    return select(on_recv(a, [&](int v) { received = v; }),
                  on_recv(b, [&](int v) { received = v; }));
  });
  EXPECT_EQ(a.try_send(1), status::ok);
  EXPECT_EQ(b.try_send(2), status::would_block);  // chosen, though not awake yet
  EXPECT_EQ(t.join().index, 0U);
  EXPECT_EQ(received, 1);
}

TYPED_TEST(select_suite, a_channel_may_appear_in_several_cases) {
  this->proves("SEL-7");
  typename TestFixture::ints ch{4};
  ch.send(1);
  EXPECT_EQ(select(on_recv(ch), on_recv(ch), on_recv(ch)).status, status::ok);
  EXPECT_EQ(select(on_send(ch, 1), on_send(ch, 2)).status, status::ok);
  EXPECT_EQ(ch.size(), 1U);
  static_cast<void>(ch.recv());
  auto t = this->blocked([&] { return select(on_recv(ch), on_recv(ch)).status; });
  ch.send(1);
  EXPECT_EQ(ch.try_send(2), status::ok);
  EXPECT_EQ(t.join(), status::ok);
  EXPECT_EQ(ch.recv().value(), 2);  // the second case took nothing
}

TYPED_TEST(select_suite, two_selects_over_the_same_channels_pair_up) {
  this->proves("SEL-7 SEL-8");
  typename TestFixture::ints a, b;
  int received = 0;
  auto t = this->blocked(
      [&] { return select(on_recv(a, [&](int v) { received = v; }), on_send(b, 2)); });
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
  auto t = this->blocked([&] { return both(received); });
  EXPECT_EQ(ch.recv().value(), 1);
  EXPECT_EQ(t.join(), 0U);
  auto u = this->blocked([&] { return both(received); });
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
  auto t = this->blocked([&] { return both(1); });
  const int here = both(2);
  EXPECT_EQ(here + t.join(), here == 0 ? 2 : 1);
}

TYPED_TEST(select_suite, nothing_stays_registered_when_select_returns) {
  this->proves("SEL-10");
  typename TestFixture::ints winner, a, b;
  auto t = this->blocked([&] { return select(on_recv(winner), on_recv(a), on_send(b, 1)).index; });
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
  auto t = this->blocked(
      [&] { select(on_recv(winner, [](int v) { throw v; }), on_recv(a), on_send(b, 1)); });
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
  auto t = this->blocked([&] {
    return select(on_recv(silent), on_done(scope.context(), [&] { called = true; })).status;
  });
  EXPECT_FALSE(called);
  scope.cancel();
  EXPECT_EQ(t.join(), status::cancelled);
  EXPECT_TRUE(called);
  EXPECT_EQ(select(on_recv(silent), on_done(scope.context())).status, status::cancelled);
  const cancel_scope brief{5ms};
  EXPECT_EQ(select(on_recv(silent), on_done(brief.context())).status, status::timeout);
  EXPECT_EQ(select(on_recv(silent), on_done(brief.context())).status, status::timeout);
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
      auto t = this->blocked([&] { return select_list(cases); });
      channels[chosen]->send(1);
      EXPECT_EQ(t.join().index, chosen);
      EXPECT_EQ(received, chosen + 1);
      for (auto& ch : channels) EXPECT_TRUE(this->is_quiet(*ch));
    }
  }
}

TYPED_TEST(select_suite, a_select_waits_in_line_with_plain_operations) {
  this->proves("CH-11");
  typename TestFixture::ints ch;
  int received = 0;
  auto first = this->blocked([&] { select(on_recv(ch, [&](int v) { received = v; })); });
  auto second = this->blocked([&] { return ch.recv(); });
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
  auto t = this->blocked([&] {
    select(on_recv(other), on_recv(ch));
    return plain;
  });
  plain = 7;
  select(on_send(ch, 1));
  EXPECT_EQ(t.join(), 7);
}

}  // namespace lockstep::testing
