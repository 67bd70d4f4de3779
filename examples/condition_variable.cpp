// condition_variable.cpp: counting votes. The count ends as soon as the outcome is certain; nobody
// polls, and nobody waits for the votes that no longer matter.
#include <cstdio>
#include <lockstep/condition_variable.hpp>
#include <lockstep/mutex.hpp>
#include <lockstep/wait_group.hpp>
#include <mutex>

int main() {
  constexpr int voters = 10;
  lockstep::mutex m;
  lockstep::condition_variable counted;
  int yes = 0;  // both are protected by m
  int votes = 0;

  lockstep::wait_group tasks;
  for (int voter = 0; voter < voters; ++voter) {
    tasks.go([&, voter] {
      const std::lock_guard hold{m};
      if (voter % 4 != 0) ++yes;
      ++votes;
      counted.notify_all();
    });
  }

  {
    std::unique_lock hold{m};
    // The predicate is tested with the lock held: before the wait, and after every notification.
    counted.wait(hold, [&] { return yes > voters / 2 || votes == voters; });
    std::printf("%s\n", yes > voters / 2 ? "elected" : "not elected");
  }
  tasks.wait();
  std::printf("%d of %d in the end\n", yes, votes);
}

// Output:
// elected
// 7 of 10 in the end
