#include "lockstep/outcome.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

namespace {

using lockstep::outcome;
using lockstep::status;

struct no_default {
  explicit no_default(int v) : value{v} {}
  int value;
};

// Counts how many of it live.
struct counted {
  inline static int alive = 0;
  counted() { ++alive; }
  counted(counted&&) noexcept { ++alive; }
  ~counted() { --alive; }
};

TEST(outcome_test, holds_a_value_or_the_reason_why_there_is_none) {
  outcome<no_default> none{status::timeout};
  EXPECT_FALSE(none);
  EXPECT_EQ(none.status(), status::timeout);
  outcome<no_default> some{std::in_place, 7};
  EXPECT_TRUE(some);
  EXPECT_EQ(some.status(), status::ok);
  EXPECT_EQ((*some).value, 7);
  EXPECT_EQ(some->value, 7);
  EXPECT_EQ(std::as_const(some)->value, 7);
  EXPECT_EQ((*std::as_const(some)).value, 7);
}

TEST(outcome_test, a_status_converts_to_a_failed_outcome) {
  const auto fail = []() -> outcome<int> { return status::closed; };
  EXPECT_EQ(fail().status(), status::closed);
}

TEST(outcome_test, value_gives_the_value_or_throws_the_failure) {
  outcome<int> some{std::in_place, 7};
  EXPECT_EQ(some.value(), 7);
  EXPECT_EQ(std::as_const(some).value(), 7);
  some.value() = 8;
  EXPECT_EQ(std::move(some).value(), 8);
  try {
    static_cast<void>(outcome<int>{status::closed}.value());
    FAIL();
  } catch (const lockstep::error& e) {
    EXPECT_EQ(e.status(), status::closed);
  }
}

TEST(outcome_test, value_or_gives_the_value_or_another) {
  EXPECT_EQ((outcome<int>{std::in_place, 7}.value_or(1)), 7);
  EXPECT_EQ(outcome<int>{status::closed}.value_or(1), 1);
  EXPECT_EQ(outcome<std::string>{status::closed}.value_or("none"), "none");
}

TEST(outcome_test, the_error_carries_status_and_text) {
  const outcome<int> o{status::timeout, "barrier 'ready': 3 of 5"};
  EXPECT_EQ(o.error().status(), status::timeout);
  EXPECT_NE(std::string{o.error().what()}.find("3 of 5"), std::string::npos);
  EXPECT_FALSE(std::string{outcome<int>{status::closed}.error().what()}.empty());
  try {
    static_cast<void>(o.value());
    FAIL();
  } catch (const lockstep::error& e) {
    EXPECT_NE(std::string{e.what()}.find("3 of 5"), std::string::npos);
  }
}

TEST(outcome_test, moves_values_statuses_and_texts) {
  outcome<std::unique_ptr<int>> a{std::in_place, std::make_unique<int>(7)};
  outcome<std::unique_ptr<int>> b{std::move(a)};
  EXPECT_EQ(**b, 7);
  outcome<std::unique_ptr<int>> c{status::closed, "text"};
  c = std::move(b);
  EXPECT_EQ(**c, 7);
  c = outcome<std::unique_ptr<int>>{status::timeout, "new text"};
  EXPECT_EQ(c.status(), status::timeout);
  EXPECT_NE(std::string{c.error().what()}.find("new text"), std::string::npos);
  EXPECT_EQ(
      *std::move(outcome<std::unique_ptr<int>>{std::in_place, std::make_unique<int>(8)}.value()),
      8);
}

TEST(outcome_test, an_assignment_to_itself_changes_nothing) {
  outcome<std::string> o{std::in_place, "kept"};
  auto& same = o;
  o = std::move(same);
  EXPECT_EQ(*o, "kept");
}

TEST(outcome_test, moves_without_throwing_where_its_value_does) {
  struct fragile {
    fragile(fragile&&) noexcept(false) {}
  };
  static_assert(std::is_nothrow_move_constructible_v<outcome<std::string>>);
  static_assert(!std::is_nothrow_move_constructible_v<outcome<fragile>>);
  static_assert(!std::is_copy_constructible_v<outcome<int>>);
}

TEST(outcome_test, destroys_its_value_exactly_once) {
  {
    outcome<counted> o{std::in_place};
    outcome<counted> other{status::closed};
    EXPECT_EQ(counted::alive, 1);
    o.emplace();
    EXPECT_EQ(counted::alive, 1);
    other = std::move(o);
    o.reset(status::closed);
    EXPECT_EQ(counted::alive, 1);
    EXPECT_EQ(o.status(), status::closed);
    other.reset(status::timeout);
    EXPECT_EQ(counted::alive, 0);
    other.emplace();
    EXPECT_EQ(other.status(), status::ok);
  }
  EXPECT_EQ(counted::alive, 0);
}

TEST(outcome_test, of_nothing_is_how_it_ended) {
  outcome<void> done;
  EXPECT_TRUE(done);
  EXPECT_TRUE((outcome<void>{std::in_place}));
  done.value();
  const status s = done;
  EXPECT_EQ(s, status::ok);
  done.reset(status::closed);
  EXPECT_FALSE(done);
  EXPECT_EQ(done, status::closed);
  EXPECT_THROW(done.value(), lockstep::error);
  done.emplace();
  EXPECT_TRUE(done);
  EXPECT_EQ((outcome<void>{status::timeout, "text"}.error().status()), status::timeout);
}

TEST(outcome_test, costs_a_pointer_and_a_status_beside_the_value) {
  static_assert(sizeof(outcome<int>) == 16);
  static_assert(sizeof(outcome<void*>) == 24);
}

TEST(outcome_test, compares_with_a_value_and_with_a_status) {
  const outcome<int> some{std::in_place, 7};
  const outcome<int> none{status::closed};
  EXPECT_TRUE(some == 7);
  EXPECT_FALSE(some == 8);
  EXPECT_FALSE(none == 7);
  EXPECT_TRUE(7 == some);
  EXPECT_TRUE(some != 8);
  EXPECT_TRUE(some == status::ok);
  EXPECT_TRUE(none == status::closed);
  EXPECT_TRUE(none != status::timeout);
  EXPECT_TRUE((outcome<std::string>{std::in_place, "text"} == "text"));
}

TEST(outcome_test, leaves_the_comparison_of_iterators_alone) {
  std::deque<outcome<int>> some;
  some.emplace_back(status::closed);
  for (const auto& o : some) EXPECT_FALSE(o);
}

TEST(outcome_test, a_new_outcome_does_not_keep_the_text_of_the_old_one) {
  outcome<int> o{status::timeout, "old text"};
  o.emplace(1);
  o.reset(status::closed);
  EXPECT_EQ(std::string{o.error().what()}.find("old text"), std::string::npos);
}

}  // namespace
