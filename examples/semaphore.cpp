// semaphore.cpp: bounded parallelism. Ten downloads, of which no more than three run at once.
#include <atomic>
#include <cstdio>
#include <lockstep/semaphore.hpp>
#include <lockstep/this_task.hpp>
#include <lockstep/wait_group.hpp>

int main() {
  using namespace std::chrono_literals;
  lockstep::semaphore slots{3};
  lockstep::wait_group downloads;
  std::atomic<int> running{0};
  std::atomic<int> too_many{0};

  for (int i = 0; i < 10; ++i) {
    slots.acquire();  // here, not in the task: at most three tasks exist at once, too
    downloads.go([&] {
      if (++running > 3) ++too_many;
      lockstep::this_task::sleep_for(1ms);  // the download
      --running;
      slots.release();
    });
  }

  slots.acquire(3);  // with all permits in hand, nothing runs any more
  std::printf("running at the end: %d\n", running.load());
  std::printf("times that more than three ran: %d\n", too_many.load());
  slots.release(3);
  downloads.wait();
}

// Output:
// running at the end: 0
// times that more than three ran: 0
