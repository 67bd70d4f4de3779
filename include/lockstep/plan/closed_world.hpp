// closed_world.hpp: whether a process can still move.
//
// The verdict "stuck" is given when every thread of the process, and every fiber, waits, without a
// deadline, in an operation of the library. A thread that the library cannot see might wake one of them; while one
// exists no verdict is given, so there are no false alarms.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>

#include "../detail/config.hpp"
#include "../runtime/observer.hpp"

namespace lockstep::inline LOCKSTEP_ABI::plan {

// Threads of this process; 0 where the system does not tell.
inline std::int64_t threads_of_process() {
  std::FILE* file = std::fopen("/proc/self/stat", "r");
  if (file == nullptr) return 0;
  char text[1024];
  text[std::fread(text, 1, sizeof text - 1, file)] = 0;
  std::fclose(file);
  const std::string line{text};
  long long threads = 0;
  // The 20th field; the 2nd is in parentheses and may hold anything.
  const auto rest = line.find_last_of(')');
  if (rest == std::string::npos ||
      std::sscanf(line.c_str() + rest + 1,
                  " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %lld",
                  &threads) != 1) {
    return 0;
  }
  return threads;
}

// Looks at intervals, from a thread of its own (the runner's).
class closed_world {
 public:
  // Whether nothing can move any more. True only if nothing has moved since the last look either.
  bool stuck(std::uint64_t unfinished_instances) {
    const std::uint64_t changes = detail::observed_waits.changes();
    const std::int64_t blocked = detail::observed_waits.blocked_for_ever();
    const bool moved = changes != std::exchange(seen_changes_, changes);
    const bool stood_still = std::exchange(stands_still_, false);
    unknown_ = 0;
    if (moved || blocked < static_cast<std::int64_t>(unfinished_instances)) return false;
    const std::int64_t helpers = detail::helper_threads.load(std::memory_order_acquire);
    unknown_ =
        threads_of_process() + detail::unthreaded_tasks.alive() - blocked - own_threads - helpers;
    stands_still_ = unknown_ == 0 && detail::observed_waits.changes() == changes;
    return stood_still && stands_still_;  // twice: threads may just be starting, or ending
  }

  // Threads, or tasks, that might still wake somebody, at the last look at which all instances were blocked.
  [[nodiscard]] std::int64_t unknown_threads() const noexcept { return unknown_; }

 private:
  // The thread that looks, and the one that the thread sanitizer runs in every process.
  static constexpr std::int64_t own_threads = 1 + LOCKSTEP_TSAN;

  std::uint64_t seen_changes_ = ~std::uint64_t{0};
  std::int64_t unknown_ = 0;
  bool stands_still_ = false;
};

}  // namespace lockstep::inline LOCKSTEP_ABI::plan
