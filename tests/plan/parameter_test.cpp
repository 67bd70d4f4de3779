#include "lockstep/plan/parameter.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <string>

namespace {

using lockstep::plan::kind_of_value;
using lockstep::plan::parse_duration;
using lockstep::plan::parse_value;
using namespace std::chrono_literals;

TEST(parameter_test, a_duration_is_a_number_with_a_unit) {
  EXPECT_EQ(parse_duration("7ns"), 7ns);
  EXPECT_EQ(parse_duration("7us"), 7us);
  EXPECT_EQ(parse_duration("250ms"), 250ms);
  EXPECT_EQ(parse_duration("10s"), 10s);
  EXPECT_EQ(parse_duration("10min"), 10min);
  EXPECT_EQ(parse_duration("2h"), 2h);
  EXPECT_EQ(parse_duration("1.5s"), 1500ms);
  EXPECT_EQ(parse_duration(".5s"), 500ms);
}

TEST(parameter_test, only_a_duration_of_nothing_needs_no_unit) {
  EXPECT_EQ(parse_duration("0"), 0ns);
  EXPECT_EQ(parse_duration("0ms"), 0ns);
  EXPECT_EQ(parse_duration("5"), std::nullopt);
}

TEST(parameter_test, what_is_no_duration_is_refused) {
  for (const char* text : {"", "s", "ms", "10 s", "10sec", "10S", "-1s", "+1s", "1e3s", "1..5s",
                           "1s2", "ten", "999999999999h"}) {
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
  }
}

TEST(parameter_test, a_duration_may_be_asked_for_in_any_unit) {
  EXPECT_EQ(parse_value<std::chrono::milliseconds>("2s"), 2000ms);
  EXPECT_EQ(parse_value<std::chrono::nanoseconds>("2us"), 2000ns);
  EXPECT_EQ(parse_value<std::chrono::duration<double>>("250ms"), 0.25s);
  const auto inexact = parse_value<std::chrono::duration<double>>("1.07s");
  ASSERT_TRUE(inexact);
  EXPECT_NEAR(inexact->count(), 1.07, 1e-9);
  EXPECT_EQ(parse_value<std::chrono::seconds>("soon"), std::nullopt);
}

TEST(parameter_test, a_whole_number_has_to_fit_and_to_be_all_of_the_text) {
  EXPECT_EQ(parse_value<int>("-42"), -42);
  EXPECT_EQ(parse_value<std::uint64_t>("18446744073709551615"), ~std::uint64_t{0});
  EXPECT_EQ(parse_value<std::int8_t>("127"), 127);
  EXPECT_EQ(parse_value<std::int8_t>("128"), std::nullopt);
  EXPECT_EQ(parse_value<unsigned>("-1"), std::nullopt);
  for (const char* text : {"", " 1", "1 ", "1x", "1.5", "0x10", "one"}) {
    EXPECT_EQ(parse_value<int>(text), std::nullopt) << text;
  }
}

TEST(parameter_test, a_number_may_have_a_fraction) {
  EXPECT_EQ(parse_value<double>("0.25"), 0.25);
  EXPECT_EQ(parse_value<double>("-1e3"), -1000.0);
  EXPECT_EQ(parse_value<double>("1,5"), std::nullopt);
  EXPECT_EQ(parse_value<float>("2.5"), 2.5F);
}

TEST(parameter_test, a_flag_is_true_or_false) {
  EXPECT_EQ(parse_value<bool>("true"), true);
  EXPECT_EQ(parse_value<bool>("1"), true);
  EXPECT_EQ(parse_value<bool>("false"), false);
  EXPECT_EQ(parse_value<bool>("0"), false);
  for (const char* text : {"", "yes", "True", "2"}) {
    EXPECT_EQ(parse_value<bool>(text), std::nullopt) << text;
  }
}

TEST(parameter_test, text_is_taken_as_it_is) {
  EXPECT_EQ(parse_value<std::string>(""), "");
  EXPECT_EQ(parse_value<std::string>(" a=b\n"), " a=b\n");
}

TEST(parameter_test, messages_say_what_was_expected) {
  EXPECT_STREQ(kind_of_value<bool>(), "true or false");
  EXPECT_STREQ(kind_of_value<int>(), "a whole number in range");
  EXPECT_STREQ(kind_of_value<double>(), "a number");
  EXPECT_STREQ(kind_of_value<std::string>(), "text");
  EXPECT_STREQ(kind_of_value<std::chrono::seconds>(), "a duration such as 250ms, 10s or 0");
}

}  // namespace
