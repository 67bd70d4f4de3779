// Plans in the simulator, as a user runs them: this program is both the test and, called with --plan,
// the plan. (The tests of main_test.cpp run there as well.)
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <boost/property_tree/ptree.hpp>
#include <boost/property_tree/xml_parser.hpp>
#include <chrono>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <lockstep/lockstep.hpp>
#include <lockstep/now.hpp>
#include <lockstep/plan/main.hpp>
#include <lockstep/random.hpp>
#include <map>
#include <mutex>
#include <random>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <thread>

#include "support/subprocess.hpp"

namespace {

using lockstep::client;
using lockstep::run_env;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;
namespace this_task = lockstep::this_task;

// Plans. Each does one thing that the tests below look at.

void meets(run_env& env, client& sync) {
  env.message("drew ", lockstep::random() % 1000);
  this_task::sleep_for(std::chrono::milliseconds{env.seed() % 1000});
  sync.signal_and_wait("all", env.instance_count());
  env.message("met");
}

void sleeps_for_a_year(run_env& env, client&) {
  const auto begun = lockstep::now();
  this_task::sleep_for(24h * 365);
  env.message("slept ",
              std::chrono::duration_cast<std::chrono::hours>(lockstep::now() - begun).count(),
              " hours");
}

void forgets_to_signal(run_env& env, client& sync) {
  if (env.index() == 2) return;
  sync.signal_and_wait("ready", env.instance_count());
}

void locks_twice(run_env&, client&) {
  lockstep::mutex m;
  m.lock();
  m.lock();
}

void locks_in_a_circle(run_env& env, client&) {
  static std::array<lockstep::mutex, 3> forks;
  static lockstep::latch all_hold_one{3};
  const auto own = static_cast<std::size_t>(env.index());
  const lockstep::holding left{forks.at(own)};
  all_hold_one.arrive_and_wait();
  const lockstep::holding right{forks.at((own + 1) % 3)};
}

void enters_twice(run_env& env, client& sync) {
  if (env.index() == 4) return;  // the fifth
  sync.signal_and_wait("enter", 5);
  sync.signal_and_wait("leave", 5);
}

void sends_to_nobody(run_env&, client&) {
  lockstep::channel<int> ch;
  ch.send(1);
}

void polls(run_env& env, client& sync) {
  if (env.index() == 0) {
    while (!sync.barrier("go", 1).try_wait()) this_task::yield();
  } else {
    this_task::sleep_for(1h);
    sync.signal_entry("go");
  }
}

void blocks_the_thread(run_env&, client&) {
  std::mutex m;
  m.lock();
  this_task::sleep_for(1ms);
  m.lock();
}

void steps_slowly(run_env&, client&) {
  for (;;) {
    std::this_thread::sleep_for(10ms);  // really
    this_task::sleep_for(1s);
  }
}

void leaves_a_task_behind(run_env&, client&) {
  static auto& never = *new lockstep::channel<int>;  // destroyed by nobody: it is waited for
  lockstep::go("left", [] { static_cast<void>(never.recv()); });
}

void leaves_a_ticker_behind(run_env&, client&) {
  lockstep::go([] {
    for (;;) this_task::sleep_for(1s);
  });
  this_task::sleep_for(10s);
}

void depends_on_addresses(run_env&, client&) {
  static int runs = 0;  // as good as an address: it differs from run to run
  if (++runs > 1) this_task::yield();
  this_task::sleep_for(1s);
}

void sleeps_by_its_term(run_env&, client& sync) {
  const auto lead = sync.election("leader").campaign("me");
  lockstep::this_task::sleep_for(std::chrono::milliseconds{lead.term()});
}

void gets_stuck_with_a_lock(run_env&, client& sync) {
  lockstep::mutex m;
  const lockstep::holding hold{m};
  sync.barrier("never", 1).wait();
}

void counts_its_own(run_env& env, client& sync) {
  static lockstep::instance_local<int> mine;
  for (int i = 0; i < 3; ++i) {
    ++*mine;
    sync.signal_and_wait("round " + std::to_string(i), env.instance_count());
  }
  env.message("counted ", *mine);
}

void tells_the_date(run_env& env, client&) {
  env.message("begins ", lockstep::system_clock::now().time_since_epoch() / 1us % 1'000'000'000,
              " us");
  this_task::sleep_for(1h);
  env.message("ends");
}

// (What follows the calls keeps them from becoming jumps.)
[[gnu::noinline]] void waits_inside(client& sync) {
  sync.barrier("never", 1).wait();
  this_task::yield();
}
[[gnu::noinline]] void waits_deep_inside(run_env&, client& sync) {
  waits_inside(sync);
  this_task::yield();
}

void asks_what_goes_on(run_env& env, client& sync) {
  if (env.index() == 0) {
    this_task::sleep_for(90s);
    std::raise(SIGQUIT);
    std::this_thread::sleep_for(1500ms);  // really: another thread answers
    sync.signal_entry("go");
  }
  sync.barrier("go", 1).wait();
}

int plans(int argc, char** argv) {
  return lockstep::plan_main(argc, argv,
                             {{"meets", meets},
                              {"sleeps-for-a-year", sleeps_for_a_year},
                              {"forgets-to-signal", forgets_to_signal},
                              {"locks-twice", locks_twice},
                              {"locks-in-a-circle", locks_in_a_circle},
                              {"enters-twice", enters_twice},
                              {"sends-to-nobody", sends_to_nobody},
                              {"polls", polls},
                              {"blocks-the-thread", blocks_the_thread},
                              {"steps-slowly", steps_slowly},
                              {"leaves-a-task-behind", leaves_a_task_behind},
                              {"leaves-a-ticker-behind", leaves_a_ticker_behind},
                              {"depends-on-addresses", depends_on_addresses},
                              {"counts-its-own", counts_its_own},
                              {"sleeps-by-its-term", sleeps_by_its_term},
                              {"gets-stuck-with-a-lock", gets_stuck_with_a_lock},
                              {"tells-the-date", tells_the_date},
                              {"waits-deep-inside", waits_deep_inside},
                              {"asks-what-goes-on", asks_what_goes_on}});
}

support::ended_process plan(const std::string& flags) {
  static const auto self = std::filesystem::read_symlink("/proc/self/exe").string();
  return support::run_command("'" + self + "' --plan --runtime sim " + flags);
}

// What a plan shows, with line numbers and the real time made alike.
std::string shown(const std::string& flags) {
  auto text = plan(flags).output;
  text = std::regex_replace(text, std::regex{"simulated in .*\n"}, "");
  text = std::regex_replace(text, std::regex{"[^ ]*/([a-z_]+\\.[ch]pp):[0-9]+"}, "$1:N");
  return std::regex_replace(text, std::regex{"[0-9]+ steps, [0-9]+ switches, digest .*"}, "...");
}

TEST(sim_plan_test, the_same_seed_shows_the_same_byte_for_byte) {
  const auto output = [](const char* seed) {
    const auto p = plan(std::string{"--case meets --instances 5 --seed "} + seed);
    EXPECT_EQ(p.status, 0);
    return p.output.substr(0, p.output.find("simulated in "));  // which is on the standard error
  };
  const auto first = output("7");
  EXPECT_EQ(first, output("7"));
  EXPECT_NE(first, output("8"));
  EXPECT_THAT(first, AllOf(HasSubstr("5 instances, all succeeded, in "), HasSubstr("seed 7, ")));
}

TEST(sim_plan_test, a_year_passes_at_once) {
  const auto p = plan("--case sleeps-for-a-year --instances 100");
  EXPECT_EQ(p.status, 0) << p.output;
  EXPECT_EQ(p.count("slept 8760 hours"), 100);
  EXPECT_LT(p.took, 1min);
}

TEST(sim_plan_test, a_check_repeats_the_run) {
  const auto p = plan("--case meets --instances 20 --check");
  EXPECT_EQ(p.status, 0) << p.output;
  EXPECT_EQ(p.count("met\n"), 20);
  EXPECT_EQ(p.count("checked in "), 1);
}

TEST(sim_plan_test, terms_and_tokens_are_the_same_in_each_run) {
  EXPECT_EQ(plan("--case sleeps-by-its-term --instances 3 --check").status, 0);
}

TEST(sim_plan_test, a_check_of_a_run_that_gets_stuck_finds_it_the_same) {
  const auto p = plan("--case gets-stuck-with-a-lock --instances 3 --check");
  EXPECT_EQ(p.status, 1);
  EXPECT_THAT(p.output, AllOf(HasSubstr("deadlock: "), Not(HasSubstr("not deterministic"))));
}

TEST(sim_plan_test, a_check_finds_what_differs_from_run_to_run) {
  const auto p = plan("--case depends-on-addresses --check");
  EXPECT_EQ(p.status, 1);
  EXPECT_THAT(p.output, AllOf(HasSubstr("not deterministic"), HasSubstr("busy with yield, ")));
}

TEST(sim_plan_test, only_a_simulation_can_be_checked) {
  const auto p = plan("--case meets --runtime threads --check");
  EXPECT_EQ(p.status, 2);
}

TEST(sim_plan_test, an_instance_has_variables_of_its_own) {
  const auto p = plan("--case counts-its-own --instances 10 --check");
  EXPECT_EQ(p.status, 0) << p.output;
  EXPECT_EQ(p.count("counted 3\n"), 10);
}

TEST(sim_plan_test, more_instances_than_fit_are_refused_at_once) {
  const auto p = plan("--case meets --instances 10000000");
  EXPECT_EQ(p.status, 2);
  EXPECT_THAT(p.output, AllOf(HasSubstr("10000000 instances need about 44.7 GiB of memory, and "),
                              HasSubstr("enough for about ")));
}

TEST(sim_plan_test, a_run_may_take_only_so_much_time) {
  const auto p = plan("--case steps-slowly --timeout 1s");
  EXPECT_EQ(p.status, 1);
  EXPECT_THAT(p.output, AllOf(HasSubstr("timeout: 1 of 1 tasks have not ended"),
                              HasSubstr("steps-slowly: 1 instance, 1 did not finish (timeout)"),
                              Not(HasSubstr("cannot be brought to rest"))));
}

TEST(sim_plan_test, a_run_may_take_only_so_many_steps) {
  const auto p = plan("--case meets --instances 5 --max-steps 7");
  EXPECT_EQ(p.status, 1);
  EXPECT_THAT(p.output, HasSubstr("step limit: "));
}

TEST(sim_plan_test, a_task_that_blocks_the_real_thread_is_named) {
  const auto p = plan("--case blocks-the-thread --timeout 2500ms");
  EXPECT_EQ(p.status, 1);
  EXPECT_THAT(p.output,
              AllOf(HasSubstr("simulation: instance 0 keeps the whole simulation waiting"),
                    HasSubstr("it came to sleep, "),
                    HasSubstr("timeout: the simulation cannot be brought to rest")));
}

TEST(sim_plan_test, tasks_left_behind_for_ever_are_noted) {
  const auto p = plan("--case leaves-a-task-behind");
  EXPECT_EQ(p.status, 0);
  EXPECT_THAT(p.output,
              AllOf(HasSubstr("note: left behind: "),
                    HasSubstr("task 'left' of instance 0: recv channel #1 (rendezvous), "),
                    HasSubstr("1 instance, all succeeded")));
}

TEST(sim_plan_test, tasks_left_behind_do_not_keep_the_run_from_its_end) {
  const auto p = plan("--case leaves-a-ticker-behind --timeout 30s");
  EXPECT_EQ(p.status, 0) << p.output;
  EXPECT_THAT(p.output, AllOf(HasSubstr("all succeeded, in 10 s (sim, "), Not(HasSubstr("note:"))));
}

TEST(sim_plan_test, instances_may_have_clocks_of_their_own) {
  const auto dates = [](const std::string& flags) {
    const auto p = plan("--case tells-the-date --instances 3 --seed 3 " + flags);
    EXPECT_EQ(p.count("ends"), 3) << p.output;
    std::set<int> us;
    const std::regex told{"begins ([0-9]+) us"};
    for (std::sregex_iterator at{p.output.begin(), p.output.end(), told}, end; at != end; ++at) {
      us.insert(std::stoi((*at)[1]));
    }
    return us;
  };
  const auto right = dates("");
  ASSERT_EQ(right.size(), 1U);
  const auto wrong = dates("--clock-offset 50ms");
  EXPECT_EQ(wrong.size(), 3U);
  EXPECT_GE(*wrong.begin(), *right.begin() - 50'000);
  EXPECT_LE(*wrong.rbegin(), *right.begin() + 50'000);
  EXPECT_EQ(wrong, dates("--clock-offset 50ms"));
  // An hour that is too long or too short by up to a tenth.
  const auto hour = [](const char* flags) {
    const auto p = plan(std::string{"--case tells-the-date --seed 3 "} + flags);
    std::smatch at;
    EXPECT_TRUE(std::regex_search(p.output, at, std::regex{"([0-9.]+) s instance 0  ends"}));
    return std::stod(at[1]);
  };
  EXPECT_EQ(hour(""), 3600);
  EXPECT_NE(hour("--clock-drift 100000"), 3600);
  EXPECT_NEAR(hour("--clock-drift 100000"), 3600, 410);
}

TEST(sim_plan_test, clocks_that_differ_are_for_simulations) {
  EXPECT_EQ(plan("--case meets --clock-offset 1parsec").status, 2);
  EXPECT_EQ(plan("--case meets --clock-drift 1000000").status, 2);
  EXPECT_EQ(plan("--case meets --runtime threads --clock-offset 1s").status, 2);
}

TEST(sim_plan_test, a_signal_shows_what_goes_on_in_simulated_time) {
  const auto p = plan("--case asks-what-goes-on --instances 2");
  EXPECT_EQ(p.status, 0) << p.output;
  EXPECT_THAT(p.output, AllOf(HasSubstr("simulation: seed 0, step "), HasSubstr(", after 90 s\n"),
                              HasSubstr("instance 1: wait barrier 'go': 0 of 1, missing instance "
                                        "0, for 90 s\n"),
                              HasSubstr("instance 0: running\n")));
}

TEST(sim_plan_test, stacks_are_shown_if_asked_for) {
  EXPECT_THAT(
      shown("--case waits-deep-inside --stacks"),
      testing::ContainsRegex("sim_test.cpp:N in [^\n]*waits_inside[^\n]*, for 0 us\n"
                             "      called by sim_test.cpp:N in [^\n]*waits_deep_inside[^\n]*\n"));
}

// Files that a run leaves.

struct files : testing::Test {
  std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("lockstep-sim-" + std::to_string(::getpid()));
  files() { std::filesystem::create_directory(folder); }
  ~files() override { std::filesystem::remove_all(folder); }

  // What the file named by the last flag holds after a run.
  std::string of(const std::string& flags, const std::string& name,
                 const std::string& flag = "--trace") const {
    const auto path = folder / name;
    static_cast<void>(plan(flags + " " + flag + " " + path.string()));
    std::ostringstream text;
    text << std::ifstream{path}.rdbuf();
    return text.str();
  }
};

struct traces : files {};

TEST_F(traces, are_the_same_for_the_same_seed) {
  const auto first = of("--case meets --instances 5 --seed 7", "a.json");
  EXPECT_EQ(first, of("--case meets --instances 5 --seed 7", "b.json"));
  EXPECT_NE(first, of("--case meets --instances 5 --seed 8", "c.json"));
}

TEST_F(traces, show_a_track_a_task_with_what_it_does_and_waits_for) {
  const auto json = boost::json::parse(of("--case meets --instances 3", "a.json"));
  std::set<std::string> tracks, waits;
  std::map<std::int64_t, double> end;  // of what was shown last on a track
  int arrows = 0;
  for (const auto& event : json.at("traceEvents").as_array()) {
    const auto& o = event.as_object();
    const std::string phase{o.at("ph").as_string()};
    if (phase == "M" && o.at("name").as_string() == "thread_name") {
      tracks.emplace(o.at("args").at("name").as_string());
    } else if (phase == "X") {
      const auto track = o.at("tid").to_number<std::int64_t>();
      const double from = o.at("ts").to_number<double>();
      EXPECT_GE(from, end[track] - 1e-9) << "stretches overlap";
      end[track] = from + o.at("dur").to_number<double>();
      if (o.at("cat").as_string() == "waits") waits.emplace(o.at("name").as_string());
    } else if (phase == "s") {
      ++arrows;
    }
  }
  EXPECT_THAT(tracks, testing::ElementsAre("instance 0", "instance 1", "instance 2"));
  EXPECT_THAT(waits, testing::IsSupersetOf({"sleep", "wait"}));
  EXPECT_EQ(arrows, 2);  // who comes last wakes the others
}

TEST_F(traces, are_drawn_as_pictures) {
  std::istringstream svg{of("--case locks-in-a-circle --instances 3 --seed 1", "a.svg")};
  boost::property_tree::ptree xml;
  boost::property_tree::read_xml(svg, xml);
  std::map<std::string, int> boxes;
  for (const auto& [tag, element] : xml.get_child("svg")) {
    if (tag == "rect") ++boxes[element.get<std::string>("<xmlattr>.class")];
    EXPECT_NE(tag, "script");
  }
  EXPECT_GT(boxes["r"], 3);
  EXPECT_GE(boxes["b"], 3);  // to the end
  EXPECT_THAT(svg.str(), HasSubstr("instance 0 waits: lock mutex #"));
}

TEST_F(traces, of_long_runs_say_what_they_leave_out) {
  const auto svg = of("--case meets --instances 2000", "a.svg");
  EXPECT_THAT(svg, AllOf(HasSubstr("only the first 100 tasks are drawn"),
                         HasSubstr("only the first 2000 events are drawn")));
}

TEST_F(traces, that_cannot_be_written_are_refused_at_once) {
  const auto p = plan("--case meets --trace /nonexistent/a.json");
  EXPECT_EQ(p.status, 2);
  EXPECT_THAT(p.output, HasSubstr("cannot write the trace to '/nonexistent/a.json'"));
}

struct reports : files {};

TEST_F(reports, say_in_json_what_tasks_wait_for) {
  const auto json = boost::json::parse(
      of("--case locks-in-a-circle --instances 3 --seed 1", "a.json", "--report"));
  EXPECT_THAT(std::string{json.at("reason").as_string()}, testing::StartsWith("deadlock: "));
  EXPECT_THAT(std::string{json.at("run").as_string()}, testing::StartsWith("seed 1, "));
  const auto& circle = json.at("circles").as_array().at(0).as_array();
  ASSERT_EQ(circle.size(), 3U);
  EXPECT_EQ(circle[0].at("task").as_string(), "instance 0");
  EXPECT_EQ(circle[0].at("wants").as_string(), "mutex #1");
  const auto& blocked = json.at("blocked").as_array();
  ASSERT_EQ(blocked.size(), 3U);
  for (const auto& group : blocked) {
    EXPECT_EQ(group.at("instances").as_array().size(), 1U);
    EXPECT_EQ(group.at("held_by").as_array().size(), 1U);
    EXPECT_EQ(group.at("where").at("function").as_string(), "locks_in_a_circle");
    const auto& hold = group.at("holds").as_array().at(0);
    EXPECT_EQ(hold.at("mode").as_string(), "exclusive");
    EXPECT_GT(hold.at("where").at("line").to_number<int>(), 0);
  }
}

TEST_F(reports, of_runs_that_ended_are_empty) {
  const auto json = boost::json::parse(of("--case meets --instances 3", "a.json", "--report"));
  EXPECT_EQ(json.at("reason").as_string(), "");
  EXPECT_TRUE(json.at("blocked").as_array().empty());
}

TEST_F(reports, that_cannot_be_written_are_refused_at_once) {
  const auto p = plan("--case meets --report /nonexistent/a.json");
  EXPECT_EQ(p.status, 2);
  EXPECT_THAT(p.output, HasSubstr("cannot write a report to '/nonexistent/a.json'"));
}

// What is reported, to the letter.

TEST(sim_plan_test, reports_a_forgotten_signal) {
  EXPECT_EQ(
      shown("--case forgets-to-signal --instances 4"),
      "deadlock: 3 of 4 tasks wait for what cannot come\n"
      "  instances 0, 1, 3: wait barrier 'ready': 3 of 4, missing instance 2, sim_test.cpp:N in "
      "forgets_to_signal, for 0 us\n"
      "\n"
      "forgets-to-signal: 4 instances, 3 did not finish (deadlock), in 0 us (sim, local:); seed 0, "
      "...\n");
}

TEST(sim_plan_test, reports_a_task_that_waits_for_itself) {
  EXPECT_EQ(
      shown("--case locks-twice"),
      "a task waits for a lock that it holds\n"
      "  instance 0:\n"
      "      mutex #1 taken at sim_test.cpp:N in locks_twice\n"
      "      mutex #1 wanted at sim_test.cpp:N in locks_twice\n"
      "deadlock: 1 of 1 tasks wait for what cannot come\n"
      "  circle: instance 0 wants mutex #1, held by instance 0 itself\n"
      "  instance 0: lock mutex #1 (held by instance 0), sim_test.cpp:N in locks_twice, for 0 us\n"
      "      holds mutex #1, taken at sim_test.cpp:N in locks_twice\n"
      "\n"
      "locks-twice: 1 instance, 1 did not finish (deadlock), in 0 us (sim, local:); seed 0, "
      "...\n");
}

TEST(sim_plan_test, reports_locks_that_are_wanted_in_a_circle) {
  const std::string text = shown("--case locks-in-a-circle --instances 3 --seed 1");
  EXPECT_THAT(text,
              AllOf(HasSubstr("deadlock: 3 tasks wait in a circle, each for a lock that the next "
                              "one holds\n"),
                    HasSubstr("  circle: instance 0 wants mutex #1, held by instance 1, which "
                              "wants mutex #2, held by instance 2, which wants mutex #3, held by "
                              "instance 0\n"),
                    HasSubstr("  instance 0: lock mutex #1 (held by instance 1), sim_test.cpp:N in "
                              "locks_in_a_circle, for 0 us\n"
                              "      holds mutex #3, taken at sim_test.cpp:N in "
                              "locks_in_a_circle\n")));
  EXPECT_LT(std::count(text.begin(), text.end(), '\n'), 40);
}

TEST(sim_plan_test, reports_four_of_five) {
  EXPECT_EQ(
      shown("--case enters-twice --instances 5"),
      "deadlock: 4 of 5 tasks wait for what cannot come\n"
      "  instances 0, 1, 2, 3: wait barrier 'enter': 4 of 5, missing instance 4, sim_test.cpp:N in "
      "enters_twice, for 0 us\n"
      "\n"
      "enters-twice: 5 instances, 4 did not finish (deadlock), in 0 us (sim, local:); seed 0, "
      "...\n");
}

TEST(sim_plan_test, reports_a_channel_that_nobody_receives_from) {
  EXPECT_THAT(
      shown("--case sends-to-nobody"),
      HasSubstr("deadlock: 1 of 1 tasks wait for what cannot come\n"
                "  instance 0: send channel #1 (rendezvous), sim_test.cpp:N in sends_to_nobody, "
                "for 0 us\n"));
}

TEST(sim_plan_test, reports_a_task_that_polls_while_the_clock_stands_still) {
  EXPECT_THAT(
      shown("--case polls --instances 2"),
      AllOf(HasSubstr("busy wait: tasks keep looking for what cannot come, as the clock stands "
                      "still meanwhile\n"),
            HasSubstr("  instance 0: busy with "), HasSubstr(", sim_test.cpp:N in polls\n"),
            HasSubstr("  instance 1: sleep, sim_test.cpp:N in polls, for 0 us\n")));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1 && std::strcmp(argv[1], "--plan") == 0) return plans(argc - 1, argv + 1);
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
