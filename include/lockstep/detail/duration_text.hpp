// duration_text.hpp: a duration in words.
#pragma once

#include <cstdio>
#include <string>

#include "../clock.hpp"
#include "config.hpp"

namespace lockstep::inline LOCKSTEP_ABI::detail {

// A duration for people: "20 us", "250 ms", "1.5 s", "2 min", "36 h", "365 d".
[[nodiscard]] inline std::string duration_text(duration d) {
  static constexpr struct {
    double seconds;
    const char* name;
  } units[] = {{86'400, "d"}, {3'600, "h"}, {60, "min"}, {1, "s"}, {1e-3, "ms"}, {1e-6, "us"}};
  const double s = std::chrono::duration<double>(d).count();
  const auto* unit = units;
  while (unit->seconds > 1e-6 && s < unit->seconds * (unit->seconds >= 60 ? 2 : 0.9995)) ++unit;
  char text[32];
  std::snprintf(text, sizeof text, "%.3g %s", s / unit->seconds, unit->name);
  return text;
}

}  // namespace lockstep::inline LOCKSTEP_ABI::detail
