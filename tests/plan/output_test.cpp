#include "lockstep/plan/output.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/json/parse.hpp>
#include <boost/json/value_to.hpp>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "support/world.hpp"

namespace {

using testing::HasSubstr;
namespace json = boost::json;
namespace fs = std::filesystem;
namespace plan = lockstep::plan;

struct output_test : testing::Test {
  const fs::path root =
      fs::temp_directory_path() / ("lockstep_output_" + std::to_string(::getpid()));
  std::optional<plan::output> out;

  static plan::run_info info() {
    return {.run_id = "r1",
            .test_case = "demo",
            .group = "single",
            .instances = 3,
            .parameters = {{"n", "42"}}};
  }

  void SetUp() override {
    fs::remove_all(root);
    testing::internal::CaptureStdout();  // messages are shown, too
    out.emplace(info(), root.string());
  }
  void TearDown() override {
    out.reset();
    fs::remove_all(root);
    testing::internal::GetCapturedStdout();
  }

  void say(std::uint64_t instance, const std::string& text) {
    plan::output::message m = out->begin_message(instance);
    m.line += text;
    out->say(instance, std::move(m));
  }
  [[nodiscard]] fs::path file(int instance, const char* name) const {
    return root / "r1" / "single" / std::to_string(instance) / name;
  }
  static std::string text_of(const fs::path& path) {
    std::ifstream in{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
  }
  // The events of an instance, once everything is written.
  std::vector<json::object> events(int instance) {
    out->flush();
    std::ifstream in{file(instance, "run.out")};
    std::vector<json::object> all;
    for (std::string line; std::getline(in, line);) all.push_back(json::parse(line).as_object());
    return all;
  }
};

TEST_F(output_test, each_instance_has_a_file_below_its_run_and_group) {
  for (const int i : {0, 2}) say(static_cast<unsigned>(i), "hello");
  out->flush();
  EXPECT_TRUE(fs::exists(root / "r1/single/0/run.out"));
  EXPECT_FALSE(fs::exists(root / "r1/single/1"));  // it said nothing
  EXPECT_TRUE(fs::exists(root / "r1/single/2/run.out"));
}

TEST_F(output_test, every_line_tells_when_and_where_it_belongs) {
  say(0, "hello");
  const auto line = events(0).at(0);
  EXPECT_GT(line.at("ts").as_int64(), 1'600'000'000'000'000'000);  // nanoseconds
  EXPECT_EQ(line.at("msg").as_string(), "");
  EXPECT_EQ(line.at("group_id").as_string(), "single");
  EXPECT_EQ(line.at("run_id").as_string(), "r1");
}

TEST_F(output_test, a_message_has_its_present_and_its_earlier_form) {
  say(0, "hello");
  const auto event = events(0).at(0).at("event").as_object();
  EXPECT_EQ(event.at("message_event").at("message").as_string(), "hello");
  EXPECT_EQ(event.at("type").as_string(), "message");
  EXPECT_EQ(event.at("message").as_string(), "hello");
}

TEST_F(output_test, the_start_describes_the_run) {
  out->started(1);
  const auto event = events(1).at(0).at("event").as_object();
  EXPECT_EQ(event.at("type").as_string(), "start");
  const auto runenv = event.at("start_event").at("runenv").as_object();
  EXPECT_EQ(runenv.at("run").as_string(), "r1");
  EXPECT_EQ(runenv.at("case").as_string(), "demo");
  EXPECT_EQ(runenv.at("group").as_string(), "single");
  EXPECT_EQ(json::value_to<int>(runenv.at("instances")), 3);
  EXPECT_EQ(json::value_to<int>(runenv.at("group_instances")), 3);
  EXPECT_EQ(runenv.at("params").at("n").as_string(), "42");
}

TEST_F(output_test, success_and_failure_are_events_of_their_own) {
  out->succeeded(0);
  out->failed(1, "the disk is full");
  const auto good = events(0).at(0).at("event").as_object();
  EXPECT_EQ(good.at("success_event").at("group").as_string(), "single");
  EXPECT_EQ(good.at("type").as_string(), "finish");
  EXPECT_EQ(good.at("outcome").as_string(), "ok");
  const auto bad = events(1).at(0).at("event").as_object();
  EXPECT_EQ(bad.at("failure_event").at("group").as_string(), "single");
  EXPECT_EQ(bad.at("failure_event").at("error").as_string(), "the disk is full");
  EXPECT_EQ(bad.at("outcome").as_string(), "aborted");
}

TEST_F(output_test, only_an_instance_that_failed_has_a_run_err) {
  out->started(0);
  out->succeeded(0);
  out->started(1);
  out->failed(1, "the disk is full");
  out->flush();
  EXPECT_FALSE(fs::exists(file(0, "run.err")));
  EXPECT_EQ(text_of(file(1, "run.err")), "the disk is full\n");
}

TEST_F(output_test, texts_come_back_as_they_were_whatever_they_hold) {
  const std::vector<std::string> texts{"\"quoted\" and \\back\\slashed",
                                       "two\nlines\r\n",
                                       "tab\tbell\a null" + std::string(1, '\0'),
                                       "Grüße, \u65e5\u672c, \U0001F600",
                                       "",
                                       "{\"a\": [1]}"};
  for (const auto& text : texts) say(0, text);
  const auto lines = events(0);
  ASSERT_EQ(lines.size(), texts.size());  // one line each
  for (std::size_t i = 0; i < texts.size(); ++i) {
    EXPECT_EQ(lines[i].at("event").at("message").as_string(), texts[i]);
    EXPECT_EQ(lines[i].at("event").at("message_event").at("message").as_string(), texts[i]);
  }
}

TEST_F(output_test, more_than_a_buffer_full_keeps_its_order) {
  for (int i = 0; i < 1000; ++i) say(0, std::to_string(i) + std::string(100, 'x'));
  const auto lines = events(0);
  ASSERT_EQ(lines.size(), 1000U);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    ASSERT_TRUE(lines[i].at("event").at("message").as_string().starts_with(std::to_string(i)));
  }
}

TEST_F(output_test, many_instances_write_at_once) {
  const auto write_all = [&](unsigned first) {
    for (unsigned i = first; i < 300; i += 2) {
      out->started(i);
      say(i, "hello");
      out->succeeded(i);
    }
  };
  auto other = support::run([&] { write_all(1); });
  write_all(0);
  other.join();
  for (int i = 0; i < 300; ++i) ASSERT_EQ(events(i).size(), 3U);
}

TEST_F(output_test, what_is_buffered_is_written_at_the_end) {
  say(0, "hello");
  out.reset();
  EXPECT_THAT(text_of(file(0, "run.out")), HasSubstr("hello"));
}

TEST_F(output_test, without_a_place_nothing_is_collected) {
  fs::remove_all(root);
  out.emplace(info(), "");
  out->started(0);
  say(0, "hello");
  out->failed(0, "the disk is full");
  out->flush();
  EXPECT_FALSE(fs::exists(root));
}

TEST_F(output_test, a_place_that_cannot_be_made_is_an_error_that_names_it) {
  const fs::path occupied = root / "file";
  std::ofstream{occupied} << "x";
  try {
    const plan::output refused{info(), occupied.string()};
    ADD_FAILURE() << "it was made";
  } catch (const lockstep::error& e) {
    EXPECT_EQ(e.status(), lockstep::status::unavailable);
    EXPECT_THAT(e.what(), HasSubstr(occupied.string()));
  }
}

}  // namespace
