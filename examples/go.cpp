// go.cpp: starting tasks. spawn() returns a handle that joins: it hands over the result, or the
// exception. go() starts a task that nobody waits for, unless it says itself that it has ended.
#include <cstdio>
#include <lockstep/go.hpp>
#include <lockstep/latch.hpp>
#include <stdexcept>
#include <vector>

int fibonacci(int n) {
  if (n < 0) throw std::invalid_argument{"there is no such number"};
  return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

int main() {
  // Each task gets its own n: a loop variable that tasks use after its round is captured by value.
  std::vector<lockstep::task<int>> tasks;
  for (const int n : {10, 20, -1}) tasks.push_back(lockstep::spawn([n] { return fibonacci(n); }));
  for (auto& task : tasks) {
    try {
      std::printf("%d\n", task.join());
    } catch (const std::invalid_argument& e) {
      std::printf("%s\n", e.what());
    }
  }

  lockstep::latch ended{1};
  lockstep::go("greeter", [&] {
    std::printf("hello from a detached task\n");
    ended.count_down();
  });
  ended.wait();
}

// Output:
// 55
// 6765
// there is no such number
// hello from a detached task
