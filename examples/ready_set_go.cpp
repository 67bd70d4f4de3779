// The plan that Testground's documentation teaches barriers with: whoever publishes first leads,
// counts the others in, and gives the start.
//
//   ready_set_go --instances 4
//   ready_set_go --instances 1000 --param max_sleep=100ms --param step=0
//   ready_set_go --instances 5 --param absent=2      # instance 2 never signals: what happens?
#include <chrono>
#include <cstdint>
#include <lockstep/lockstep.hpp>
#include <lockstep/plan/main.hpp>
#include <random>
#include <string>

namespace {

using namespace std::chrono_literals;

void lead(lockstep::run_env& env, lockstep::client& sync, std::chrono::nanoseconds step) {
  const auto followers = env.instance_count() - 1;
  env.message("I'm the boss.");
  env.message("Waiting for ", followers, " instances to become ready");
  sync.barrier("ready", followers).wait();
  env.message("The followers are all ready");
  env.message("Ready...");
  lockstep::this_task::sleep_for(step);
  env.message("Set...");
  lockstep::this_task::sleep_for(step);
  env.message("Go!");
  sync.signal_entry("start");
}

void follow(lockstep::run_env& env, lockstep::client& sync, std::chrono::milliseconds max_sleep) {
  std::minstd_rand random{static_cast<std::minstd_rand::result_type>(env.seed())};
  std::uniform_int_distribution<std::int64_t> up_to(0, max_sleep.count());
  const std::chrono::milliseconds sleep{up_to(random)};
  env.message("I'm a follower. Signaling ready after ", sleep.count(), " ms");
  lockstep::this_task::sleep_for(sleep);
  sync.signal_entry("ready");
  sync.barrier("start", 1).wait();
  env.message("Received Start");
}

void ready_set_go(lockstep::run_env& env, lockstep::client& sync) {
  // A run that rehearses a missing instance shows what it has to show without delay.
  const bool rehearsal = env.has_param("absent");
  const auto max_sleep = env.param<std::chrono::milliseconds>("max_sleep", rehearsal ? 0s : 10s);
  const auto step = env.param<std::chrono::nanoseconds>("step", rehearsal ? 0s : 1s);
  if (rehearsal && env.param<std::uint64_t>("absent") == env.index()) {
    env.message("I'm absent: I never signal");
    sync.barrier("start", 1).wait();
    return;
  }
  const auto seq = sync.publish<std::string>("messages", env.run_id());
  env.message("My sequence ID: ", seq);
  if (seq == 1) {
    lead(env, sync, step);
  } else {
    follow(env, sync, max_sleep);
  }
}

}  // namespace

int main(int argc, char** argv) {
  return lockstep::plan_main(argc, argv, {{"ready-set-go", ready_set_go}});
}
