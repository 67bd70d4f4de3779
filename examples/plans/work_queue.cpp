// A queue that all draw from, though only so many may work at the same time. Every item is done
// once; the first to arrive fills the queue, and checks in the end.
//
//   plans_work_queue --instances 8 --param workers=3
//   plans_work_queue --instances 200 --runtime fibers --param items=2000 --param workers=50
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <lockstep/lockstep.hpp>
#include <lockstep/plan/main.hpp>
#include <optional>
#include <set>
#include <stdexcept>

namespace {

using namespace std::chrono_literals;

using item = std::optional<std::uint64_t>;  // none: time to go home

void fill(lockstep::run_env& env, lockstep::client& sync, std::uint64_t items) {
  for (std::uint64_t i = 1; i <= items; ++i) sync.publish("items", item{i});
  for (std::uint64_t i = 0; i < env.instance_count(); ++i) sync.publish("items", item{});
}

// Done under a permit: never by more than so many at once.
void work_on(std::uint64_t i, lockstep::run_env& env, lockstep::client& sync,
             std::uint64_t workers) {
  const auto begun = sync.counter("begun").add();
  const auto ended = sync.counter("ended").get();  // asked later, so it is not too low
  if (begun > ended + workers) throw std::logic_error{"too many work at once"};
  lockstep::this_task::sleep_for(env.param<std::chrono::nanoseconds>("time", 1ms));
  sync.publish("results", i);
  sync.counter("ended").add();
}

// Works until there is no more; returns how many items it has done.
std::uint64_t draw(lockstep::run_env& env, lockstep::client& sync) {
  const auto workers = env.param<std::ptrdiff_t>("workers", 3);
  auto permits = sync.semaphore("workers", workers);
  auto queue = sync.topic<item>("items");
  for (std::uint64_t done = 0;; ++done) {
    // The permit first: who waits for one keeps no item from those who could do it. Given back at
    // the end of the block, also by an exception, or by the death of the worker.
    const auto permit = permits.hold();
    const auto mine = sync.counter("drawn").add();  // nobody else draws this number
    const auto i = queue.subscribe_from(mine).recv().value();
    if (!i) return done;
    work_on(*i, env, sync, static_cast<std::uint64_t>(workers));
  }
}

void check(lockstep::client& sync, std::uint64_t items) {
  auto results = sync.subscribe<std::uint64_t>("results");
  std::set<std::uint64_t> done;
  while (auto result = results.try_recv()) {
    if (!done.insert(*result).second) throw std::logic_error{"an item was done twice"};
  }
  if (done.size() != items) throw std::logic_error{"an item was not done"};
}

void work_queue(lockstep::run_env& env, lockstep::client& sync) {
  const auto items = env.param<std::uint64_t>("items", 40);
  const bool first = sync.signal_entry("arrived") == 1;
  if (first) fill(env, sync, items);
  env.message("I have done ", draw(env, sync), " items");
  sync.signal_and_wait("gone home", env.instance_count());
  if (!first) return;
  check(sync, items);
  env.message("Every item was done once");
}

}  // namespace

int main(int argc, char** argv) {
  return lockstep::plan_main(argc, argv, {{"work-queue", work_queue}});
}

// Says: Every item was done once
