#include "lockstep/channel_ends.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include "support/world.hpp"

namespace {

using lockstep::cancel_scope;
using lockstep::status;
using support::run;
using namespace std::chrono_literals;

template <class R>
struct channel_ends_test : testing::Test {
  using channel = lockstep::basic_channel<int, R>;
  using sender = lockstep::basic_sender<int, R>;
  using receiver = lockstep::basic_receiver<int, R>;
  support::contracts_throw contracts;
};
TYPED_TEST_SUITE(channel_ends_test, support::runtimes, support::runtime_names);

template <class View>
concept sends = requires(View v) { v.try_send(1); };
template <class View>
concept receives = requires(View v) { v.try_recv(); };
static_assert(sends<lockstep::sender<int>> && !receives<lockstep::sender<int>>);
static_assert(receives<lockstep::receiver<int>> && !sends<lockstep::receiver<int>>);
static_assert(std::is_trivially_copyable_v<lockstep::sender<int>>);
static_assert(std::is_trivially_copyable_v<lockstep::receiver<int>>);

TYPED_TEST(channel_ends_test, what_is_sent_through_one_end_is_received_through_the_other) {
  typename TestFixture::channel ch;
  auto t = run([to = typename TestFixture::sender{ch}]() mutable {
    for (int v = 1; v <= 3; ++v) to.send(v);
    to.close();
  });
  typename TestFixture::receiver from{ch};
  std::vector<int> received;
  for (const int v : from) received.push_back(v);
  t.join();
  EXPECT_EQ(received, (std::vector{1, 2, 3}));
  EXPECT_TRUE(ch.closed());
}

TYPED_TEST(channel_ends_test, every_form_goes_to_the_channel) {
  typename TestFixture::channel ch{1};
  typename TestFixture::sender to{ch};
  typename TestFixture::receiver from{ch};
  const cancel_scope scope;
  const auto soon = [] { return std::chrono::steady_clock::now() + 1ms; };
  EXPECT_EQ(to.try_send(1), status::ok);
  EXPECT_EQ(to.try_send(2), status::would_block);
  EXPECT_EQ(to.try_send_for(2, 1ms), status::timeout);
  EXPECT_EQ(to.try_send_until(2, soon()), status::timeout);
  EXPECT_EQ(from.try_recv().value(), 1);
  EXPECT_EQ(to.send(scope.context(), 3), status::ok);
  EXPECT_EQ(from.recv(scope.context()).value(), 3);
  EXPECT_EQ(from.try_recv().status(), status::would_block);
  EXPECT_EQ(from.try_recv_for(1ms).status(), status::timeout);
  EXPECT_EQ(from.try_recv_until(soon()).status(), status::timeout);
  to.close();
  EXPECT_EQ(from.recv().status(), status::closed);
  EXPECT_THROW(to.send(4), lockstep::error);
}

TYPED_TEST(channel_ends_test, an_end_tells_the_size_and_capacity_of_its_channel) {  // CH-18
  typename TestFixture::channel ch{3};
  const typename TestFixture::sender to{ch};
  const typename TestFixture::receiver from{ch};
  ch.send(1);
  EXPECT_TRUE(to && from);
  EXPECT_EQ(to.size(), 1U);
  EXPECT_EQ(from.size(), 1U);
  EXPECT_EQ(to.capacity(), 3U);
  EXPECT_EQ(from.capacity(), 3U);
}

TYPED_TEST(channel_ends_test, an_empty_end_has_no_size_and_no_capacity) {  // CH-18
  const typename TestFixture::sender to;
  const typename TestFixture::receiver from;
  EXPECT_FALSE(to || from);
  EXPECT_EQ(to.size() + from.size(), 0U);
  EXPECT_EQ(to.capacity() + from.capacity(), 0U);
}

TYPED_TEST(channel_ends_test, operations_that_do_not_wait_fail_at_once_on_an_empty_end) {  // CH-7
  typename TestFixture::sender to;
  typename TestFixture::receiver from;
  EXPECT_EQ(to.try_send(1), status::would_block);
  EXPECT_EQ(from.try_recv().status(), status::would_block);
}

TYPED_TEST(channel_ends_test, an_empty_end_blocks_until_the_deadline) {  // CH-7
  typename TestFixture::sender to;
  typename TestFixture::receiver from;
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_EQ(to.try_send_for(1, 5ms), status::timeout);
  EXPECT_EQ(from.try_recv_for(5ms).status(), status::timeout);
  EXPECT_GE(std::chrono::steady_clock::now() - begun, 10ms);
}

TYPED_TEST(channel_ends_test, an_empty_end_blocks_until_the_context_ends) {  // CH-7
  cancel_scope scope;
  auto sending = run([&] { return typename TestFixture::sender{}.send(scope.context(), 1); });
  auto receiving =
      run([&] { return typename TestFixture::receiver{}.recv(scope.context()).status(); });
  sending.until_blocked();
  receiving.until_blocked();
  scope.cancel();
  EXPECT_EQ(sending.join(), status::cancelled);
  EXPECT_EQ(receiving.join(), status::cancelled);
  EXPECT_EQ(typename TestFixture::receiver{}.recv(scope.context()).status(), status::cancelled);
}

TYPED_TEST(channel_ends_test, closing_an_empty_sender_breaks_the_contract) {  // CH-4
  typename TestFixture::sender nothing;
  EXPECT_THROW(nothing.close(), support::contracts_throw::violation);
}

TYPED_TEST(channel_ends_test, an_end_can_be_emptied_and_set_again) {
  typename TestFixture::channel ch{1};
  typename TestFixture::receiver from;
  from = ch;
  ch.send(1);
  EXPECT_EQ(from.try_recv().value(), 1);
  ch.send(2);
  from = {};
  EXPECT_EQ(from.try_recv().status(), status::would_block);
  EXPECT_EQ(ch.size(), 1U);
}

TYPED_TEST(channel_ends_test, a_value_that_an_empty_end_did_not_send_stays_with_the_caller) {
  lockstep::basic_sender<std::unique_ptr<int>, TypeParam> nothing;
  auto value = std::make_unique<int>(7);
  EXPECT_EQ(nothing.try_send(std::move(value)), status::would_block);
  EXPECT_EQ(nothing.try_send_for(std::move(value), 1ms), status::timeout);
  ASSERT_NE(value, nullptr);
  EXPECT_EQ(*value, 7);
}

TYPED_TEST(channel_ends_test, signals_have_ends_too) {
  lockstep::basic_channel<void, TypeParam> ch{1};
  lockstep::basic_sender<void, TypeParam> to{ch};
  lockstep::basic_receiver<void, TypeParam> from{ch};
  to.send();
  EXPECT_EQ(to.try_send(), status::would_block);
  EXPECT_EQ(from.recv().status(), status::ok);
}

}  // namespace
