#include <gtest/gtest.h>

#include <lockstep/latch.hpp>
#include <lockstep/result_group.hpp>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/world.hpp"

namespace {

using namespace std::chrono_literals;
using lockstep::background;
using lockstep::outcome;
using lockstep::status;

template <class R>
struct result_group_test : testing::Test {
  template <class T>
  using group = lockstep::basic_result_group<T, R>;
};
TYPED_TEST_SUITE(result_group_test, support::runtimes, support::runtime_names);

TYPED_TEST(result_group_test, returns_results_in_the_order_in_which_functions_were_started) {
  typename TestFixture::template group<int> g;
  lockstep::basic_latch<TypeParam> later{1};
  g.go([&] {
    later.wait();  // the first to start is the last to end
    return 1;
  });
  g.go("second", [&] {
    later.count_down();
    return 2;
  });
  g.go([](const lockstep::context& ctx) { return ctx.done() ? 0 : 3; });
  EXPECT_EQ(g.wait(), (std::vector{1, 2, 3}));
  EXPECT_EQ(g.wait(), std::vector<int>{});
}

TYPED_TEST(result_group_test, takes_results_of_any_kind) {
  typename TestFixture::template group<std::unique_ptr<int>> moved;
  moved.go([] { return std::make_unique<int>(7); });
  EXPECT_EQ(*moved.wait().at(0), 7);

  typename TestFixture::template group<std::string> converted;
  converted.go([] { return "text"; });
  converted.go([] { return outcome<std::string>{std::in_place, "xxx"}; });
  EXPECT_EQ(converted.wait(), (std::vector<std::string>{"text", "xxx"}));

  struct no_default {
    explicit no_default(int v) : value{v} {}
    int value;
  };
  typename TestFixture::template group<no_default> explicit_only;
  explicit_only.go([] { return no_default{8}; });
  EXPECT_EQ(explicit_only.wait().at(0).value, 8);
}

TYPED_TEST(result_group_test, has_no_results_where_a_function_fails) {
  typename TestFixture::template group<int> g;
  g.go([] { return 1; });
  g.go([] { return outcome<int>{status::gap, "17 lines are missing"}; });
  const auto failed = g.wait(background());
  EXPECT_EQ(failed.status(), status::gap);
  EXPECT_STREQ(failed.text(), "17 lines are missing");
  g.go([] { return 1; });
  g.go([]() -> int { throw std::runtime_error{"failed"}; });
  EXPECT_THROW(g.wait(), std::runtime_error);
  g.go([] { return 2; });
  EXPECT_EQ(g.wait(), std::vector{2});  // nothing is left of the others
}

TYPED_TEST(result_group_test, cancels_the_other_functions_when_one_fails) {  // EG-2
  typename TestFixture::template group<int> g;
  lockstep::basic_latch<TypeParam> never_opens{1};
  status ended = status::ok;
  g.go([&](const lockstep::context& ctx) {
    ended = never_opens.wait(ctx);
    return 1;
  });
  g.go([] { return outcome<int>{status::closed}; });
  EXPECT_EQ(g.wait(background()).status(), status::closed);
  EXPECT_EQ(ended, status::cancelled);
}

TYPED_TEST(result_group_test, has_the_forms_and_the_limit_of_a_task_group) {
  typename TestFixture::template group<int> g;
  g.set_limit(1);
  lockstep::basic_latch<TypeParam> let_go{1};
  const auto wait = [&] {
    let_go.wait();
    return 1;
  };
  EXPECT_TRUE(g.try_go(wait));
  EXPECT_FALSE(g.try_go([] { return 2; }));
  EXPECT_EQ(g.go(lockstep::cancel_scope{1ms}.context(), [] { return 3; }), status::timeout);
  EXPECT_EQ(g.try_wait().status(), status::would_block);
  EXPECT_EQ(g.try_wait_for(1ms).status(), status::timeout);
  let_go.count_down();
  EXPECT_EQ(g.try_wait_for(1h).value(), std::vector{1});
}

TYPED_TEST(result_group_test, collects_from_functions_that_its_functions_start) {
  typename TestFixture::template group<int> g;
  for (int i = 0; i < 8; ++i) {
    g.go([&g, i] {
      g.go([i] { return i; });
      g.go([i] { return i; });
      return i;
    });
  }
  int sum = 0;
  for (const int i : g.wait()) sum += i;
  EXPECT_EQ(sum, 3 * 28);
}

struct throws_when_copied {
  throws_when_copied() = default;
  throws_when_copied(const throws_when_copied&) { throw std::runtime_error{"copied"}; }
  int operator()() const { return 9; }
};

TYPED_TEST(result_group_test, has_no_result_of_a_function_that_could_not_be_started) {
  typename TestFixture::template group<int> g;
  const throws_when_copied f;
  g.go([] { return 1; });
  EXPECT_THROW(g.go(f), std::runtime_error);
  g.go([] { return 2; });
  EXPECT_EQ(g.wait(), (std::vector{1, 2}));
}

TYPED_TEST(result_group_test, waits_for_its_functions_before_its_results_are_gone) {
  lockstep::basic_latch<TypeParam> never_opens{1};
  {
    typename TestFixture::template group<std::string> g;
    g.go([&](const lockstep::context& ctx) {
      EXPECT_EQ(never_opens.wait(ctx), status::cancelled);
      return std::string(100, 'x');
    });
  }
  SUCCEED();  // the address sanitizer has seen it
}

}  // namespace
