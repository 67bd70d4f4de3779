// crossbeam_select.hpp: what the tests of Rust's crossbeam-channel ask of select (tests/select.rs,
// select_macro.rs), asked here in this library's words (SEL). Where a test there lets the last handle
// go, the channel is closed here.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "../channel.hpp"
#include "../channel_ends.hpp"
#include "../error.hpp"
#include "../select.hpp"
#include "crossbeam.hpp"
#include "crowd.hpp"

namespace lockstep::testing {

template <class R>
struct crossbeam_select_suite : crossbeam_suite<R> {
  // A handler that wants v.
  static auto expects(int v) {
    return [v](int received) { EXPECT_EQ(received, v); };
  }
  // A handler that is not to be called.
  static void never(outcome<int>) { ADD_FAILURE() << "the wrong case was chosen"; }
};
TYPED_TEST_SUITE(crossbeam_select_suite, runtimes, suite_names);

// As smoke1 and smoke2.
TYPED_TEST(crossbeam_select_suite, finds_the_one_that_is_ready) {
  this->proves("SEL-4");
  std::vector<typename TestFixture::ints> ch(5);
  std::vector<decltype(on_recv(ch[0], this->expects(5)))> cases;
  for (auto& c : ch) cases.push_back(on_recv(c, this->expects(5)));
  for (std::size_t i = 0; i < ch.size(); ++i) {
    auto sender = this->blocked([&] { ch[i].send(5); });
    EXPECT_EQ(select_list(cases).index, i);
    sender.join();
  }
}

// As disconnected and default_when_disconnected.
TYPED_TEST(crossbeam_select_suite, finds_the_one_that_is_closed) {
  this->proves("CH-5 SEL-3 SEL-6");
  typename TestFixture::ints closed, silent;
  auto waiting = this->blocked([&] { return select(on_recv(closed), on_recv(silent)); });
  closed.close();
  const auto waited = waiting.join();
  EXPECT_EQ(waited.index, 0U);
  EXPECT_EQ(waited.status, status::closed);
  EXPECT_EQ(select(on_recv(closed), on_recv(silent), on_timeout(1h)).index, 0U);
  EXPECT_EQ(select(on_recv(closed), on_recv(silent), on_default()).index, 0U);
  EXPECT_THROW(select(on_send(closed, 0), on_timeout(1h)), error);
  EXPECT_THROW(select(on_send(closed, 0), on_default()), error);
}

// As default, default_only and timeout.
TYPED_TEST(crossbeam_select_suite, gives_up_at_once_or_after_a_time) {
  this->proves("SEL-3");
  typename TestFixture::ints a, b;
  EXPECT_EQ(select(on_recv(a, this->never), on_recv(b, this->never), on_default()).index, 2U);
  EXPECT_EQ(select(on_recv(a, this->never), on_recv(b, this->never), on_timeout(1ms)).index, 2U);
  const auto begun = TypeParam::now();
  EXPECT_EQ(select(on_timeout(2ms)).status, status::timeout);
  EXPECT_GE(TypeParam::now() - begun, 2ms);

  auto late = this->blocked([&] {
    return select(on_recv(a, this->never), on_recv(b, this->expects(2)), on_timeout(1h)).index;
  });
  b.send(2);
  EXPECT_EQ(late.join(), 1U);
}

// As unblocks.
TYPED_TEST(crossbeam_select_suite, is_woken_by_a_sender_or_by_a_receiver) {
  this->proves("CH-12 SEL-4");
  typename TestFixture::ints a, b;
  auto receives = this->blocked(
      [&] { return select(on_recv(a, this->never), on_recv(b, this->expects(2))).index; });
  b.send(2);
  EXPECT_EQ(receives.join(), 1U);
  auto sends = this->blocked([&] { return select(on_send(a, 1), on_send(b, 2)).index; });
  EXPECT_EQ(a.recv().value(), 1);
  EXPECT_EQ(sends.join(), 0U);
  EXPECT_EQ(b.try_recv().status(), status::would_block);
}

// As both_ready.
TYPED_TEST(crossbeam_select_suite, takes_one_case_after_the_other) {
  this->proves("SEL-4");
  typename TestFixture::ints in, out;
  auto other = this->run([&] {
    in.send(1);
    return out.recv().value();
  });
  for (int i = 0; i < 2; ++i) select(on_recv(in, this->expects(1)), on_send(out, 2));
  EXPECT_EQ(other.join(), 2);
}

// As loop_try: of two tasks that only look in, exactly one meets a select that waits.
TYPED_TEST(crossbeam_select_suite, is_met_by_one_of_two_tasks_that_look_in) {
  this->proves("CH-16 SEL-4");
  for (int i = 0; i < rounds(20); ++i) {
    typename TestFixture::ints in, out;
    basic_channel<void, TypeParam> end;
    auto sender = this->run([&] {
      for (;; TypeParam::yield()) {
        if (select(on_send(in, 1), on_default()).index == 0) return 1;
        if (select(on_recv(end), on_default()).index == 0) return 0;
      }
    });
    auto receiver = this->run([&] {
      for (;; TypeParam::yield()) {
        if (const auto v = out.try_recv()) return *v;
        if (select(on_recv(end), on_default()).index == 0) return 0;
      }
    });
    const auto s = select(on_recv(in, this->expects(1)), on_send(out, 2));
    end.close();
    EXPECT_EQ(sender.join(), s.index == 0 ? 1 : 0);
    EXPECT_EQ(receiver.join(), s.index == 1 ? 2 : 0);
  }
}

// As cloning1 and cloning2: what a select waits for does not depend on who else has a view of it.
TYPED_TEST(crossbeam_select_suite, is_not_disturbed_by_views_that_come_and_go) {
  this->proves("SEL-4");
  typename TestFixture::ints a, b;
  auto from_a = std::make_unique<basic_receiver<int, TypeParam>>(a);
  auto waiting = this->blocked([&, from_b = basic_receiver<int, TypeParam>{b}] {
    return select(on_recv(*from_a, this->never), on_recv(from_b, this->expects(1))).index;
  });
  from_a.reset();
  static_cast<void>(basic_sender<int, TypeParam>{a});
  EXPECT_EQ(a.try_recv().status(), status::would_block);
  EXPECT_EQ((basic_sender<int, TypeParam>{b}.try_send(1)), status::ok);
  EXPECT_EQ(waiting.join(), 1U);
}

// As preflight1 to preflight3.
TYPED_TEST(crossbeam_select_suite, yields_what_a_closed_channel_holds_before_its_end) {
  this->proves("CH-2 SEL-6 SEL-11");
  typename TestFixture::ints ch{unbounded};
  ch.send(7);
  ch.close();
  EXPECT_EQ(select(on_recv(ch, this->expects(7))).status, status::ok);
  EXPECT_EQ(select(on_recv(ch)).status, status::closed);
  EXPECT_EQ(ch.try_recv().status(), status::closed);
}

// As duplicate_operations.
TYPED_TEST(crossbeam_select_suite, chooses_each_of_several_equal_cases_sooner_or_later) {
  this->proves("SEL-2 SEL-7");
  typename TestFixture::ints ch{unbounded};
  std::vector<bool> chosen(4);
  const auto all = std::vector<bool>(4, true);
  while (chosen != all) {
    chosen[select(on_recv(ch), on_recv(ch), on_send(ch, 0), on_send(ch, 0)).index] = true;
  }
}

// As nesting.
TYPED_TEST(crossbeam_select_suite, may_be_used_in_its_own_handlers) {
  this->proves("SEL-10");
  typename TestFixture::ints ch{unbounded};
  int depth = 0;
  select(on_send(ch, 0, [&] {
    select(on_recv(ch, [&](int first) {
      EXPECT_EQ(first, 0);
      select(on_send(ch, 1, [&] { select(on_recv(ch, [&](int second) { depth = second; })); }));
    }));
  }));
  EXPECT_EQ(depth, 1);
}

// As send_recv_same_channel.
TYPED_TEST(crossbeam_select_suite, does_not_meet_itself) {
  this->proves("SEL-7 SEL-9");
  typename TestFixture::ints rendezvous, room{unbounded};
  const auto both = [](auto& ch) {
    return select(on_send(ch, 0), on_recv(ch), on_timeout(1ms)).index;
  };
  EXPECT_EQ(both(rendezvous), 2U);
  EXPECT_EQ(select_in_order(on_recv(room), on_send(room, 0), on_timeout(1h)).index, 1U);
}

// As recv_in_send.
TYPED_TEST(crossbeam_select_suite, may_receive_what_a_case_is_to_send) {
  this->proves("CH-11 SEL-1");
  typename TestFixture::ints ch;
  auto next = this->blocked([&] { select(on_send(ch, ch.recv().value() + 1)); });
  auto receiver = this->blocked([&] { return ch.recv().value(); });
  ch.send(1);
  next.join();
  EXPECT_EQ(receiver.join(), 2);
}

// As channel_through_channel.
TYPED_TEST(crossbeam_select_suite, carries_the_channel_that_takes_its_place) {
  this->proves("CH-20");
  this->pass_channels([](auto& to, auto next) { select(on_send(to, std::move(next))); },
                      [](auto& from) {
                        typename TestFixture::link received;
                        select(on_recv(from, [&](auto l) { received = std::move(l); }));
                        return received.next;
                      });
}

// As unfairness, unfairness_timeout and unfairness_try.
TYPED_TEST(crossbeam_select_suite, prefers_the_first_if_it_is_told_to) {
  this->proves("SEL-3");
  typename TestFixture::ints a{unbounded}, b{unbounded};
  const int values = rounds(100);
  const auto drain_in_order = [&](auto... last_resort) {
    for (int v = 0; v < values; ++v) {
      a.send(0);
      b.send(0);
    }
    for (int i = 0; i < 2 * values; ++i) {
      EXPECT_EQ(select_in_order(on_recv(a), on_recv(b), last_resort...).index,
                i < values ? 0U : 1U);
    }
  };
  drain_in_order();
  drain_in_order(on_timeout(0s));
  drain_in_order(on_default());
}

}  // namespace lockstep::testing
