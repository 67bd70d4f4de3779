// One semaphore, used by threads and by the fibers of two pools: objects on `any` serve them all.
#include <atomic>
#include <cstdio>
#include <lockstep/lockstep.hpp>
#include <lockstep/runtime/fibers.hpp>
#include <thread>

int main() {
  lockstep::semaphore permits{2};
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  std::atomic<int> served{0};
  const auto visit = [&] {
    permits.acquire();
    const int now = ++inside;
    for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
    }
    lockstep::this_task::yield();
    --inside;
    ++served;
    permits.release();
  };
  {
    lockstep::fibers::pool one;
    lockstep::fibers::pool several{{.workers = 2}};
    for (int i = 0; i < 100; ++i) {
      one.go(visit);
      several.go(visit);
    }
    std::jthread thread{[&] {
      for (int i = 0; i < 100; ++i) visit();
    }};
  }  // the pools wait for their fibers
  std::printf("served: %d, never more than %d at a time\n", served.load(), most.load() < 3 ? 2 : 3);
}

// Output:
// served: 300, never more than 2 at a time
