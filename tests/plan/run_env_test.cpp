#include "lockstep/plan/run_env.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <string>

#include "support/world.hpp"

namespace {

using lockstep::run_env;
using lockstep::status;
using testing::HasSubstr;
using testing::MatchesRegex;
using namespace std::chrono_literals;
namespace plan = lockstep::plan;

struct run_env_test : testing::Test {
  plan::output out{{.run_id = "r1",
                    .test_case = "demo",
                    .group = "single",
                    .instances = 5,
                    .parameters = {{"n", "42"}, {"pause", "250ms"}, {"name", "a b"}, {"on", "1"}}},
                   ""};
  plan::parameters_read read{out.info().parameters};
  lockstep::cancel_scope scope;
  run_env env{out, read, 3, scope.context()};

  // The text with which f() fails, which has to be for a mismatch.
  template <class F>
  static std::string mismatch_of(F f) {
    try {
      f();
      return "nothing";
    } catch (const lockstep::error& e) {
      EXPECT_EQ(e.status(), status::mismatch);
      return e.what();
    }
  }
};

TEST_F(run_env_test, an_instance_knows_its_place_in_the_run) {
  EXPECT_EQ(env.index(), 3U);
  EXPECT_EQ(env.instance_count(), 5U);
  EXPECT_EQ(env.group(), "single");
  EXPECT_EQ(env.run_id(), "r1");
  EXPECT_EQ(env.test_case(), "demo");
}

TEST_F(run_env_test, its_context_ends_with_the_run) {
  EXPECT_FALSE(env.context().done());
  scope.cancel();
  EXPECT_EQ(env.context().status(), status::cancelled);
}

TEST_F(run_env_test, a_parameter_is_read_as_the_type_asked_for) {
  EXPECT_EQ(env.param<int>("n"), 42);
  EXPECT_EQ(env.param<double>("n"), 42.0);
  EXPECT_EQ(env.param<std::string>("n"), "42");
  EXPECT_EQ(env.param<std::chrono::milliseconds>("pause"), 250ms);
  EXPECT_EQ(env.param<std::string>("name"), "a b");
  EXPECT_TRUE(env.param<bool>("on"));
}

TEST_F(run_env_test, a_default_stands_in_for_a_parameter_that_was_not_given) {
  EXPECT_EQ(env.param<int>("n", 1), 42);
  EXPECT_EQ(env.param<int>("m", 1), 1);
  EXPECT_EQ(env.param<std::chrono::nanoseconds>("rest", 10s), 10s);
  EXPECT_TRUE(env.has_param("n"));
  EXPECT_FALSE(env.has_param("m"));
}

TEST_F(run_env_test, a_parameter_that_is_needed_and_missing_is_an_error_that_says_how_to_give_it) {
  EXPECT_THAT(mismatch_of([&] { static_cast<void>(env.param<int>("m")); }),
              HasSubstr("parameter 'm' is required: --param m=VALUE"));
}

TEST_F(run_env_test, a_value_of_another_type_is_an_error_that_names_both) {
  EXPECT_THAT(mismatch_of([&] { static_cast<void>(env.param<int>("pause")); }),
              HasSubstr("parameter 'pause': '250ms' is not a whole number in range"));
  EXPECT_THAT(mismatch_of([&] { static_cast<void>(env.param<bool>("n", true)); }),
              HasSubstr("parameter 'n': '42' is not true or false"));
}

TEST_F(run_env_test, it_remembers_which_parameters_were_asked_for) {
  static_cast<void>(env.param<int>("n"));
  static_cast<void>(env.has_param("on"));
  EXPECT_TRUE(read.contains("n") && read.contains("on"));
  EXPECT_FALSE(read.contains("pause"));
}

TEST_F(run_env_test, a_message_is_shown_at_once_with_time_and_instance) {
  testing::internal::CaptureStdout();
  env.message("seq ", 7, " of ", std::string{"all"});
  EXPECT_THAT(testing::internal::GetCapturedStdout(),
              MatchesRegex(" *[0-9.]+ s instance 3  seq 7 of all\n"));
}

TEST_F(run_env_test, messages_of_several_tasks_do_not_mix) {
  testing::internal::CaptureStdout();
  const auto talk = [&] {
    for (int i = 0; i < 500; ++i) env.message("<", std::string(100, 'x'), ">");
  };
  auto other = support::run(talk);
  talk();
  other.join();
  std::istringstream lines{testing::internal::GetCapturedStdout()};
  int whole = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.ends_with("<" + std::string(100, 'x') + ">")) ++whole;
  }
  EXPECT_EQ(whole, 1000);
}

}  // namespace
