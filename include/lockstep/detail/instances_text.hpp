// instances_text.hpp: some of the instances of a plan, in words.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "config.hpp"

namespace lockstep::inline LOCKSTEP_ABI::detail {

// "instances 2, 4, 7"; if there are many, the first ten "and 12 more".
[[nodiscard]] inline std::string instances_text(const std::vector<std::uint64_t>& who) {
  constexpr std::size_t shown = 10;
  std::string text = who.size() == 1 ? "instance " : "instances ";
  for (std::size_t i = 0; i < std::min(who.size(), shown); ++i) {
    text += (i > 0 ? ", " : "") + std::to_string(who[i]);
  }
  if (who.size() > shown) text += " and " + std::to_string(who.size() - shown) + " more";
  return text;
}

}  // namespace lockstep::inline LOCKSTEP_ABI::detail
