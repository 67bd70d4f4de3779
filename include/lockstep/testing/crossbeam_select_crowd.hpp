// crossbeam_select_crowd.hpp: what the tests of Rust's crossbeam-channel ask of select with many tasks
// and with chance (tests/select.rs, select_macro.rs), asked here in this library's words (SEL).
#pragma once

#include <gtest/gtest.h>

#include <cstddef>

#include "../channel.hpp"
#include "../select.hpp"
#include "crossbeam_select.hpp"
#include "crowd.hpp"

namespace lockstep::testing {

template <class R>
struct crossbeam_select_crowd_suite : crossbeam_select_suite<R> {
  using ints = basic_channel<int, R>;

  // For v = 0, 1...: partner(v) does two operations, which two calls of select_one(v) have to meet in
  // whatever order.
  template <class Select, class Partner>
  static void in_step(Select select_one, Partner partner) {
    const int values = rounds(500);
    ints go_on{100};
    auto other = suite<R>::run([&] {
      for (int v = 0; v < values; ++v) {
        partner(v);
        EXPECT_TRUE(go_on.recv());
      }
    });
    for (int v = 0; v < values; ++v) {
      select_one(v);
      select_one(v);
      go_on.send(0);
    }
    other.join();
  }
};
TYPED_TEST_SUITE(crossbeam_select_crowd_suite, runtimes, suite_names);

// As stress_recv.
TYPED_TEST(crossbeam_select_crowd_suite, receives_from_two_channels_in_step) {
  this->proves("CH-10 SEL-4");
  typename TestFixture::ints a{unbounded}, b{5};
  this->in_step([&](int v) { select(on_recv(a, this->expects(v)), on_recv(b, this->expects(v))); },
                [&](int v) {
                  a.send(v);
                  b.send(v);
                });
}

// As stress_send.
TYPED_TEST(crossbeam_select_crowd_suite, sends_to_two_channels_in_step) {
  this->proves("CH-8 SEL-4");
  typename TestFixture::ints a, b;
  this->in_step([&](int v) { select(on_send(a, v), on_send(b, v)); },
                [&](int v) {
                  EXPECT_EQ(a.recv().value(), v);
                  EXPECT_EQ(b.recv().value(), v);
                });
}

// As stress_mixed.
TYPED_TEST(crossbeam_select_crowd_suite, sends_and_receives_in_step) {
  this->proves("CH-8 SEL-4");
  typename TestFixture::ints a, b;
  this->in_step([&](int v) { select(on_recv(a, this->expects(v)), on_send(b, v)); },
                [&](int v) {
                  a.send(v);
                  EXPECT_EQ(b.recv().value(), v);
                });
}

// As reuse.
TYPED_TEST(crossbeam_select_crowd_suite, may_use_its_cases_again) {
  this->proves("SEL-4 SEL-10");
  typename TestFixture::ints a, b;
  int wanted = 0;
  auto receive = on_recv(a, [&](int v) { EXPECT_EQ(v, wanted); });
  auto receive_other = on_recv(b, [&](int v) { EXPECT_EQ(v, wanted); });
  this->in_step(
      [&](int v) {
        wanted = v;
        select(receive, receive_other);
      },
      [&](int v) {
        a.send(v);
        b.send(v);
      });
}

// As stress_timeout_two_threads.
TYPED_TEST(crossbeam_select_crowd_suite, passes_each_value_once_to_impatient_tasks) {
  this->proves("CH-10 SEL-4 SEL-12");
  this->pass_impatiently(
      [](auto& ch, int v) { return select(on_send(ch, v), on_timeout(200us)).index == 0; },
      [](auto& ch, int v) {
        return select(on_recv(ch, TestFixture::expects(v)), on_timeout(200us)).index == 0;
      });
}

// As matching and matching_with_leftover.
TYPED_TEST(crossbeam_select_crowd_suite, pairs_off_a_crowd) {
  this->proves("CH-14 SEL-7 SEL-9");
  typename TestFixture::ints ch;
  const auto pair_off = [&](std::size_t tasks, bool leftover) {
    crowd<TypeParam> crew;
    crew.start(tasks, [&ch](std::size_t i) {
      const int own = static_cast<int>(i);
      select(on_recv(ch, [own](int v) { EXPECT_NE(v, own); }), on_send(ch, own));
    });
    if (leftover) ch.send(-1);
    crew.join();
    EXPECT_EQ(ch.try_recv().status(), status::would_block);
    EXPECT_EQ(ch.try_send(0), status::would_block);
  };
  pair_off(44, false);
  pair_off(55, true);
}

// As linearizable_default: whoever has sent to one of two channels finds something in one of them,
// whatever the other task takes.
TYPED_TEST(crossbeam_select_crowd_suite, looks_at_all_channels_at_one_moment) {
  this->proves("CH-16 SEL-3 SEL-8");
  const auto check = [&](auto capacity) {
    typename TestFixture::ints a{capacity}, b{capacity};
    basic_channel<void, TypeParam> begin, end;
    auto other = this->run([&] {
      while (begin.recv()) {
        b.send(1);
        static_cast<void>(a.try_recv());
        end.recv().value();
      }
    });
    for (int i = 0; i < rounds(500); ++i) {
      begin.send();
      a.send(1);
      EXPECT_NE(select(on_recv(a), on_recv(b), on_default()).index, 2U);
      end.send();
      while (select(on_recv(a), on_recv(b), on_default()).index != 2) continue;
    }
    begin.close();
    other.join();
  };
  check(std::size_t{1});
  check(unbounded);
}

// As fairness, fairness1, fairness_recv and fairness_send.
TYPED_TEST(crossbeam_select_crowd_suite, prefers_none_of_its_cases) {
  this->proves("SEL-2 SEL-12");
  seed_choices<TypeParam>();
  const int trials = rounds(10'000);
  typename TestFixture::ints one{1}, two{unbounded};
  one.send(0);
  two.send(0);
  fair_share received{3}, sent{2};
  for (int i = 0; i < trials; ++i) {
    const auto s = select(on_recv(one), on_recv(two), on_timeout(0s));
    received.add(s.index);
    if (s.index == 0) one.send(0);
    if (s.index == 1) two.send(0);
  }
  static_cast<void>(one.recv());
  for (int i = 0; i < trials; ++i) {
    const auto s = select(on_send(one, 0), on_send(two, 0));
    sent.add(s.index);
    if (s.index == 0) static_cast<void>(one.recv());
  }
  EXPECT_TRUE(received.is_kept());
  EXPECT_TRUE(sent.is_kept());
}

// As zero.rs' fairness and fairness_duplicates: nor does it if it has to wait for its partner.
TYPED_TEST(crossbeam_select_crowd_suite, prefers_none_of_its_cases_in_a_rendezvous) {
  this->proves("SEL-2 SEL-7");
  const int trials = rounds(2'000);
  typename TestFixture::ints a, b;
  const auto meet = [&](std::size_t cases, auto send, auto receive) {
    fair_share sent{cases}, received{cases};
    auto sender = this->run([&] {
      for (int i = 0; i < trials; ++i) sent.add(send().index);
    });
    for (int i = 0; i < trials; ++i) received.add(receive().index);
    sender.join();
    EXPECT_TRUE(sent.is_kept());
    EXPECT_TRUE(received.is_kept());
  };
  meet(
      2, [&] { return select(on_send(a, 0), on_send(b, 0)); },
      [&] { return select(on_recv(a), on_recv(b)); });
  meet(
      3, [&] { return select(on_send(a, 0), on_send(a, 0), on_send(a, 0)); },
      [&] { return select(on_recv(a), on_recv(a), on_recv(a)); });
}

}  // namespace lockstep::testing
