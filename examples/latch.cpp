// latch.cpp: a starting gun. Nobody runs before all are ready, and all run at once.
#include <cstdio>
#include <lockstep/go.hpp>
#include <lockstep/latch.hpp>

int main() {
  constexpr int runners = 3;
  lockstep::latch ready{runners};  // opens when every runner has counted it down
  lockstep::latch gun{1};          // opened by one task, awaited by many
  lockstep::latch finished{runners};
  int laps[runners] = {};

  for (int& mine : laps) {
    lockstep::go([&] {
      ready.count_down();
      gun.wait();
      mine = 4;
      finished.count_down();  // what was written before is visible after finished.wait()
    });
  }

  ready.wait();
  std::printf("ready: %d laps so far\n", laps[0] + laps[1] + laps[2]);
  gun.count_down();
  finished.wait();
  std::printf("finished: %d laps\n", laps[0] + laps[1] + laps[2]);
}

// Output:
// ready: 0 laps so far
// finished: 12 laps
