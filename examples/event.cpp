// event.cpp: a worker that sleeps until there is work, or until it is told to stop.
#include <cstdio>
#include <lockstep/event.hpp>
#include <lockstep/mutex.hpp>
#include <lockstep/wait_any.hpp>
#include <lockstep/wait_group.hpp>
#include <mutex>
#include <utility>
#include <vector>

int main() {
  using lockstep::event;
  lockstep::mutex m;
  std::vector<int> todo;         // under m
  event work{event::automatic};  // there may be something to do; wakes one worker
  event stop;                    // for everybody, for good
  int sum = 0;

  const auto take_all = [&] {
    const std::lock_guard hold{m};
    return std::exchange(todo, {});
  };

  lockstep::wait_group workers;
  workers.go([&] {
    while (lockstep::wait_any(work, stop) == 0) {
      for (const int n : take_all()) sum += n;
    }
    for (const int n : take_all()) sum += n;  // what came before the stop
  });

  for (int n = 1; n <= 100; ++n) {
    {
      const std::lock_guard hold{m};
      todo.push_back(n);
    }
    work.set();  // however often it is set before the worker looks: it takes all there is
  }
  stop.set();
  workers.wait();
  std::printf("sum: %d\n", sum);
}

// Output:
// sum: 5050
