// go_select.hpp: what Go's own tests ask of select (src/runtime/chan_test.go, test/chan/select*.go),
// asked here in this library's words (SEL).
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <functional>

#include "../channel.hpp"
#include "../channel_ends.hpp"
#include "../context.hpp"
#include "../select.hpp"
#include "world.hpp"

namespace lockstep::testing {

template <class R>
struct go_select_suite : suite<R> {
  using ints = basic_channel<int, R>;
  using to_ints = basic_sender<int, R>;
  using from_ints = basic_receiver<int, R>;

  // f(ctx) blocks, and for good: only the end of its context releases it.
  template <class F>
  static void blocks(F f) {
    cancel_scope end;
    auto t = suite<R>::blocked([&] { return f(end.context()); });
    end.cancel();
    EXPECT_EQ(t.join(), status::cancelled);
  }
};
TYPED_TEST_SUITE(go_select_suite, runtimes, suite_names);

// As Go's test/chan/select.go.
TYPED_TEST(go_select_suite, evaluates_the_values_of_cases_that_are_turned_off) {
  this->proves("CH-7 SEL-1 SEL-3 SEL-4");
  typename TestFixture::ints a{1}, b{1};
  int evaluations = 0;
  int bit = 1;
  const auto value = [&] {
    ++evaluations;
    return bit;
  };
  const auto send_to_both = [&](typename TestFixture::to_ints one,
                                typename TestFixture::to_ints two) {
    int sent = 0;
    for (;; bit *= 2, ++sent) {
      const auto s = select(on_send(one, value(), [&] { one = {}; }),
                            on_send(two, value(), [&] { two = {}; }), on_default());
      if (s.index == 2) return sent;
    }
  };
  EXPECT_EQ(send_to_both(a, b), 2);
  EXPECT_EQ(a.recv().value() + b.recv().value(), 1 + 2);
  EXPECT_EQ(send_to_both(a, {}), 1);
  EXPECT_EQ(a.recv().value(), 4);
  EXPECT_EQ(evaluations, 2 * (3 + 2));
}

// As Go's test/chan/select3.go; so are the next two.
TYPED_TEST(go_select_suite, blocks_on_what_can_never_or_not_yet_proceed) {
  this->proves("CH-7 CH-8 CH-9 SEL-3 SEL-5 SEL-9");
  typename TestFixture::to_ints nowhere;
  typename TestFixture::from_ints nothing;
  typename TestFixture::ints ch, full{1};
  full.send(0);
  this->blocks([&](const context& ctx) { return nowhere.send(ctx, 7); });
  this->blocks([&](const context& ctx) { return nothing.recv(ctx).status(); });
  this->blocks([&](const context& ctx) { return ch.send(ctx, 7); });
  this->blocks([&](const context& ctx) { return ch.recv(ctx).status(); });
  this->blocks([&](const context& ctx) { return full.send(ctx, 7); });

  const auto select_blocks = [&](auto&... cases) {
    this->blocks([&](const context& ctx) { return select(cases..., on_done(ctx)).status; });
  };
  auto to_nowhere = on_send(nowhere, 7);
  auto from_nothing = on_recv(nothing);
  auto to_ch = on_send(ch, 7);
  auto from_ch = on_recv(ch);
  auto to_full = on_send(full, 7);
  select_blocks(to_nowhere);
  select_blocks(from_nothing);
  select_blocks(to_nowhere, from_nothing);
  select_blocks(to_ch);
  select_blocks(from_ch);
  select_blocks(to_full);
  select_blocks(to_ch, from_ch);  // they are not for each other
}

TYPED_TEST(go_select_suite, does_not_block_with_a_default_or_with_what_can_proceed) {
  this->proves("CH-7 SEL-3 SEL-5");
  typename TestFixture::ints ch{1};
  EXPECT_EQ(select(on_default()).index, 0U);
  EXPECT_EQ(select(on_recv(typename TestFixture::from_ints{}), on_default()).index, 1U);
  EXPECT_EQ(select(on_send(typename TestFixture::to_ints{}, 7), on_default()).index, 1U);
  EXPECT_EQ(select(on_recv(ch), on_default()).index, 1U);
  EXPECT_EQ(select(on_send(ch, 7), on_default()).index, 0U);
  EXPECT_EQ(select(on_send(ch, 8), on_default()).index, 1U);
  EXPECT_EQ(select(on_recv(ch), on_default()).index, 0U);
}

TYPED_TEST(go_select_suite, treats_closed_channels_as_plain_operations_do) {
  this->proves("CH-1 CH-3 SEL-6");
  typename TestFixture::ints closed;
  closed.close();
  for (int again = 0; again < 10; ++again) {
    EXPECT_EQ(select(on_recv(closed)).status, status::closed);
    EXPECT_EQ(select(on_recv(closed), on_default()).index, 0U);
  }
  EXPECT_EQ(this->thrown_by([&] { select(on_send(closed, 7)); }), status::closed);
  EXPECT_EQ(this->thrown_by([&] { select(on_send(closed, 7), on_default()); }), status::closed);
  EXPECT_EQ(this->thrown_by([&] { closed.send(7); }), status::closed);
}

// As Go's test/chan/select4.go.
TYPED_TEST(go_select_suite, does_nothing_for_a_case_that_was_not_chosen) {
  this->proves("SEL-4");
  typename TestFixture::ints ready{1}, silent;
  ready.send(42);
  int received = 0;
  const auto not_for_this = [](int) { ADD_FAILURE() << "nothing came this way"; };
  select(on_recv(silent, not_for_this), on_recv(ready, [&](int v) { received = v; }));
  EXPECT_EQ(received, 42);
}

// As Go's test/chan/select6.go.
TYPED_TEST(go_select_suite, leaves_the_queue_of_a_losing_channel_in_order) {
  this->proves("CH-11 SEL-10");
  typename TestFixture::ints disputed, winner;
  auto first = this->blocked([&] { return disputed.recv().value(); });
  auto second = this->blocked([&] {
    EXPECT_EQ(select(on_recv(disputed), on_recv(winner)).index, 1U);
    return disputed.recv().value();
  });
  winner.send(0);
  second.until_blocked();
  disputed.send(1);
  disputed.send(2);
  EXPECT_EQ(first.join(), 1);
  EXPECT_EQ(second.join(), 2);
}

// As Go's test/chan/select7.go.
TYPED_TEST(go_select_suite, meets_every_kind_of_partner) {
  this->proves("CH-17 SEL-4 SEL-10");
  typename TestFixture::ints quiet;
  using operation = std::function<void(typename TestFixture::ints&)>;
  const operation receives[] = {[](auto& ch) { static_cast<void>(ch.recv()); },
                                [](auto& ch) { select(on_recv(ch)); },
                                [&](auto& ch) { select(on_recv(ch), on_recv(quiet)); }};
  const operation sends[] = {[](auto& ch) { ch.send(1); }, [](auto& ch) { select(on_send(ch, 1)); },
                             [&](auto& ch) { select(on_send(ch, 1), on_send(quiet, 1)); }};
  const auto meet = [&](const operation& early, const operation& late) {
    typename TestFixture::ints ch;
    auto waiting = this->blocked([&] { early(ch); });
    late(ch);
    waiting.join();
  };
  for (const auto& receive : receives) {
    for (const auto& send : sends) {
      meet(receive, send);
      meet(send, receive);
    }
  }
  EXPECT_EQ(quiet.try_send(1), status::would_block);
  EXPECT_EQ(quiet.try_recv().status(), status::would_block);
}

// As Go's TestSelectDuplicateChannel.
TYPED_TEST(go_select_suite, leaves_no_trace_of_a_channel_that_it_named_twice) {
  this->proves("CH-11 SEL-7 SEL-10");
  typename TestFixture::ints twice, other;
  auto one =
      this->blocked([&] { return select(on_recv(twice), on_recv(twice), on_recv(other)).index; });
  auto two = this->blocked([&] { return twice.recv().value(); });
  other.send(7);
  EXPECT_EQ(one.join(), 2U);
  EXPECT_EQ(twice.try_send(8), status::ok);
  EXPECT_EQ(two.join(), 8);
}

}  // namespace lockstep::testing
