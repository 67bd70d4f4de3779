// client.cpp: meeting by name. Workers that share nothing but the names of a state and a topic tell
// each other where they are, wait until all have done so, and agree on a leader.
#include <atomic>
#include <cstdio>
#include <lockstep/backend/local.hpp>
#include <lockstep/coord/client.hpp>
#include <lockstep/wait_group.hpp>
#include <string>

int main() {
  constexpr int workers = 4;
  std::atomic<int> leaders{0};
  std::atomic<int> addresses{0};

  lockstep::wait_group group;
  for (int i = 0; i < workers; ++i) {
    group.go([&, i] {
      auto sync = lockstep::connect("local:");  // the same world for all of this process
      sync.publish<std::string>("addresses", "10.0.0." + std::to_string(i));
      // Sequence numbers are dense, so exactly one worker is the first.
      if (sync.signal_and_wait("published", workers) == 1) ++leaders;
      auto all = sync.subscribe<std::string>("addresses");  // the history comes first
      for (int n = 0; n < workers && all.recv(); ++n) ++addresses;
    });
  }
  group.wait();
  std::printf("leaders: %d\n", leaders.load());
  std::printf("addresses read: %d\n", addresses.load());

  // Who waits for more than there are is told how far it got.
  auto sync = lockstep::connect("local:");
  const auto o = sync.barrier("published", workers + 1).try_wait_for(std::chrono::milliseconds{1});
  const std::string text = o.text();
  std::printf("%s\n", text.substr(0, text.find(" after")).c_str());
}

// Output:
// leaders: 1
// addresses read: 16
// barrier 'published': 4 of 5
