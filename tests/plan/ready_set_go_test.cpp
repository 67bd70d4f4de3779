// The example that teaches barriers, run as a user runs it. READY_SET_GO is where it was built.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "support/subprocess.hpp"

namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

struct ready_set_go_test : testing::Test {
#ifdef READY_SET_GO
  static support::ended_process run(const std::string& flags) {
    return support::run_plan(READY_SET_GO, flags);
  }
#else
  void SetUp() override { GTEST_SKIP() << "the examples are not built"; }
  static support::ended_process run(const std::string&) { return {}; }
#endif
};

TEST_F(ready_set_go_test, one_leads_and_all_others_get_the_start) {
  const auto p = run("--instances 4 --param max_sleep=50ms --param step=1ms");
  EXPECT_EQ(p.status, 0) << p.output;
  EXPECT_EQ(p.count("I'm the boss."), 1);
  EXPECT_EQ(p.count("Waiting for 3 instances to become ready"), 1);
  EXPECT_EQ(p.count("Go!"), 1);
  EXPECT_EQ(p.count("Received Start"), 3);
  for (int seq = 1; seq <= 4; ++seq) {
    EXPECT_EQ(p.count("My sequence ID: " + std::to_string(seq) + "\n"), 1);
  }
  EXPECT_LT(p.output.find("The followers are all ready"), p.output.find("Go!"));
  EXPECT_LT(p.output.find("Go!"), p.output.find("Received Start"));
}

TEST_F(ready_set_go_test, a_leader_without_followers_goes_at_once) {
  const auto p = run("--instances 1 --param step=0");
  EXPECT_EQ(p.status, 0) << p.output;
  EXPECT_EQ(p.count("Go!"), 1);
  EXPECT_EQ(p.count("Received Start"), 0);
}

TEST_F(ready_set_go_test, a_thousand_take_part) {
  const auto p = run("--instances 1000 --param max_sleep=100ms --param step=0");
  EXPECT_EQ(p.status, 0);
  EXPECT_EQ(p.count("Go!"), 1);
  EXPECT_EQ(p.count("Received Start"), 999);
}

TEST_F(ready_set_go_test, an_absent_instance_is_missed_by_name) {
  const auto p = run("--instances 5 --param absent=2");
  EXPECT_EQ(p.status, 1);
  EXPECT_LT(p.took, 30s);  // not the timeout of 10 minutes
  EXPECT_THAT(p.output, AllOf(HasSubstr("I'm absent"), HasSubstr("deadlock"),
                              HasSubstr("'ready': 3 of 4, missing instance 2, "),
                              HasSubstr("'start': 0 of 1"), HasSubstr("ready_set_go.cpp:"),
                              HasSubstr("5 did not finish"), Not(HasSubstr("Go!"))));
}

}  // namespace
