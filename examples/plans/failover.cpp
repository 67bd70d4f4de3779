// One leads and does the work. When it fails, the next one takes over where it stopped. And if it
// was only cut off, and does not know that it leads no longer? What it still writes comes with a
// term of the past, and is refused as soon as the next one has shut the past out.
//
//   plans_failover --instances 5
//   plans_failover --instances 200 --runtime fibers --param pieces=1000 --param piece=0
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <lockstep/lockstep.hpp>
#include <lockstep/plan/main.hpp>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;

// The work: for each piece that is done, the term in which it was.
using history = std::vector<std::uint64_t>;

history read(const lockstep::coord::shared_value<history>& work) {
  const auto now = work.get();
  return now ? now->value : history{};
}

// Leads until the work is done, or somebody else leads.
void lead(lockstep::run_env& env, lockstep::client& sync, std::uint64_t pieces) {
  const auto piece = env.param<std::chrono::nanoseconds>("piece", 1ms);
  // After so many pieces a leader fails. This leaves somebody for the last ones.
  const auto stint = (pieces + env.instance_count() - 1) / env.instance_count();
  const auto name = "instance " + std::to_string(env.index());
  const auto office = sync.election<std::string>("leader").campaign(name);  // waits for its turn
  const auto term = office.term();

  auto work = sync.value<history>("work");
  work.fence(term).value();  // first: what is read before it may still be changed by the past
  history done = read(work);
  if (done.size() == pieces) return;
  env.message("I lead in term ", term, ", from piece ", done.size() + 1, " on");

  for (std::uint64_t own = 0; done.size() < pieces; ++own) {
    lockstep::this_task::sleep_for(piece);
    if (own == stint) {
      sync.session().close();  // cut off: from now on another may lead; but it works on
      if (office) throw std::logic_error{"it leads without a session"};
    }
    done.push_back(term);
    if (!work.set_fenced(term, done)) {
      env.message("Term ", term, " is over: piece ", done.size(), " was refused");
      return;
    }
    sync.counter("accepted").add();
  }
}

// Leaders went on where those before them had stopped: nothing was lost, or done again.
void check(lockstep::client& sync, const history& done, std::uint64_t pieces) {
  if (done.size() != pieces) throw std::logic_error{"not all is done"};
  if (!std::is_sorted(done.begin(), done.end())) throw std::logic_error{"the past has come back"};
  if (sync.counter("accepted").get() != pieces) throw std::logic_error{"what was done is lost"};
}

void failover(lockstep::run_env& env, lockstep::client& sync) {
  const auto pieces = env.param<std::uint64_t>("pieces", 24);
  lead(env, sync, pieces);
  const auto seq = sync.signal_and_wait("over", env.instance_count());
  check(sync, read(sync.value<history>("work")), pieces);
  if (seq == 1) env.message("All of the work is done");
}

}  // namespace

int main(int argc, char** argv) {
  return lockstep::plan_main(argc, argv, {{"failover", failover}});
}

// Says: All of the work is done
