// stop_token.cpp: a std::jthread that waits in operations of the library, and standard code that is
// told when a context ends.
#include <cstdio>
#include <lockstep/channel.hpp>
#include <lockstep/context.hpp>
#include <lockstep/stop_token.hpp>
#include <stop_token>
#include <thread>

// Standard code: knows no contexts.
int count_until_stopped(const std::stop_token& stop) {
  int rounds = 0;
  while (!stop.stop_requested()) {
    ++rounds;
    std::this_thread::yield();
  }
  return rounds;
}

int main() {
  using namespace std::chrono_literals;
  lockstep::channel<int> silent;  // nobody ever sends
  {
    const std::jthread worker{[&](const std::stop_token& stop) {
      const auto scope = lockstep::from_stop_token(stop);
      const auto s = silent.recv(scope.context()).status();
      std::printf("the worker: %s\n", to_string(s));
    }};
  }  // requests the stop, which ends the wait, and joins

  const lockstep::cancel_scope limit{5ms};
  const auto bridge = lockstep::to_stop_token(limit.context());
  const bool counted = count_until_stopped(bridge.get_token()) > 0;
  std::printf("the count: %s\n", counted ? "ended by the deadline" : "never began");
}

// Output:
// the worker: cancelled
// the count: ended by the deadline
