// mutex.cpp: the audit of a bank. A lock protects an invariant, not a variable: no money is made or
// lost. Each transfer breaks it for a moment, so who looks must hold the same lock.
#include <array>
#include <cstdio>
#include <lockstep/mutex.hpp>
#include <lockstep/wait_group.hpp>
#include <mutex>
#include <numeric>

int main() {
  lockstep::mutex bank;
  std::array<int, 4> accounts{5000, 5000, 5000, 5000};
  int missing = 0;

  lockstep::wait_group tasks;
  for (std::size_t clerk = 0; clerk < 3; ++clerk) {
    tasks.go([&, clerk] {
      for (int amount = 1; amount <= 1000; ++amount) {
        const std::lock_guard hold{bank};  // over both steps: to lock each alone is not enough
        accounts[clerk] -= amount % 10;
        accounts[clerk + 1] += amount % 10;
      }
    });
  }
  tasks.go([&] {
    for (int audit = 0; audit < 1000; ++audit) {
      const std::lock_guard hold{bank};
      if (std::accumulate(accounts.begin(), accounts.end(), 0) != 20000) ++missing;
    }
  });
  tasks.wait();

  std::printf("audits that missed money: %d\n", missing);
  for (const int balance : accounts) std::printf("%d\n", balance);
}

// Output:
// audits that missed money: 0
// 500
// 5000
// 5000
// 9500
