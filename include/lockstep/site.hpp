// site.hpp: the place in the source from which an operation was called.
#pragma once

#include "detail/config.hpp"

namespace lockstep::inline LOCKSTEP_ABI {

// File, line and function of a call. Operations take one as a defaulted last argument, so reports
// can name the line; on paths that do not block it is optimised away. (clang 14 lacks
// std::source_location; the builtins are the same on both compilers.)
struct site {
  const char* file = "";
  const char* function = "";
  unsigned line = 0;

  [[nodiscard]] static constexpr site current(const char* file = __builtin_FILE(),
                                              const char* function = __builtin_FUNCTION(),
                                              unsigned line = __builtin_LINE()) noexcept {
    return {file, function, line};
  }

  // A copy, member by member. Passing it instead of the original to a function that is not inlined
  // keeps the original in registers, and the stores out of the path that does not get there.
  [[nodiscard]] constexpr site copy() const noexcept { return {file, function, line}; }
};

}  // namespace lockstep::inline LOCKSTEP_ABI
