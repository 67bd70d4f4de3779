// channel_payload.hpp: what a channel may carry, and what becomes of each value (CH).
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "../channel.hpp"
#include "../context.hpp"
#include "../error.hpp"
#include "payloads.hpp"
#include "world.hpp"

namespace lockstep::testing {

template <class R>
struct channel_payload_suite : suite<R> {
  struct point {
    int x = 0;
    int y = 0;
  };

  void TearDown() override { EXPECT_EQ(counted::alive + fragile::alive, 0); }
};
TYPED_TEST_SUITE(channel_payload_suite, runtimes, suite_names);

TYPED_TEST(channel_payload_suite, a_move_only_value_that_was_not_sent_stays_with_the_caller) {
  this->proves("CH-3");
  basic_channel<std::unique_ptr<int>, TypeParam> ch{1};
  auto value = std::make_unique<int>(7);
  ch.send(std::move(value));
  EXPECT_EQ(value, nullptr);
  value = std::make_unique<int>(8);
  cancel_scope over{0s};
  EXPECT_EQ(ch.try_send(std::move(value)), status::would_block);
  EXPECT_EQ(ch.try_send_for(std::move(value), 1us), status::timeout);
  EXPECT_EQ(ch.send(over.context(), std::move(value)), status::timeout);
  ch.close();
  EXPECT_EQ(ch.try_send(std::move(value)), status::closed);
  EXPECT_THROW(ch.send(std::move(value)), error);
  ASSERT_NE(value, nullptr);
  EXPECT_EQ(*value, 8);
  EXPECT_EQ(**ch.recv(), 7);
}

TYPED_TEST(channel_payload_suite, a_blocked_move_only_value_comes_back_when_the_channel_closes) {
  this->proves("CH-3");
  basic_channel<std::unique_ptr<int>, TypeParam> ch;
  auto value = std::make_unique<int>(7);
  auto sender = this->blocked([&] { return ch.try_send_for(std::move(value), 1h); });
  ch.close();
  EXPECT_EQ(sender.join(), status::closed);
  ASSERT_NE(value, nullptr);
  EXPECT_EQ(*value, 7);
}

TYPED_TEST(channel_payload_suite, an_lvalue_is_copied) {
  basic_channel<std::string, TypeParam> ch{2};
  std::string text(100, 'x');
  const std::string constant = text;
  ch.send(text);
  ch.send(constant);
  EXPECT_EQ(text, constant);
  EXPECT_EQ(*ch.recv(), text);
  EXPECT_EQ(*ch.recv(), text);
}

TYPED_TEST(channel_payload_suite, literals_and_other_convertible_values_are_converted) {
  basic_channel<std::string, TypeParam> text{3};
  text.send("literal");
  EXPECT_EQ(text.try_send("more"), status::ok);
  EXPECT_EQ(text.try_send_for("most", 1s), status::ok);
  EXPECT_EQ(*text.recv(), "literal");
  basic_channel<double, TypeParam> numbers{1};
  numbers.send(1);
  EXPECT_EQ(*numbers.recv(), 1.0);
}

TYPED_TEST(channel_payload_suite, a_value_may_be_written_in_braces) {
  basic_channel<typename TestFixture::point, TypeParam> ch{4};
  ch.send({1, 2});
  EXPECT_EQ(ch.try_send({3, 4}), status::ok);
  EXPECT_EQ(ch.try_send_for({5, 6}, 1s), status::ok);
  EXPECT_EQ(ch.send(background(), {7, 8}), status::ok);
  int sum = 0;
  ch.close();
  for (const auto& p : ch) sum += p.x * p.y;
  EXPECT_EQ(sum, 2 + 12 + 30 + 56);
}

TYPED_TEST(channel_payload_suite, a_payload_needs_no_default_constructor) {
  struct no_default {
    explicit no_default(int v) : value{v} {}
    int value;
  };
  basic_channel<no_default, TypeParam> ch;
  auto receiver = this->blocked([&] { return ch.recv()->value; });
  ch.send(no_default{7});
  EXPECT_EQ(receiver.join(), 7);
  EXPECT_FALSE(ch.try_recv());
}

TYPED_TEST(channel_payload_suite, large_and_aligned_payloads_arrive_where_they_may_live) {
  for (const std::size_t capacity : {0U, 3U}) {
    basic_channel<wide, TypeParam> ch{capacity};
    auto sender = this->run([&] {
      for (int i = 0; i < 10; ++i) {
        wide w;
        w.numbers.fill(i);
        ch.send(std::move(w));
      }
      ch.close();
    });
    int expected = 0;
    for (wide& w : ch) {
      ASSERT_EQ(reinterpret_cast<std::uintptr_t>(&w) % alignof(wide), 0U);
      ASSERT_EQ(w.numbers.front(), expected);
      ASSERT_EQ(w.numbers.back(), expected++);
    }
    EXPECT_EQ(expected, 10);
    sender.join();
  }
}

TYPED_TEST(channel_payload_suite, values_whose_move_may_throw_travel_on_every_path) {
  basic_channel<fragile, TypeParam> ch{1};
  fragile value{1};
  ch.send(std::move(value));
  EXPECT_EQ(value.value, 0);
  EXPECT_EQ(ch.recv()->value, 1);
  auto receiver = this->blocked([&] { return ch.recv()->value; });
  ch.send(fragile{2});
  EXPECT_EQ(receiver.join(), 2);
  ch.send(3);
  auto sender = this->blocked([&] { ch.send(fragile{4}); });
  EXPECT_EQ(ch.recv()->value, 3);
  EXPECT_EQ(ch.recv()->value, 4);
  sender.join();
}

TYPED_TEST(channel_payload_suite, a_value_whose_move_may_throw_comes_back_when_it_was_not_sent) {
  basic_channel<fragile, TypeParam> ch;
  fragile value{7};
  EXPECT_EQ(ch.try_send(std::move(value)), status::would_block);
  EXPECT_EQ(value.value, 7);
  EXPECT_EQ(ch.try_send_for(std::move(value), 1us), status::timeout);
  EXPECT_EQ(value.value, 7);
  ch.close();
  EXPECT_EQ(ch.try_send(std::move(value)), status::closed);
  EXPECT_EQ(value.value, 7);
}

TYPED_TEST(channel_payload_suite,
           a_move_that_throws_in_send_leaves_value_and_channel_as_they_were) {
  basic_channel<fragile, TypeParam> ch{1};
  fragile value{7};
  fragile::moves_throw = true;
  EXPECT_THROW(ch.send(std::move(value)), std::runtime_error);
  fragile::moves_throw = false;
  EXPECT_EQ(value.value, 7);
  EXPECT_EQ(ch.size(), 0U);
  ch.send(std::move(value));
  EXPECT_EQ(ch.recv()->value, 7);
}

TYPED_TEST(channel_payload_suite, a_move_that_throws_in_a_receive_reaches_the_receiver_alone) {
  basic_channel<fragile, TypeParam> ch{1};
  ch.send(1);
  auto blocked = this->blocked([&] { ch.send(2); });
  fragile::moves_throw = true;
  EXPECT_THROW(static_cast<void>(ch.recv()), std::runtime_error);
  fragile::moves_throw = false;
  blocked.join();
  EXPECT_EQ(ch.recv()->value, 2);  // the channel goes on
}

TYPED_TEST(channel_payload_suite, a_value_that_cannot_be_made_leaves_the_channel_as_it_was) {
  struct picky {
    picky(int v) {
      if (v < 0) throw std::invalid_argument{"negative"};
    }
  };
  basic_channel<picky, TypeParam> ch{1};
  EXPECT_THROW(ch.send(-1), std::invalid_argument);
  EXPECT_EQ(ch.size(), 0U);
  EXPECT_EQ(ch.try_send(1), status::ok);
}

TYPED_TEST(channel_payload_suite, values_that_nobody_received_are_destroyed_with_the_channel) {
  this->proves("CH-21");
  {
    basic_channel<counted, TypeParam> ch{8};
    for (int i = 0; i < 6; ++i) ch.send(counted{i});
    EXPECT_EQ(ch.recv()->value, 0);
    ch.send(6);
    EXPECT_EQ(counted::alive, 6);
    ch.close();
    EXPECT_EQ(counted::alive, 6);
  }
  EXPECT_EQ(counted::alive, 0);
  {
    basic_channel<counted, TypeParam> ch{unbounded};
    for (int i = 0; i < 100; ++i) ch.send(i);
    EXPECT_EQ(counted::alive, 100);
  }
  EXPECT_EQ(counted::alive, 0);
}

TYPED_TEST(channel_payload_suite, nothing_is_lost_or_destroyed_twice_on_any_path) {
  this->proves("CH-21");
  for (const std::size_t capacity : {0U, 1U, 3U}) {
    basic_channel<counted, TypeParam> ch{capacity};
    auto sender = this->run([&] {
      int sent = 0;
      for (int i = 0; i < 2'000; ++i) {
        counted c{i};
        const status s = i % 3 == 0   ? ch.try_send(std::move(c))
                         : i % 3 == 1 ? ch.try_send_for(std::move(c), 5us)
                                      : (ch.send(std::move(c)), status::ok);
        EXPECT_EQ(c.value, s == status::ok ? -1 : i);
        sent += s == status::ok;
      }
      ch.close();
      return sent;
    });
    int received = 0;
    int last = -1;
    for (const counted& c : ch) {
      ASSERT_GT(c.value, last);
      last = c.value;
      ++received;
    }
    EXPECT_EQ(received, sender.join());
  }
}

TYPED_TEST(channel_payload_suite, the_destructor_of_a_payload_may_use_the_channel) {
  this->proves("CH-6");
  struct curious {
    basic_channel<curious, TypeParam>* ch;
    std::size_t* seen;
    curious(basic_channel<curious, TypeParam>& c, std::size_t& s) : ch{&c}, seen{&s} {}
    curious(curious&& o) noexcept : ch{std::exchange(o.ch, nullptr)}, seen{o.seen} {}
    ~curious() {
      if (ch != nullptr) *seen = ch->size();
    }
  };
  std::size_t seen = 9;
  basic_channel<curious, TypeParam> ch{2};
  ch.send(curious{ch, seen});
  ch.send(curious{ch, seen});
  static_cast<void>(ch.recv());  // destroyed here
  EXPECT_EQ(seen, 1U);
  EXPECT_EQ(ch.try_recv()->ch, &ch);
  EXPECT_EQ(seen, 0U);
}

}  // namespace lockstep::testing
