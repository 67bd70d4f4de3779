// memory.hpp: how much memory this process may still use, and how much it has used at most.
#pragma once

#include <sys/resource.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <limits>
#include <string>

#include "config.hpp"

namespace lockstep::inline LOCKSTEP_ABI::detail {

// The number in a file that holds nothing else; the largest one, if there is none ("max").
inline std::uint64_t number_in(const char* path) {
  std::ifstream file{path};
  std::uint64_t n = 0;
  return file >> n ? n : std::numeric_limits<std::uint64_t>::max();
}

// Bytes that the system, and the control group, have left for this process; the largest number, where
// they do not tell. (Linux.)
inline std::uint64_t memory_available() {
  auto left = std::numeric_limits<std::uint64_t>::max();
  std::ifstream info{"/proc/meminfo"};
  std::string name;
  for (std::uint64_t kib = 0; info >> name >> kib; info.ignore(64, '\n')) {
    if (name == "MemAvailable:") left = kib * 1024;
  }
  const std::uint64_t most = number_in("/sys/fs/cgroup/memory.max");
  const std::uint64_t used = number_in("/sys/fs/cgroup/memory.current");
  if (used < most && most != std::numeric_limits<std::uint64_t>::max()) {
    left = std::min(left, most - used);
  }
  return left;
}

// The most bytes that this process had in memory at once.
inline std::uint64_t peak_memory() noexcept {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  return static_cast<std::uint64_t>(used.ru_maxrss) * 1024;
}

// "4.6 GiB", "512 MiB"
inline std::string bytes_text(std::uint64_t bytes) {
  const bool gib = bytes >= std::uint64_t{1} << 30U;
  const std::uint64_t tenths = bytes * 10 / (std::uint64_t{1} << (gib ? 30U : 20U));
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + (gib ? " GiB" : " MiB");
}

}  // namespace lockstep::inline LOCKSTEP_ABI::detail
