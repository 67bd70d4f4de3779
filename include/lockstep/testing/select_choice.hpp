// select_choice.hpp: which of its cases a select takes, and how these may be given (SEL).
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "../channel.hpp"
#include "../channel_ends.hpp"
#include "../context.hpp"
#include "../latch.hpp"
#include "../select.hpp"
#include "crowd.hpp"
#include "world.hpp"

namespace lockstep::testing {

template <class R>
struct select_choice_suite : suite<R> {
  using ints = basic_channel<int, R>;
  static constexpr int picks = 100'000;
};
TYPED_TEST_SUITE(select_choice_suite, runtimes, suite_names);

TYPED_TEST(select_choice_suite, the_value_of_a_losing_send_is_evaluated_once_all_the_same) {
  this->proves("SEL-1");
  typename TestFixture::ints ready{1}, other{1};
  ready.send(7);
  int evaluations = 0;
  select_in_order(on_recv(ready), on_send(other, ++evaluations));
  EXPECT_EQ(evaluations, 1);
  EXPECT_EQ(other.size(), 0U);
}

TYPED_TEST(select_choice_suite, a_timeout_counts_from_the_making_of_its_case) {
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

TYPED_TEST(select_choice_suite, the_choice_among_ready_cases_is_uniform) {
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
    fair_share chosen{n};
    for (int i = 0; i < TestFixture::picks; ++i) {
      const auto s = select_list(cases);
      chosen.add(s.index);
      channels[s.index]->send(0);
    }
    EXPECT_TRUE(chosen.is_kept());
  }
}

TYPED_TEST(select_choice_suite, the_choice_does_not_depend_on_the_kind_of_case) {
  this->proves("SEL-2 SEL-12");
  typename TestFixture::ints ready{1};
  ready.send(0);
  typename TestFixture::ints room{unbounded};
  basic_latch<TypeParam> open{0};
  fair_share chosen{3};
  for (int i = 0; i < TestFixture::picks; ++i) {
    const auto s = select(on_recv(ready), on_send(room, 0), on_ready(open));
    chosen.add(s.index);
    if (s.index == 0) ready.send(0);
    if (s.index == 1) static_cast<void>(room.recv());
  }
  EXPECT_TRUE(chosen.is_kept());
}

TYPED_TEST(select_choice_suite, a_timeout_that_is_due_competes_as_an_equal) {
  this->proves("SEL-12");
  typename TestFixture::ints ready{1};
  ready.send(0);
  fair_share chosen{2};
  for (int i = 0; i < TestFixture::picks; ++i) {
    const auto s = select(on_timeout(0ns), on_recv(ready));
    chosen.add(s.index);
    if (s.index == 1) ready.send(0);
  }
  EXPECT_TRUE(chosen.is_kept());
}

TYPED_TEST(select_choice_suite, select_in_order_takes_the_first_that_can_proceed) {
  typename TestFixture::ints empty, ready{1}, ready_too{1};
  ready_too.send(2);
  for (int again = 0; again < 100; ++again) {
    ready.send(1);
    const auto s = select_in_order(on_recv(empty), on_recv(ready), on_recv(ready_too));
    ASSERT_EQ(s.index, 1U);
  }
}

TYPED_TEST(select_choice_suite, the_default_is_chosen_only_if_nothing_else_can_proceed) {
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

TYPED_TEST(select_choice_suite, a_send_to_an_unbounded_channel_is_always_ready) {
  typename TestFixture::ints ch{unbounded};
  for (int v = 0; v < 1000; ++v) {
    ASSERT_EQ(select_in_order(on_send(ch, v), on_default()).index, 0U);
  }
  for (int v = 0; v < 1000; ++v) ASSERT_EQ(ch.recv().value(), v);
}

TYPED_TEST(select_choice_suite, a_send_on_an_unbounded_channel_is_chosen_though_others_fill_it) {
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

TYPED_TEST(select_choice_suite, empty_views_and_endless_contexts_are_never_ready) {
  this->proves("SEL-5 CH-7");
  const basic_receiver<int, TypeParam> no_receiver;
  const basic_sender<int, TypeParam> no_sender;
  cancel_scope end;
  auto t = this->blocked([&] {
    return select(on_recv(no_receiver), on_send(no_sender, 1), on_done(background()),
                  on_done(end.context()));
  });
  end.cancel();
  EXPECT_EQ(t.join().index, 3U);
  EXPECT_EQ(select(on_recv(no_receiver), on_send(no_sender, 1), on_default()).index, 2U);
}

TYPED_TEST(select_choice_suite, an_empty_view_turns_a_case_off) {
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

TYPED_TEST(select_choice_suite, a_list_may_point_to_cases_of_any_kind_on_one_runtime) {
  typename TestFixture::ints in, out;
  basic_latch<TypeParam> latch{1};
  using any_case = detail::object_case<TypeParam>;
  std::vector<std::unique_ptr<any_case>> cases;
  const auto add = [&](auto c) { cases.push_back(std::make_unique<decltype(c)>(std::move(c))); };
  add(on_recv(in));
  add(on_send(out, 7));
  add(on_ready(latch));
  auto t = this->blocked([&] { return select_list(cases); });
  EXPECT_EQ(out.recv().value(), 7);
  EXPECT_EQ(t.join().index, 1U);
  latch.count_down();
  EXPECT_EQ(select_list(cases).index, 2U);
}

TYPED_TEST(select_choice_suite, cases_may_be_kept_in_variables) {
  basic_channel<int, TypeParam> ch{2};
  int got = 0;
  auto receive = on_recv(ch, [&got](int v) { got = v; });
  for (const int v : {1, 2}) {
    ch.send(v);
    select(receive);
    EXPECT_EQ(got, v);
  }
}

}  // namespace lockstep::testing
