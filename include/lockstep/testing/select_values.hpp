// select_values.hpp: what a select receives and sends: values, and the end of a channel (SEL-4, SEL-6).
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <utility>
#include <vector>

#include "../channel.hpp"
#include "../channel_ends.hpp"
#include "../select.hpp"
#include "payloads.hpp"
#include "world.hpp"

namespace lockstep::testing {

template <class R>
struct select_values_suite : suite<R> {
  using ints = basic_channel<int, R>;
};
TYPED_TEST_SUITE(select_values_suite, runtimes, suite_names);

TYPED_TEST(select_values_suite, a_receive_from_a_closed_channel_is_ready) {
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

TYPED_TEST(select_values_suite, a_handler_that_needs_a_value_is_not_called_without_one) {
  this->proves("SEL-6");
  typename TestFixture::ints ch;
  ch.close();
  const auto never = [](int) { FAIL(); };
  EXPECT_EQ(this->thrown_by([&] { select(on_recv(ch, never)); }), status::closed);
}

TYPED_TEST(select_values_suite, a_send_on_a_closed_channel_throws_if_it_is_chosen) {
  this->proves("SEL-6 CH-3");
  typename TestFixture::ints closed{1}, ready{1};
  closed.close();
  ready.send(0);
  EXPECT_EQ(this->thrown_by([&] { select(on_send(closed, 1, [] { FAIL(); })); }), status::closed);
  EXPECT_EQ(select_in_order(on_recv(ready), on_send(closed, 1)).index, 0U);
  EXPECT_EQ(this->thrown_by([&] { select(on_send(closed, 1), on_default()); }), status::closed);
}

TYPED_TEST(select_values_suite, close_releases_a_blocked_select) {
  this->proves("SEL-6 CH-5");
  typename TestFixture::ints in, out, quiet;
  auto receiving = this->blocked([&] { return select(on_recv(quiet), on_recv(in)); });
  auto sending = this->blocked(
      [&] { return this->thrown_by([&] { select(on_recv(quiet), on_send(out, 1)); }); });
  in.close();
  out.close();
  const auto s = receiving.join();
  EXPECT_EQ(s.index, 1U);
  EXPECT_EQ(s.status, status::closed);
  EXPECT_EQ(sending.join(), status::closed);
}

TYPED_TEST(select_values_suite, a_value_that_came_before_the_close_is_received) {
  this->proves("SEL-11");
  typename TestFixture::ints ch;
  int received = 0;
  auto t = this->blocked([&] { return select(on_recv(ch, [&](int v) { received = v; })).status; });
  ch.send(7);
  ch.close();
  EXPECT_EQ(t.join(), status::ok);
  EXPECT_EQ(received, 7);
}

TYPED_TEST(select_values_suite, values_that_can_only_be_moved_are_moved) {
  basic_channel<std::unique_ptr<int>, TypeParam> in, out;
  std::unique_ptr<int> received;
  auto t = this->blocked([&] {
    select(on_recv(in, [&](std::unique_ptr<int> v) { received = std::move(v); }));
    select(on_recv(in), on_send(out, std::move(received)));
  });
  in.send(std::make_unique<int>(7));
  EXPECT_EQ(*out.recv().value(), 7);
  t.join();
}

TYPED_TEST(select_values_suite, a_value_that_was_not_sent_stays_in_its_case) {
  this->proves("SEL-4");
  basic_channel<std::unique_ptr<int>, TypeParam> later, sooner{1};
  std::array cases{on_send(later, std::make_unique<int>(7)),
                   on_send(sooner, std::make_unique<int>(8))};
  EXPECT_EQ(select_list(cases).index, 1U);
  auto receiver = this->blocked([&] { return later.recv(); });
  EXPECT_EQ(select_list(cases).index, 0U);
  EXPECT_EQ(*receiver.join().value(), 7);
}

TYPED_TEST(select_values_suite, a_value_that_was_received_does_not_stay_in_its_case) {
  this->proves("CH-6");
  basic_channel<fragile, TypeParam> ch{1};
  const int before = fragile::alive;
  std::array cases{on_recv(ch, [](fragile) {})};
  for (int i = 0; i < 2; ++i) {
    ch.send(fragile{i});
    select_list(cases);
    EXPECT_EQ(fragile::alive, before);
  }
}

TYPED_TEST(select_values_suite, values_whose_move_may_throw_travel_whole_and_die_once) {
  {
    basic_channel<fragile, TypeParam> ch, other;
    int received = 0;
    auto t = this->blocked([&] {
      select(on_recv(ch, [&](fragile v) { received = v.value; }), on_send(other, fragile{1}));
    });
    select(on_send(ch, fragile{7}), on_send(ch, 8));
    t.join();
    EXPECT_TRUE(received == 7 || received == 8);
    EXPECT_EQ(select(on_send(ch, 9), on_recv(other), on_default()).index, 2U);
  }
  EXPECT_EQ(fragile::alive, 0);
}

TYPED_TEST(select_values_suite, a_channel_of_void_passes_signals) {
  basic_channel<void, TypeParam> in{1}, out{1};
  int calls = 0;
  const auto count = [&] { ++calls; };
  EXPECT_EQ(select(on_send(out, count)).status, status::ok);
  EXPECT_EQ(out.size(), 1U);
  in.send();
  EXPECT_EQ(select(on_recv(in, count)).status, status::ok);
  auto t = this->blocked([&] { return select(on_recv(in), on_send(out)); });
  out.recv().value();
  EXPECT_EQ(t.join().index, 1U);
  in.close();
  select(on_recv(in, [&](outcome<void> o) { calls += o.status() == status::closed ? 1 : 0; }));
  EXPECT_EQ(calls, 3);
  EXPECT_EQ(this->thrown_by([&] { select(on_recv(in, count)); }), status::closed);
  EXPECT_EQ(calls, 3);
}

TYPED_TEST(select_values_suite, sends_nothing_through_a_sender_of_void) {
  basic_channel<void, TypeParam> ch{1};
  const basic_sender<void, TypeParam> to{ch};
  EXPECT_EQ(select(on_send(to), on_default()).index, 0U);
  EXPECT_EQ(select(on_send(to), on_default()).index, 1U);
}

}  // namespace lockstep::testing
