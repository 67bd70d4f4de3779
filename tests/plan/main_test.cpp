// Runs plans as a user does: this program is both the test and, called with --plan, the plan.
#include "lockstep/plan/main.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <lockstep/lockstep.hpp>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>

#include "support/subprocess.hpp"

namespace {

using lockstep::client;
using lockstep::run_env;
using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using namespace std::chrono_literals;
namespace this_task = lockstep::this_task;

// Plans. Each does one thing that the tests below look at.

void meets(run_env& env, client& sync) {
  sync.signal_and_wait("all", env.instance_count());
  env.message("met");
}

void fails(run_env& env, client&) {
  if (env.index() == 1) throw std::runtime_error{"the disk is full"};
}

void throws_a_number(run_env&, client&) { throw 7; }

void fails_in_go(run_env&, client&) {
  lockstep::latch gone{1};
  // Counted down with the captures, after the exception has left the task.
  std::shared_ptr<void> at_the_end{nullptr, [&](void*) { gone.count_down(); }};
  lockstep::go([held = std::move(at_the_end)] { throw std::runtime_error{"lost in a task"}; });
  gone.wait();
}

void fails_in_wait_group(run_env&, client&) {
  lockstep::wait_group group;
  group.go([] { throw std::runtime_error{"lost in a group"}; });
  group.wait();
}

// Its task fails when the instance itself may long have ended.
void fails_late(run_env& env, client& sync) {
  if (env.index() == 0) {
    std::shared_ptr<void> at_the_end{nullptr, [sync](void*) mutable { sync.signal_entry("end"); }};
    lockstep::go([held = std::move(at_the_end)] { throw std::runtime_error{"late"}; });
  } else {
    sync.barrier("end", 1).wait();
  }
}

void reads_parameters(run_env& env, client&) {
  env.message("n is ", env.param<int>("n", 1), ", x is '", env.param<std::string>("x", ""), "'");
}

void receive_from_each_other(run_env& env, client&) {
  static std::array<lockstep::channel<int>, 2> inbox;
  const auto own = static_cast<std::size_t>(env.index());
  static_cast<void>(inbox.at(own).recv());
  inbox.at(1 - own).send(1);
}

void lock_in_opposite_orders(run_env& env, client&) {
  static std::array<lockstep::mutex, 2> forks;
  static lockstep::latch both_hold_one{2};
  const auto own = static_cast<std::size_t>(env.index());
  forks.at(own).lock();
  both_hold_one.arrive_and_wait();
  forks.at(1 - own).lock();
}

// One after the other, so that no deadlock happens.
void lock_in_turn(run_env& env, client& sync) {
  static std::array<lockstep::mutex, 2> forks;
  const auto own = static_cast<std::size_t>(env.index());
  if (own == 1) sync.barrier("first is done", 1).wait();
  {
    const std::lock_guard left{forks.at(own)};
    const std::lock_guard right{forks.at(1 - own)};
  }
  if (own == 0) sync.signal_entry("first is done");
}

void block_in_a_guard(run_env&, client&) {
  lockstep::mutex m;
  m.lock();
  const std::lock_guard again{m};
}

void dump_on_request(run_env& env, client& sync) {
  if (env.index() == 0) {
    lockstep::mutex m;
    const std::lock_guard hold{m};
    const auto others = static_cast<std::int64_t>(env.instance_count()) - 1;
    while (lockstep::detail::observed_waits.blocked_for_ever() < others) this_task::yield();
    std::raise(SIGQUIT);
    this_task::sleep_for(env.param<std::chrono::milliseconds>("delay"));
    sync.signal_entry("go");
  }
  sync.barrier("go", 1).wait();
}

void forget_to_signal(run_env& env, client& sync) {
  if (env.index() == 1) return;
  sync.signal_and_wait("ready", env.instance_count());
}

void select_for_ever(run_env&, client&) {
  lockstep::channel<int> a, b;
  select(on_recv(a), on_send(b, 1));
}

void select_a_state_for_ever(run_env&, client& sync) {
  lockstep::channel<int> a;
  auto ready = sync.barrier("ready", 3);
  select(on_recv(a), on_ready(ready));
}

// Something that the library cannot see ends the wait, after `delay`.
void signalled_by_a_thread(run_env& env, client& sync) {
  const auto delay = env.param<std::chrono::milliseconds>("delay");
  std::thread helper{[&] {
    std::this_thread::sleep_for(delay);
    sync.signal_entry("go");
  }};
  sync.barrier("go", 1).wait();
  helper.join();
}

void waits_beside_a_thread(run_env&, client& sync) {
  std::thread{[] { std::this_thread::sleep_for(1h); }}.detach();
  sync.barrier("go", 1).wait();
}

void fed_by_a_thread(run_env& env, client&) {
  const auto delay = env.param<std::chrono::milliseconds>("delay");
  lockstep::channel<int> ch;
  std::thread helper{[&] {
    std::this_thread::sleep_for(delay);
    ch.send(1);
  }};
  static_cast<void>(ch.recv());
  helper.join();
}

void fed_by_a_task(run_env& env, client&) {
  const auto delay = env.param<std::chrono::milliseconds>("delay");
  lockstep::channel<int> ch;
  lockstep::go([&] {
    this_task::sleep_for(delay);
    ch.send(1);
  });
  static_cast<void>(ch.recv());
}

void one_sleeps(run_env& env, client& sync) {
  if (env.index() == 0) {
    this_task::sleep_for(env.param<std::chrono::milliseconds>("delay"));
    sync.signal_entry("go");
  }
  sync.barrier("go", 1).wait();
}

void all_wait_for_a_time(run_env& env, client& sync) {
  const auto delay = env.param<std::chrono::milliseconds>("delay");
  lockstep::channel<int> silent;
  static_cast<void>(silent.try_recv_for(delay));
  static_cast<void>(sync.barrier("never", 1).try_wait_for(delay));
  select(on_recv(silent), lockstep::on_timeout(delay));
}

void busy_until_told(run_env& env, client&) {
  while (!env.context().done()) std::this_thread::yield();
}

void deaf(run_env&, client&) {
  for (;;) std::this_thread::sleep_for(1ms);
}

int plans(int argc, char** argv) {
  return lockstep::plan_main(argc, argv,
                             {{"meets", meets},
                              {"fails", fails},
                              {"throws-a-number", throws_a_number},
                              {"fails-in-go", fails_in_go},
                              {"fails-in-wait-group", fails_in_wait_group},
                              {"reads-parameters", reads_parameters},
                              {"receive-from-each-other", receive_from_each_other},
                              {"lock-in-opposite-orders", lock_in_opposite_orders},
                              {"lock-in-turn", lock_in_turn},
                              {"block-in-a-guard", block_in_a_guard},
                              {"dump-on-request", dump_on_request},
                              {"forget-to-signal", forget_to_signal},
                              {"select-for-ever", select_for_ever},
                              {"select-a-state-for-ever", select_a_state_for_ever},
                              {"fails-late", fails_late},
                              {"signalled-by-a-thread", signalled_by_a_thread},
                              {"waits-beside-a-thread", waits_beside_a_thread},
                              {"fed-by-a-thread", fed_by_a_thread},
                              {"fed-by-a-task", fed_by_a_task},
                              {"one-sleeps", one_sleeps},
                              {"all-wait-for-a-time", all_wait_for_a_time},
                              {"busy-until-told", busy_until_told},
                              {"deaf", deaf}});
}

support::ended_process plan(const std::string& flags) {
  static const auto self = std::filesystem::read_symlink("/proc/self/exe").string();
  return support::run_plan(self, "--plan " + flags);
}

// The line of this file that holds this text, as reports name it: "main_test.cpp:123".
std::string place_of(const std::string& code) {
  std::ifstream in{__FILE__};
  std::string line;
  for (int n = 1; std::getline(in, line); ++n) {
    if (line.find(code) != std::string::npos) return "main_test.cpp:" + std::to_string(n);
  }
  return "no such line: " + code;
}

TEST(main_test, a_run_in_which_all_succeed_ends_with_status_0) {
  const auto p = plan("--case meets --instances 4");
  EXPECT_EQ(p.status, 0) << p.output;
  EXPECT_EQ(p.count("  met\n"), 4);
  EXPECT_THAT(p.output, HasSubstr("meets: 4 instances, all succeeded, in "));
}

TEST(main_test, one_instance_is_the_default) {
  const auto p = plan("--case meets");
  EXPECT_EQ(p.status, 0);
  EXPECT_THAT(p.output, AllOf(HasSubstr("instance 0  met"), HasSubstr("meets: 1 instance, all")));
}

TEST(main_test, an_instance_that_throws_fails_the_run_with_its_text) {
  const auto p = plan("--case fails --instances 3");
  EXPECT_EQ(p.status, 1);
  EXPECT_THAT(p.output, AllOf(HasSubstr("instance 1 failed: the disk is full"),
                              HasSubstr("fails: 3 instances, 1 failed")));
  EXPECT_EQ(p.count("failed: the"), 1);
}

TEST(main_test, an_exception_of_any_type_fails_the_run) {
  const auto p = plan("--case throws-a-number");
  EXPECT_EQ(p.status, 1);
  EXPECT_THAT(p.output, HasSubstr("instance 0 failed: an exception that is no std::exception"));
}

TEST(main_test, an_exception_in_a_task_fails_the_instance_that_started_it) {
  for (const auto& [name, text] : {std::pair{"fails-in-go", "lost in a task"},
                                   std::pair{"fails-in-wait-group", "lost in a group"}}) {
    const auto p = plan(std::string{"--instances 2 --case "} + name);
    EXPECT_EQ(p.status, 1);
    EXPECT_THAT(p.output, AllOf(HasSubstr(std::string{"instance 0 failed: "} + text),
                                HasSubstr(std::string{"instance 1 failed: "} + text)));
  }
}

TEST(main_test, a_task_that_fails_after_its_instance_has_ended_is_reported) {
  const auto p = plan("--instances 2 --case fails-late");
  EXPECT_EQ(p.status, 1);
  EXPECT_THAT(p.output, HasSubstr("instance 0 failed: late"));
}

TEST(main_test, a_mistake_on_the_command_line_is_named_and_ends_with_status_2) {
  struct mistake {
    const char* flags;
    std::vector<const char*> said;
  };
  for (const mistake& m : {
           mistake{"--case meets --runtime green", {"--runtime", "'green'", "threads"}},
           mistake{"--case meets --backend redis://h:1", {"'redis://h:1'", "built in: local"}},
           mistake{"--case meet", {"--case", "'meet'", "meets, fails, throws-a-number"}},
           mistake{"", {"--case is required", "meets, fails, throws-a-number"}},
           mistake{"--case meets --speed 9", {"--speed", "--help"}},
           mistake{"--case meets --param n", {"--param", "'n'", "name=value"}},
           mistake{"--case meets --param =1", {"--param", "'=1'"}},
           mistake{"--case meets --timeout soon", {"--timeout", "'soon'", "30s"}},
           mistake{"--case meets --timeout 0", {"--timeout", "'0'"}},
           mistake{"--case meets --instances 0", {"--instances", "0"}},
           mistake{"--case meets --instances many", {"--instances", "many"}},
           mistake{"--case meets --collect /proc/none", {"'/proc/none"}},
       }) {
    const auto p = plan(m.flags);
    EXPECT_EQ(p.status, 2) << m.flags << "\n" << p.output;
    for (const char* text : m.said) EXPECT_THAT(p.output, HasSubstr(text)) << m.flags;
    EXPECT_EQ(p.count("met\n"), 0);
  }
}

TEST(main_test, the_plans_are_listed) {
  const auto p = plan("--list");
  EXPECT_EQ(p.status, 0);
  EXPECT_THAT(p.output, StartsWith("meets\nfails\nthrows-a-number\n"));
}

TEST(main_test, help_names_every_flag_and_plan) {
  const auto p = plan("--help");
  EXPECT_EQ(p.status, 0);
  for (const char* flag : {"--case", "--instances", "--param", "--runtime", "--backend",
                           "--timeout", "--collect", "--list", "meets, fails"}) {
    EXPECT_THAT(p.output, HasSubstr(flag));
  }
}

TEST(main_test, parameters_reach_the_plan) {
  const auto p = plan("--case reads-parameters --param n=42 --param 'x=a=b c'");
  EXPECT_EQ(p.status, 0);
  EXPECT_THAT(p.output, HasSubstr("n is 42, x is 'a=b c'"));
  EXPECT_THAT(p.output, Not(HasSubstr("note:")));
}

TEST(main_test, a_parameter_of_the_wrong_type_fails_the_instance) {
  const auto p = plan("--case reads-parameters --param n=many");
  EXPECT_EQ(p.status, 1);
  EXPECT_THAT(p.output, HasSubstr("parameter 'n': 'many' is not a whole number"));
}

TEST(main_test, a_parameter_that_nobody_reads_is_noted) {
  const auto p = plan("--case reads-parameters --param n=2 --param nn=3");
  EXPECT_EQ(p.status, 0);
  EXPECT_THAT(p.output, HasSubstr("note: no instance asked for parameter 'nn'"));
  EXPECT_EQ(p.count("note:"), 1);
}

TEST(main_test, instances_that_receive_from_each_other_are_reported) {
  RecordProperty("statements", "DL-1");
  const auto p = plan("--case receive-from-each-other --instances 2");
  EXPECT_EQ(p.status, 1);
  const auto where = place_of("inbox.at(own).recv()");
  EXPECT_THAT(p.output, AllOf(HasSubstr("deadlock"), HasSubstr("instance 0: recv channel #"),
                              HasSubstr("instance 1: recv channel #"), HasSubstr("rendezvous"),
                              HasSubstr(where), HasSubstr("receive_from_each_other"),
                              HasSubstr("2 did not finish (deadlock)")));
}

TEST(main_test, instances_that_lock_in_opposite_orders_are_reported) {
  RecordProperty("statements", "DL-1");
  const auto p = plan("--case lock-in-opposite-orders --instances 2");
  EXPECT_EQ(p.status, 1);
  EXPECT_THAT(p.output, AllOf(HasSubstr("deadlock"), HasSubstr("instance 0: lock mutex #"),
                              HasSubstr("instance 1: lock mutex #"),
                              HasSubstr(place_of("forks.at(1 - own).lock()"))));
}

TEST(main_test, an_inversion_is_reported_though_the_run_succeeds) {
  RecordProperty("statements", "DL-1");
  const auto root =
      std::filesystem::temp_directory_path() / ("lockstep_locks_" + std::to_string(::getpid()));
  const auto p = plan("--case lock-in-turn --instances 2 --collect '" + root.string() + "'");
  EXPECT_EQ(p.status, 0);
  EXPECT_THAT(p.output, AllOf(HasSubstr("lock order inversion: 2 locks are taken in a circle"),
                              HasSubstr("\n  instance 0:"), HasSubstr("\n  instance 1:"),
                              HasSubstr(place_of("right{forks.at(1 - own)}")),
                              HasSubstr(place_of("left{forks.at(own)}")),
                              HasSubstr("2 instances, all succ")));
  EXPECT_EQ(support::run_command("grep -r inversion '" + root.string() + "'").count("/1/run.err"),
            1);
  std::filesystem::remove_all(root);
}

TEST(main_test, a_task_that_waits_for_its_own_lock_is_reported_with_the_line_of_its_guard) {
  RecordProperty("statements", "DL-1");
  const auto p = plan("--case block-in-a-guard");
  EXPECT_EQ(p.status, 1);
  const auto where = place_of("std::lock_guard again{m}");
  EXPECT_THAT(p.output, AllOf(HasSubstr("a task waits for a lock that it holds"),
                              HasSubstr("deadlock"), HasSubstr("instance 0: lock mutex #1")));
  EXPECT_EQ(p.count(where), 2);  // in both reports
}

TEST(main_test, a_signal_makes_a_run_say_what_its_tasks_do_and_go_on) {
  const auto p = plan("--case dump-on-request --instances 3 --param delay=500ms");
  EXPECT_EQ(p.status, 0);
  EXPECT_THAT(p.output,
              AllOf(HasSubstr("3 tasks, "), HasSubstr("    holds mutex #"),
                    HasSubstr("barrier 'go': 0 of 1"), HasSubstr("3 instances, all succeeded")));
}

TEST(main_test, the_thread_that_waits_for_the_signal_does_not_hide_a_deadlock) {
  const auto p = plan("--case receive-from-each-other --instances 2 --timeout 1h");
  EXPECT_THAT(p.output, HasSubstr("2 did not finish (deadlock)"));
}

TEST(main_test, a_missing_signal_is_reported_with_state_count_target_and_instance) {
  const auto p = plan("--case forget-to-signal --instances 4");
  EXPECT_EQ(p.status, 1);
  EXPECT_THAT(p.output, AllOf(HasSubstr("deadlock"),
                              HasSubstr("instances 0, 2, 3: wait barrier 'ready': 3 of 4, missing "
                                        "instance 1, "),
                              HasSubstr(place_of("signal_and_wait(\"ready\"")),
                              HasSubstr("forget_to_signal"), HasSubstr("3 did not finish")));
}

TEST(main_test, a_select_that_nothing_can_end_is_reported) {
  RecordProperty("statements", "DL-1");
  const auto p = plan("--case select-for-ever");
  EXPECT_EQ(p.status, 1);
  EXPECT_THAT(p.output, AllOf(HasSubstr("deadlock"), HasSubstr("recv channel, send channel"),
                              HasSubstr(place_of("select(on_recv(a), on_send"))));
}

TEST(main_test, a_select_that_waits_for_a_state_names_it_and_ends_with_the_run) {
  const auto p = plan("--case select-a-state-for-ever");
  EXPECT_EQ(p.status, 1);
  EXPECT_THAT(p.output, HasSubstr("select recv channel, barrier 'ready': 0 of 3"));
}

TEST(main_test, nobody_is_called_stuck_while_something_may_still_happen) {
  RecordProperty("statements", "DL-1");
  for (const char* flags :
       {"--case signalled-by-a-thread --param delay=2s",
        "--case fed-by-a-thread --param delay=500ms", "--case fed-by-a-task --param delay=300ms",
        "--case one-sleeps --param delay=300ms",
        "--case all-wait-for-a-time --param delay=100ms"}) {
    const auto p = plan(std::string{"--instances 3 "} + flags);
    EXPECT_EQ(p.status, 0) << flags << "\n" << p.output;
    EXPECT_THAT(p.output, AllOf(Not(HasSubstr("deadlock")), HasSubstr("all succeeded"))) << flags;
  }
}

TEST(main_test, the_timeout_says_that_an_unknown_thread_prevented_the_verdict) {
  const auto p = plan("--case waits-beside-a-thread --timeout 300ms");
  EXPECT_EQ(p.status, 1);
  EXPECT_THAT(p.output,
              AllOf(HasSubstr("timeout: the run has not ended after 300 ms"),
                    HasSubstr("other thread(s) that might wake them"), HasSubstr("'go': 0 of 1")));
}

TEST(main_test, when_the_time_is_over_the_context_of_the_instances_ends) {
  const auto p = plan("--case busy-until-told --instances 2 --timeout 300ms");
  EXPECT_EQ(p.status, 1);
  EXPECT_GE(p.took, 300ms);
  EXPECT_THAT(p.output, AllOf(HasSubstr("timeout: the run has not ended after 300 ms"),
                              HasSubstr("2 did not finish (timeout)"), Not(HasSubstr("deadlock"))));
}

TEST(main_test, instances_that_do_not_listen_are_given_up_after_a_second) {
  const auto p = plan("--case deaf --instances 2 --timeout 300ms");
  EXPECT_EQ(p.status, 1);
  EXPECT_GE(p.took, 1300ms);
  EXPECT_THAT(p.output, HasSubstr("2 did not finish (timeout)"));
}

TEST(main_test, a_thousand_instances_meet) {
  const auto p = plan("--case meets --instances 1000");
  EXPECT_EQ(p.status, 0);
  EXPECT_EQ(p.count("  met\n"), 1000);
  EXPECT_THAT(p.output, HasSubstr("1000 instances, all succeeded"));
}

TEST(main_test, runs_on_a_named_world_work_as_well) {
  EXPECT_EQ(plan("--case meets --instances 3 --backend local:here").status, 0);
}

TEST(main_test, output_is_collected) {
  namespace fs = std::filesystem;
  const fs::path root = fs::temp_directory_path() / ("lockstep_main_" + std::to_string(::getpid()));
  const auto p = plan("--case fails --instances 3 --collect '" + root.string() + "'");
  EXPECT_EQ(p.status, 1);
  int outs = 0;
  int errs = 0;
  for (const auto& entry : fs::recursive_directory_iterator{root}) {
    const auto name = entry.path().filename();
    outs += name == "run.out" ? 1 : 0;
    errs += name == "run.err" ? 1 : 0;
    if (name == "run.err") {
      EXPECT_THAT(entry.path().string(), HasSubstr("/single/1/"));
    }
  }
  EXPECT_EQ(outs, 3);
  EXPECT_EQ(errs, 1);
  fs::remove_all(root);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1 && std::strcmp(argv[1], "--plan") == 0) return plans(argc - 1, argv + 1);
  testing::InitGoogleMock(&argc, argv);
  return RUN_ALL_TESTS();
}
