// Phases that begin and end for all together: nobody starts before everybody is there, and nobody
// leaves, let alone starts the next one, before everybody is done.
//
//   plans_phases --instances 8
//   plans_phases --instances 200 --runtime fibers --param rounds=10 --param work=5ms
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <lockstep/lockstep.hpp>
#include <lockstep/plan/main.hpp>
#include <lockstep/random.hpp>
#include <random>
#include <stdexcept>

namespace {

using namespace std::chrono_literals;

// Some take longer than others.
void take_up_to(std::chrono::nanoseconds most) {
  std::uniform_int_distribution<std::chrono::nanoseconds::rep> up_to{0, most.count()};
  lockstep::random_source random;
  lockstep::this_task::sleep_for(std::chrono::nanoseconds{up_to(random)});
}

void phases(lockstep::run_env& env, lockstep::client& sync) {
  const auto n = env.instance_count();
  const auto rounds = env.param<std::uint64_t>("rounds", 3);
  const auto work = env.param<std::chrono::nanoseconds>("work", 2ms);
  auto arrived = sync.counter("arrived");  // what all have done so far
  auto worked = sync.counter("worked");
  auto phase = sync.double_barrier("phase", static_cast<std::ptrdiff_t>(n));

  for (std::uint64_t round = 1; round <= rounds; ++round) {
    take_up_to(work);  // getting ready
    arrived.add();
    const auto in = phase.enter();
    if (in.generation != round) throw std::logic_error{"this is another round"};
    if (arrived.get() != round * n) throw std::logic_error{"not all are there, or one is ahead"};
    if (in.rank == 0) env.message("Round ", round, ": start");  // one speaks for all
    take_up_to(work);
    worked.add();
    if (phase.exit().lost != 0) throw std::logic_error{"somebody has died at work"};
    if (worked.get() != round * n) throw std::logic_error{"not all are done, or one is ahead"};
    if (in.rank == 0) env.message("Round ", round, ": stop");
  }
  if (sync.signal_entry("home") == n) env.message("All rounds are over");
}

}  // namespace

int main(int argc, char** argv) { return lockstep::plan_main(argc, argv, {{"phases", phases}}); }

// Says: All rounds are over
