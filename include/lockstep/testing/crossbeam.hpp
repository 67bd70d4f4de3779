// crossbeam.hpp: what the tests of Rust's crossbeam-channel ask of a channel (tests/array.rs, list.rs,
// zero.rs, iter.rs, mpsc.rs), asked here in this library's words (CH). Where a test there lets the
// last handle go, the channel is closed here.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <memory>
#include <utility>

#include "../channel.hpp"
#include "../channel_ends.hpp"
#include "../error.hpp"
#include "crowd.hpp"
#include "payloads.hpp"
#include "world.hpp"

namespace lockstep::testing {

template <class R>
struct crossbeam_suite : suite<R> {
  using ints = basic_channel<int, R>;

  // f(capacity), for a rendezvous and for buffers of several sizes.
  template <class F>
  static void with_bounded(F f) {
    for (const std::size_t capacity : {0U, 1U, 3U, 100U}) f(capacity);
  }
  // And for a channel without a bound.
  template <class F>
  static void with_every_kind(F f) {
    with_bounded(f);
    f(unbounded);
  }

  // Passes numbers on by sent(ch, v) and received(ch, v), which say whether they did it or gave up.
  template <class Sent, class Received>
  static void pass_impatiently(Sent sent, Received received) {
    with_bounded([&](std::size_t capacity) {
      ints ch{capacity};
      const auto insist = [&ch](auto done) {
        for (int v = 0; v < rounds(20); ++v) {
          if (v % 2 == 0) suite<R>::pause(1ms);
          while (!done(ch, v)) continue;
        }
      };
      auto sender = suite<R>::run([&] { insist(sent); });
      insist(received);
      sender.join();
    });
  }

