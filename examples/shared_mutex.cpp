// shared_mutex.cpp: a cache. Many look up at once; one at a time may find that an entry is missing,
// and adds it when the others have left. Nobody else can add it between the look and the entry.
#include <atomic>
#include <cstdio>
#include <lockstep/shared_mutex.hpp>
#include <lockstep/wait_group.hpp>
#include <map>
#include <mutex>
#include <shared_mutex>

int main() {
  lockstep::shared_mutex m;
  std::map<int, int> squares;  // under m
  std::atomic<int> computed{0};

  const auto square = [&](int n) {
    {
      const std::shared_lock hold{m};
      if (const auto known = squares.find(n); known != squares.end()) return known->second;
    }
    m.lock_upgrade();  // still beside readers, but as the only one who may write next
    if (!squares.contains(n)) {
      const int result = n * n;  // readers go on meanwhile
      ++computed;
      m.unlock_upgrade_and_lock();
      squares[n] = result;
      m.unlock_and_lock_upgrade();
    }
    const int result = squares[n];
    m.unlock_upgrade();
    return result;
  };

  lockstep::wait_group tasks;
  std::atomic<int> sum{0};
  for (int task = 0; task < 8; ++task) {
    tasks.go([&] {
      for (int n = 1; n <= 10; ++n) sum += square(n);
    });
  }
  tasks.wait();
  std::printf("sum: %d\n", sum.load());
  std::printf("computed: %d\n", computed.load());
}

// Output:
// sum: 3080
// computed: 10
