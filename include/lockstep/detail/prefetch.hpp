// prefetch.hpp: memory that is needed soon, and was not used for long.
#pragma once

#include <cstdint>

#include "config.hpp"

namespace lockstep::inline LOCKSTEP_ABI::detail {

// Starts to bring lines of 64 bytes into the cache: [first, last), counted from p. p may be anything.
inline void fetch_lines(const void* p, int first, int last) noexcept {
  const auto begin = reinterpret_cast<std::uintptr_t>(p);
  for (std::intptr_t i = first; i < last; ++i) {
    const std::uintptr_t line = begin + static_cast<std::uintptr_t>(i * 64);
    __builtin_prefetch(reinterpret_cast<const void*>(line), 1);  // NOLINT(*-no-int-to-ptr)
  }
}

// The same for memory of one page that has not been used for long. p must be readable: it is loaded,
// as processors drop fetches from pages that they have to look up. Worth it for several in a row.
inline void fetch_far(const void* p, int first, int last) noexcept {
  if constexpr (LOCKSTEP_ASAN || LOCKSTEP_TSAN) return;  // it is not for who fetches to look at
  static_cast<void>(*static_cast<const volatile char*>(p));
  fetch_lines(p, first, last);
}

}  // namespace lockstep::inline LOCKSTEP_ABI::detail
