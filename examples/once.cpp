// once.cpp: a table that is computed when it is first needed, by whoever needs it first.
#include <atomic>
#include <cstdio>
#include <lockstep/once.hpp>
#include <lockstep/wait_group.hpp>
#include <vector>

int main() {
  std::atomic<int> computed{0};
  lockstep::once_value<std::vector<bool>> composite{[&] {
    ++computed;
    std::vector<bool> sieve(100);
    for (std::size_t p = 2; p < sieve.size(); ++p) {
      for (std::size_t n = 2 * p; n < sieve.size(); n += p) sieve[n] = true;
    }
    return sieve;
  }};
  std::printf("computed: %d\n", computed.load());

  lockstep::once greeting;
  std::atomic<int> primes{0};
  lockstep::wait_group tasks;
  for (std::size_t first = 2; first < 6; ++first) {
    tasks.go([&, first] {
      greeting.call([] { std::printf("counting\n"); });
      for (std::size_t n = first; n < 100; n += 4) {
        if (!composite()[n]) ++primes;
      }
    });
  }
  tasks.wait();
  std::printf("primes: %d\n", primes.load());
  std::printf("computed: %d\n", computed.load());
}

// Output:
// computed: 0
// counting
// primes: 25
// computed: 1
