// context.cpp: giving up together. A request asks three servers; when it is cancelled, or out of
// time, so is everything that was started for it.
#include <cstdio>
#include <lockstep/channel.hpp>
#include <lockstep/context.hpp>
#include <lockstep/go.hpp>

int main() {
  using namespace std::chrono_literals;
  lockstep::channel<int> silent;  // nobody ever sends
  const auto ask = [&](const lockstep::context& ctx) { return silent.recv(ctx).status(); };

  // A context ends with its deadline,
  lockstep::cancel_scope request;
  {
    const lockstep::cancel_scope hurry{request.context(), 5ms};
    std::printf("the first: %s\n", to_string(ask(hurry.context())));
  }
  std::printf("the request: %s\n", to_string(request.context().status()));

  // or when a scope above it is cancelled: here one call ends both waits.
  const lockstep::cancel_scope patient{request.context(), 1h};
  auto second = lockstep::spawn([&] { return ask(request.context()); });
  auto third = lockstep::spawn([&] { return ask(patient.context()); });
  request.cancel();
  std::printf("the second: %s\n", to_string(second.join()));
  std::printf("the third: %s\n", to_string(third.join()));
}

// Output:
// the first: timeout
// the request: ok
// the second: cancelled
// the third: cancelled
