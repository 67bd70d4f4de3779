#include "lockstep/stop_token.hpp"

#include <gtest/gtest.h>

#include <lockstep/channel.hpp>
#include <lockstep/latch.hpp>
#include <optional>

#include "support/world.hpp"

namespace {

using namespace lockstep;
using namespace std::chrono_literals;
using support::run;

// Waits until a stop is requested, as code that knows only the standard does.
void wait_for_stop(const std::stop_token& token) {
  latch stopped{1};
  const std::stop_callback wake{token, [&] { stopped.count_down(); }};
  stopped.wait();
}

TEST(stop_token_test, a_stop_ends_the_waits_of_a_scope) {
  std::stop_source source;
  const auto scope = from_stop_token(source.get_token());
  EXPECT_EQ(scope.context().status(), status::ok);
  channel<int> silent;
  auto waiting = run([&] { return silent.recv(scope.context()).status(); });
  waiting.until_blocked();
  source.request_stop();
  EXPECT_EQ(waiting.join(), status::cancelled);
}

TEST(stop_token_test, a_scope_of_a_stopped_token_begins_cancelled) {
  std::stop_source source;
  source.request_stop();
  EXPECT_EQ(from_stop_token(source.get_token()).context().status(), status::cancelled);
}

TEST(stop_token_test, a_scope_ends_with_its_parent_too_and_does_not_stop_the_token) {
  std::stop_source source;
  cancel_scope parent{1h};
  const auto scope = from_stop_token(source.get_token(), parent.context());
  EXPECT_EQ(scope.context().deadline(), parent.context().deadline());
  parent.cancel();
  EXPECT_EQ(scope.context().status(), status::cancelled);
  auto own = from_stop_token(source.get_token());
  own.cancel();
  EXPECT_EQ(own.context().status(), status::cancelled);
  EXPECT_FALSE(source.stop_requested());
  EXPECT_EQ(from_stop_token(std::stop_token{}).context().status(), status::ok);
}

TEST(stop_token_test, a_scope_may_end_while_the_stop_is_requested) {
  for (int round = 0; round < 200; ++round) {
    std::stop_source source;
    std::optional<stop_scope> scope{std::in_place, source.get_token(), context{}};
    const context ctx = scope->context();
    auto stopping = run([&] { source.request_stop(); });
    scope.reset();
    ASSERT_EQ(ctx.status(), status::cancelled);
    stopping.join();
  }
}

TEST(stop_token_test, the_end_of_a_context_stops_a_token) {
  cancel_scope scope;
  const auto bridge = to_stop_token(scope.context());
  const std::stop_token token = bridge.get_token();
  EXPECT_FALSE(token.stop_requested());
  auto waiting = run([&] { wait_for_stop(token); });
  waiting.until_blocked();
  scope.cancel();
  waiting.join();
  EXPECT_TRUE(token.stop_requested());
}

TEST(stop_token_test, a_deadline_stops_a_token) {
  const cancel_scope scope{1ms};
  const auto bridge = to_stop_token(scope.context());
  wait_for_stop(bridge.get_token());
  const auto ended = to_stop_token(cancel_scope{-1s}.context());
  wait_for_stop(ended.get_token());
}

TEST(stop_token_test, after_the_end_of_its_bridge_a_token_stays_as_it_is) {
  cancel_scope scope;
  const std::stop_token token = to_stop_token(scope.context()).get_token();
  scope.cancel();
  EXPECT_EQ(latch{1}.try_wait_for(2ms), status::timeout);
  EXPECT_FALSE(token.stop_requested());
  EXPECT_FALSE(to_stop_token(context{}).get_token().stop_requested());
}

}  // namespace