  // A message that says in which channel the next one comes.
  struct link {
    std::shared_ptr<basic_channel<link, R>> next;
  };
  // Goes along a chain of channels: send(channel, link) leads on to the next, which next_of(channel)
  // returns.
  template <class Send, class Next>
  static void pass_channels(Send send, Next next_of) {
    using channel = basic_channel<link, R>;
    const int length = rounds(300);
    with_every_kind([&](auto capacity) {
      auto from = std::make_shared<channel>(capacity);
      auto sender = suite<R>::run([&, to = from]() mutable {
        for (int i = 0; i < length; ++i) {
          auto next = std::make_shared<channel>(capacity);
          send(*to, link{next});
          to = std::move(next);
        }
      });
      for (int i = 0; i < length; ++i) from = next_of(*from);
      sender.join();
      EXPECT_EQ(from.use_count(), 1);
    });
  }
};
TYPED_TEST_SUITE(crossbeam_suite, runtimes, suite_names);

// As smoke, and mpsc.rs' oneshot_single_thread_*.
TYPED_TEST(crossbeam_suite, passes_a_value_within_one_task) {
  this->proves("CH-9 CH-16");
  const auto check = [](auto capacity) {
    typename TestFixture::ints ch{capacity};
    ch.send(7);
    EXPECT_EQ(ch.try_recv().value(), 7);
    EXPECT_EQ(ch.try_send(8), status::ok);
    EXPECT_EQ(ch.recv().value(), 8);
    EXPECT_EQ(ch.try_recv().status(), status::would_block);
    EXPECT_EQ(ch.try_recv_for(1ms).status(), status::timeout);
  };
  check(std::size_t{1});
  check(unbounded);
}

// As capacity and len_empty_full.
TYPED_TEST(crossbeam_suite, is_empty_then_full_then_empty) {
  this->proves("CH-8 CH-9 CH-18");
  this->with_bounded([](std::size_t capacity) {
    typename TestFixture::ints ch{capacity};
    const basic_sender<int, TypeParam> to{ch};
    const basic_receiver<int, TypeParam> from{ch};
    EXPECT_EQ(to.capacity(), capacity);
    EXPECT_EQ(from.capacity(), capacity);
    for (std::size_t n = 1; n <= capacity; ++n) {
      ch.send(0);
      EXPECT_EQ(to.size(), n);
      EXPECT_EQ(from.size(), n);
    }
    EXPECT_EQ(ch.try_send(0), status::would_block);
    for (std::size_t n = capacity; n > 0; --n) {
      EXPECT_EQ(ch.recv().value(), 0);
      EXPECT_EQ(from.size(), n - 1);
    }
  });
}

// As try_recv, recv and recv_timeout: before a send, after it, and after the end.
TYPED_TEST(crossbeam_suite, receives_before_and_after_the_other_side_has_come) {
  this->proves("CH-1 CH-2 CH-5 CH-12 CH-16");
  this->with_every_kind([&](auto capacity) {
    typename TestFixture::ints ch{capacity};
    EXPECT_EQ(ch.try_recv().status(), status::would_block);
    EXPECT_EQ(ch.try_recv_for(1ms).status(), status::timeout);
    auto plain = this->blocked([&] { return ch.recv().value(); });
    auto timed = this->blocked([&] { return ch.try_recv_for(1h).value(); });
    ch.send(1);
    ch.send(2);
    EXPECT_EQ(plain.join(), 1);
    EXPECT_EQ(timed.join(), 2);

    auto sender = this->run([&] {
      for (const int v : {3, 4, 5, 6}) ch.send(v);
    });
    EXPECT_EQ(ch.recv().value(), 3);
    EXPECT_EQ(ch.try_recv_for(1h).value(), 4);
    EXPECT_EQ(ch.recv().value(), 5);
    EXPECT_EQ(ch.recv().value(), 6);
    sender.join();

    auto last = this->blocked([&] { return ch.recv().status(); });
    ch.close();
    EXPECT_EQ(last.join(), status::closed);
    EXPECT_EQ(ch.try_recv().status(), status::closed);
    EXPECT_EQ(ch.try_recv_for(1h).status(), status::closed);
  });
}

// As try_send, send and send_timeout.
TYPED_TEST(crossbeam_suite, sends_before_and_after_the_other_side_has_come) {
  this->proves("CH-3 CH-5 CH-9 CH-13 CH-16");
  this->with_bounded([&](std::size_t capacity) {
    typename TestFixture::ints ch{capacity};
    for (std::size_t n = 0; n < capacity; ++n) EXPECT_EQ(ch.try_send_for(0, 1h), status::ok);
    EXPECT_EQ(ch.try_send(1), status::would_block);
    EXPECT_EQ(ch.try_send_for(2, 1ms), status::timeout);
    auto plain = this->blocked([&] { ch.send(3); });
    auto timed = this->blocked([&] { return ch.try_send_for(4, 1h); });
    for (std::size_t n = 0; n < capacity; ++n) EXPECT_EQ(ch.recv().value(), 0);
    EXPECT_EQ(ch.recv().value(), 3);  // what was given up is not among them
    EXPECT_EQ(ch.recv().value(), 4);
    plain.join();
    EXPECT_EQ(timed.join(), status::ok);

    auto receiver = this->blocked([&] { return ch.recv().value(); });
    EXPECT_EQ(ch.try_send_for(5, 0s), status::ok);
    EXPECT_EQ(receiver.join(), 5);
  });
}

// As list.rs' recv_timeout_nonempty_expired.
TYPED_TEST(crossbeam_suite, yields_what_is_there_though_the_time_is_over) {
  this->proves("CH-16");
  this->with_every_kind([&](auto capacity) {
    typename TestFixture::ints ch{capacity};
    auto sender = this->run([&] { ch.send(7); });
    if (ch.capacity() == 0) {
      sender.until_blocked();
    } else {
      sender.join();
    }
    EXPECT_EQ(ch.try_recv_until(TypeParam::now() - 1s).value(), 7);
  });
}

// As send_after_disconnect and recv_after_disconnect.
TYPED_TEST(crossbeam_suite, takes_nothing_more_once_it_is_closed_and_yields_what_it_has) {
  this->proves("CH-1 CH-2 CH-3");
  const auto check = [](auto capacity) {
    typename TestFixture::ints ch{capacity};
    for (const int v : {1, 2, 3}) ch.send(v);
    ch.close();
    EXPECT_THROW(ch.send(4), error);
    EXPECT_EQ(ch.try_send(5), status::closed);
    EXPECT_EQ(ch.try_send_for(6, 1h), status::closed);
    for (const int v : {1, 2, 3}) EXPECT_EQ(ch.recv().value(), v);
    EXPECT_EQ(ch.recv().status(), status::closed);
  };
  check(std::size_t{100});
  check(unbounded);
}

// As disconnect_wakes_sender and disconnect_wakes_receiver.
TYPED_TEST(crossbeam_suite, wakes_whoever_waits_when_it_is_closed) {
  this->proves("CH-3 CH-5");
  this->with_bounded([&](std::size_t capacity) {
    typename TestFixture::ints in{capacity}, out{capacity};
    for (std::size_t n = 0; n < capacity; ++n) out.send(0);
    crowd<TypeParam> tasks;
    tasks.start(3, [&](std::size_t) { EXPECT_EQ(in.recv().status(), status::closed); });
    tasks.start(3, [&](std::size_t) { EXPECT_THROW(out.send(1), error); });
    tasks.until_blocked();
    in.close();
    out.close();
    tasks.join();
    EXPECT_EQ(out.size(), capacity);
  });
}

// As iter.rs' nested_recv_iter and recv_iter_break.
TYPED_TEST(crossbeam_suite, may_be_iterated_within_a_task_that_another_one_reads) {
  this->proves("CH-2 CH-19");
  typename TestFixture::ints in, totals;
  auto adder = this->run([&] {
    int sum = 0;
    for (const int v : in) sum += v;
    totals.send(sum);
  });
  for (const int v : {3, 1, 2}) in.send(v);
  in.close();
  EXPECT_EQ(totals.recv().value(), 6);
  adder.join();

  typename TestFixture::ints more{unbounded};
  for (const int v : {1, 2, 3, 4}) more.send(v);
  for (const int v : more) {
    if (v == 3) break;
  }
  EXPECT_EQ(more.try_recv().value(), 4);
}

// As drops, drop_full and drop_unreceived.
TYPED_TEST(crossbeam_suite, destroys_each_value_once) {
  this->proves("CH-21");
  this->with_every_kind([&](auto capacity) {
    {
      basic_channel<counted, TypeParam> ch{capacity};
      auto receiver = this->run([&] {
        for (int i = 0; i < rounds(500); ++i) EXPECT_TRUE(ch.recv());
      });
      for (int i = 0; i < rounds(500); ++i) ch.send(counted{0});
      receiver.join();
      EXPECT_EQ(counted::alive, 0);
      for (int i = 0; i < 50; ++i) static_cast<void>(ch.try_send(counted{0}));
      EXPECT_EQ(static_cast<std::size_t>(counted::alive), ch.size());
    }
    EXPECT_EQ(counted::alive, 0);
  });
}

// As recv_in_send.
TYPED_TEST(crossbeam_suite, may_be_received_from_for_the_value_to_be_sent) {
  this->proves("CH-8 CH-11");
  typename TestFixture::ints ch;
  auto next = this->blocked([&] { ch.send(ch.recv().value() + 1); });
  auto receiver = this->blocked([&] { return ch.recv().value(); });
  ch.send(1);
  next.join();
  EXPECT_EQ(receiver.join(), 2);
}

// As Go's test/chan/zerosize.go, and the channels of () that most of crossbeam's tests use.
TYPED_TEST(crossbeam_suite, passes_values_without_a_size) {
  this->proves("CH-9 CH-10 CH-17");
  struct nothing {};
  const auto check = [](auto& ch, auto value) {
    for (int i = 0; i < 3; ++i) EXPECT_EQ(ch.try_send(value), status::ok);
    EXPECT_EQ(ch.size(), 3U);
    if (ch.capacity() == 3) {
      EXPECT_EQ(ch.try_send(value), status::would_block);
    }
    ch.close();
    int received = 0;
    for (auto v = ch.recv(); v; v = ch.recv()) ++received;
    EXPECT_EQ(received, 3);
  };
  const auto check_kinds = [&](auto capacity) {
    basic_channel<nothing, TypeParam> structs{capacity};
    basic_channel<std::array<int, 0>, TypeParam> arrays{capacity};
    check(structs, nothing{});
    check(arrays, std::array<int, 0>{});
  };
  check_kinds(std::size_t{3});
  check_kinds(unbounded);
  basic_channel<nothing, TypeParam> rendezvous;
  auto receiver = this->run([&] { return rendezvous.recv().status(); });
  rendezvous.send(nothing{});
  EXPECT_EQ(receiver.join(), status::ok);
}

}  // namespace lockstep::testing
