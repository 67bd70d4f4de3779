// detached_tasks.hpp: tasks that outlive main's statics (LT-2), and whoever sees to it that they do.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <lockstep/channel.hpp>
#include <lockstep/context.hpp>
#include <lockstep/go.hpp>
#include <lockstep/mutex.hpp>
#include <mutex>
#include <thread>

namespace support {

inline std::atomic<std::uint64_t>* rounds_of_detached_tasks = nullptr;

// Runs when all statics of the program have been destroyed.
[[gnu::destructor]] inline void watch_detached_tasks_go_on() {
  if (rounds_of_detached_tasks == nullptr) return;
  const auto until = *rounds_of_detached_tasks + 1'000;
  const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds{60};
  while (*rounds_of_detached_tasks < until) {
    std::this_thread::yield();
    if (std::chrono::steady_clock::now() > patience) std::_Exit(1);  // they are stuck
  }
}

// Starts tasks for ever, which use every part of the library that has state of its own.
template <class R>
void start_detached_tasks() {
  struct world {
    lockstep::basic_channel<int, R> ch;
    lockstep::basic_mutex<R> m;
    std::atomic<std::uint64_t> rounds{0};
  };
  auto* const w = new world;
  lockstep::go<R>("sender", [w] {
    for (;;) w->ch.send(1);
  });
  lockstep::go<R>("receiver", [w] {
    const lockstep::detail::hook_scope on{lockstep::detail::hook_observe};
    for (;; ++w->rounds) {
      lockstep::cancel_scope scope{std::chrono::hours{1}};
      static_cast<void>(w->ch.recv(scope.context()));
      lockstep::spawn<R>([w] { const std::lock_guard hold{w->m}; }).join();
    }
  });
  rounds_of_detached_tasks = &w->rounds;
  while (w->rounds < 100) R::yield();
}

}  // namespace support
