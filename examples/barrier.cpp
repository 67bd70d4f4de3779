// barrier.cpp: working in lock step. Four tasks compute prefix sums in rounds; each round reads
// what the others wrote in the round before, so nobody may begin one until all have ended the last.
#include <array>
#include <cstdio>
#include <lockstep/barrier.hpp>
#include <lockstep/wait_group.hpp>
#include <utility>

int main() {
  constexpr std::size_t parties = 4;
  std::array<int, parties> now{1, 2, 3, 4};
  std::array<int, parties> next{};

  // The last to arrive runs this, while all others wait: here nobody else touches the arrays.
  lockstep::barrier round_over{parties, [&] {
                                 std::swap(now, next);
                                 std::printf("%d %d %d %d\n", now[0], now[1], now[2], now[3]);
                               }};

  lockstep::wait_group tasks;
  for (std::size_t i = 0; i < parties; ++i) {
    tasks.go([&, i] {
      for (std::size_t distance = 1; distance < parties; distance *= 2) {
        next[i] = now[i] + (i >= distance ? now[i - distance] : 0);
        round_over.arrive_and_wait();
      }
    });
  }
  tasks.wait();
}

// Output:
// 1 3 5 7
// 1 3 6 10
